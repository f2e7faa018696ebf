variable "name" {
  description = "Begins the names of all that is made here."
  type        = string
}

variable "domain" {
  description = "The domain that mail is sent from. Empty: nothing is made."
  type        = string

  validation {
    condition     = var.domain == "" || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", var.domain))
    error_message = "domain is a domain name in lower case, like example.org, or empty."
  }
}

variable "sender_name" {
  description = "What mail programs show as the sender."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9 ]+$", var.sender_name))
    error_message = "sender_name is letters, digits and blanks, so that it needs no quotes in a header."
  }
}

variable "alarm_topic_arn" {
  description = "The SNS topic that is told of too many bounces and complaints."
  type        = string
}
