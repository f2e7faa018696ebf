variable "region" {
  description = "The AWS region of the state, and of the gateway that may write logs."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is the code of an AWS region, like us-east-1."
  }
}

variable "mail_domains" {
  description = "By environment the mail_domain of its file in terraform/environments. Once one is named, an environment sends as its own domain alone and its apply role changes no other's identity; one that is not named sends nothing. Empty: as any identity of the account."
  type        = map(string)
  default     = {}
}

variable "github_repository" {
  description = "The repository whose workflows may plan, apply and deploy: owner/name. Empty: no roles for workflows."
  type        = string
  default     = ""
}

variable "github_repository_ids" {
  description = "Its owner's and its own number (gh api repos/OWNER/NAME --jq '.owner.id, .id'); null for one of before 15 July 2026."
  type = object({
    owner      = number
    repository = number
  })
  default = null
}

variable "github_provider" {
  description = "Make the account's identity provider of GitHub; false where another project made it."
  type        = bool
  default     = true
}

variable "github_edges" {
  description = "By stage what is known of its CDN once it is there: domain and zone_id, where its zone is Route 53's in this account; arns of what CloudFront knows by numbers alone (terraform/edge's output numbered_arns), which the other stages' roles are kept from."
  type = map(object({
    domain  = optional(string, "")
    zone_id = optional(string, "")
    arns    = optional(list(string), [])
  }))
  default = {}
}

variable "emulated" {
  description = "Talk to an AWS emulator on AWS_ENDPOINT_URL, for rehearsals."
  type        = bool
  default     = false
}
