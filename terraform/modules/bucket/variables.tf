variable "name" {
  description = "The bucket's name, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name is 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "versioned" {
  description = "Keep what is overwritten or deleted for 30 days."
  type        = bool
}

variable "transitions" {
  description = "Storage class by the age in days at which an object moves there, e.g. { STANDARD_IA = 30 }."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for class, days in var.transitions : contains(["STANDARD_IA", "GLACIER_IR"], class) && days >= 30])
    error_message = "transitions moves to STANDARD_IA or GLACIER_IR, not before 30 days: both can be read at once, and AWS takes no younger object."
  }
}

variable "expirations" {
  description = "Prefix by prefix, after how many days an object is deleted for good, e.g. { \"quarantine/\" = 1 }."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for prefix, days in var.expirations : can(regex("^[a-z]+/$", prefix)) && days >= 1])
    error_message = "expirations names a folder, like quarantine/, and a day or more: without a prefix everything would go."
  }
}

variable "protected" {
  description = "Refuse to destroy the bucket while it holds anything."
  type        = bool
}

variable "cdn_folder" {
  description = "The folder that a CDN of this account may read, e.g. static. Empty: none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([a-z]+)?$", var.cdn_folder))
    error_message = "cdn_folder is a lower-case word or empty."
  }
}

variable "allowed_statements" {
  description = "What services of AWS may do here: further statements of the policy, each as JSON."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for statement in var.allowed_statements : can(jsondecode(statement).Principal.Service) && can(jsondecode(statement).Condition.StringEquals["aws:SourceArn"])])
    error_message = "allowed_statements name a service of AWS and, by aws:SourceArn, on whose behalf it acts."
  }
}
