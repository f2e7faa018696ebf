variable "project" {
  description = "Begins every name."
  type        = string
}

variable "region" {
  description = "The region of all that is not global."
  type        = string
}

variable "mail_domains" {
  description = "By environment the mail_domain of its file in terraform/environments. Once one is named, an environment sends as its own domain alone and its apply role changes no other's identity; one that is not named sends nothing. Empty: as any identity of the account."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for environment, domain in var.mail_domains : contains(["nonprod", "prod"], environment) && can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", domain))])
    error_message = "mail_domains is by environment, nonprod and prod: a domain in small letters, like example.org."
  }
  validation {
    condition     = length(distinct(values(var.mail_domains))) == length(var.mail_domains)
    error_message = "SES knows a domain once in an account: each environment has its own."
  }
}
