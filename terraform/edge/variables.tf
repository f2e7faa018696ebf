# ops/edge.py gives all of them: from the platform's outputs, and from the API that Zappa made.

variable "project" {
  description = "Begins every name: functions, roles, buckets, table, secrets. It is project_name of ../../zappa_settings.json."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.project)) && length(var.project) <= 24
    error_message = "project is lower-case words joined by single hyphens, at most 24 characters."
  }
}

variable "stage" {
  description = "dev, staging or prod: whose edge this is."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.stage)
    error_message = "stage is dev, staging or prod."
  }
}

variable "region" {
  description = "The AWS region of the platform. What CloudFront needs is in us-east-1, wherever that is."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is the code of an AWS region, like us-east-1."
  }
}

variable "tags" {
  description = "The platform's own, for everything that is made here."
  type        = map(string)
}

variable "api" {
  description = "Where the API answers: host, path (the gateway's stage), and a port for plain HTTP if it is an emulator's."
  type = object({
    host      = string
    path      = string
    http_port = optional(number)
  })
}

variable "static_bucket" {
  description = "The bucket with the static files under static/."
  type        = string
}

variable "media_bucket" {
  description = "The bucket of uploads."
  type        = string
}

variable "cdn" {
  description = "The stage's cdn as the platform's variable stages has it; null for none."
  type = object({
    domain       = string
    zone_id      = string
    hsts_seconds = number
    waf          = bool
  })
  default = null
}

variable "upload_handler" {
  description = "What an upload into quarantine/ of the media bucket calls, like app.uploads.events.received, in the -ops function. Empty: nothing."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(app([.][a-z_][a-z0-9_]*)+)?$", var.upload_handler))
    error_message = "upload_handler is the dotted path of a function in app, or empty."
  }
}

variable "emulated" {
  description = "Talk to an AWS emulator on AWS_ENDPOINT_URL, for rehearsals."
  type        = bool
  default     = false
}
