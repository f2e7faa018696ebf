variable "project" {
  description = "Begins the names of the roles, and of all that they may touch."
  type        = string
}

variable "environments" {
  description = "By environment what ../environments says of it: its name, stages, boundary, and the ARNs of what is its own."
  type = map(object({
    name         = string
    stages       = list(string)
    boundary_arn = string
    owned        = map(list(string))
    sender_arn   = string
    denied       = list(string)
  }))
}

variable "repository" {
  description = "The repository on GitHub whose workflows may take the roles: owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository is owner/name, without a star: whoever is in the pattern may take the roles."
  }
}

variable "repository_ids" {
  description = "The numbers of owner and repository (gh api repos/OWNER/NAME --jq '.owner.id, .id'). Repositories of after 15 July 2026 name themselves by them; null if it is older."
  type = object({
    owner      = number
    repository = number
  })
  default = null
}

variable "make_provider" {
  description = "Make the account's identity provider of GitHub. An account has one at most: false where another project made it."
  type        = bool
  default     = true
}

variable "region" {
  description = "The region of all that the roles may touch, but for what is global."
  type        = string
}

variable "state_bucket" {
  description = "The bucket of the states, where plans are kept too."
  type        = string
}

variable "edges" {
  description = "By stage what is known of its CDN once it is there: domain and zone_id, where its zone is Route 53's in this account; arns of what CloudFront knows by numbers alone (terraform/edge's output numbered_arns), which the other stages' roles are kept from."
  type = map(object({
    domain  = optional(string, "")
    zone_id = optional(string, "")
    arns    = optional(list(string), [])
  }))
  default = {}

  validation {
    condition     = alltrue([for stage in keys(var.edges) : contains(["dev", "staging", "prod"], stage)])
    error_message = "edges is by stage: dev, staging, prod."
  }
  validation {
    condition     = alltrue([for edge in var.edges : edge.zone_id == "" || (can(regex("^Z[A-Z0-9]+$", edge.zone_id)) && can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", edge.domain)))])
    error_message = "zone_id is a Route 53 zone's, like Z0123456789ABC, and asks for the stage's domain: a role may change its records alone."
  }
}
