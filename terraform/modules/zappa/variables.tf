variable "name" {
  description = "Begins the name of the deployments bucket and the security group."
  type        = string
}

variable "project" {
  description = "Zappa's project_name: it names the functions PROJECT-STAGE and PROJECT-STAGE-ops."
  type        = string
}

variable "stages" {
  description = <<-EOT
    By stage: traced (X-Ray), and policies as JSON by a name, for the serving function's role (policies) and for its -ops
    companion's (ops_policies), which migrates, works the queue off and makes the database's role.
  EOT
  type = map(object({
    traced       = bool
    policies     = map(string)
    ops_policies = map(string)
  }))

  validation {
    condition     = alltrue([for stage in keys(var.stages) : can(regex("^[a-z]+$", stage))])
    error_message = "stages are lower-case words."
  }
}

variable "network" {
  description = "Where the functions run, and what they reach over IPv4: gateway endpoints by service, ranges of interface endpoints."
  type = object({
    vpc_id                         = string
    gateway_prefix_list_ids        = map(string)
    interface_endpoint_cidr_blocks = list(string)
  })
}

variable "protected" {
  description = "Refuse to destroy the releases; 30 days to restore a deleted secret."
  type        = bool
}

variable "django_secret_keys" {
  description = "By stage: Django's SECRET_KEY, in no plan and no state. Taken once."
  type        = map(string)
  ephemeral   = true
}

variable "permissions_boundary" {
  description = "The ARN of the policy that limits what the roles here may, which bootstrap makes."
  type        = string
}
