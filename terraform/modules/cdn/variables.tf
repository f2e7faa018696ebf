variable "name" {
  description = "Begins the names of all that is made here: PROJECT-STAGE."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,39}$", var.name))
    error_message = "name is at most 40 lower-case letters, digits and hyphens."
  }
}

variable "api" {
  description = "Where the API answers: host, path (the gateway's stage), and a port for plain HTTP if it is an emulator's."
  type = object({
    host      = string
    path      = string
    http_port = optional(number)
  })

  validation {
    condition     = can(regex("^[a-z0-9.-]+$", var.api.host)) && can(regex("^(/[A-Za-z0-9_-]+)+$", var.api.path))
    error_message = "api is a host without a scheme, and a path that begins with a slash and ends without one."
  }
}

variable "static_bucket" {
  description = "The bucket with the static files under static/, and its region."
  type = object({
    name   = string
    region = string
  })
}

variable "domain" {
  description = "Where people come in, e.g. example.org; www in front of it is sent there. Empty: CloudFront's own address alone."
  type        = string
  default     = ""

  validation {
    condition     = var.domain == "" || (can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", var.domain)) && !startswith(var.domain, "www."))
    error_message = "domain is a domain name in lower case without www, like example.org, or empty."
  }
}

variable "zone_id" {
  description = "The Route 53 zone that holds the domain. Empty: the zone is elsewhere, and dns_records says what it has to hold."
  type        = string
  default     = ""

  validation {
    condition     = var.zone_id == "" || (can(regex("^Z[A-Z0-9]+$", var.zone_id)) && var.domain != "")
    error_message = "zone_id is a Route 53 zone's, like Z0123456789ABC, and asks for a domain."
  }
}

variable "hsts_seconds" {
  description = "How long a browser that fetched a static file asks this host by HTTPS alone; the application says it for its pages."
  type        = number

  validation {
    condition     = var.hsts_seconds >= 0 && floor(var.hsts_seconds) == var.hsts_seconds
    error_message = "hsts_seconds is a whole number, 0 to take it back."
  }
}

variable "waf" {
  description = "A web application firewall in front: about $8 a month and $0.60 a million requests."
  type        = bool
  default     = false
}
