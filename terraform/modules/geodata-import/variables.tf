variable "name" {
  description = "Begins the names of all that is made here."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,40}$", var.name))
    error_message = "name is lower-case letters, digits and hyphens, at most 41."
  }
}

variable "stages" {
  description = "By stage: environment (the application's variables) and policies as JSON by a name, for the role of its task."
  type = map(object({
    environment = map(string)
    policies    = map(string)
  }))

  validation {
    condition     = length(var.stages) > 0 && alltrue([for stage in keys(var.stages) : can(regex("^[a-z]+$", stage))])
    error_message = "stages is at least one lower-case word: it ends a task's name."
  }
}

variable "network" {
  description = "The VPC and its public subnets: tasks get an address of their own for their minutes, so nothing needs a NAT gateway."
  type = object({
    vpc_id     = string
    subnet_ids = list(string)
  })

  validation {
    condition     = length(var.network.subnet_ids) > 0
    error_message = "network needs a public subnet."
  }
}

variable "database" {
  description = "The security group of the database, which lets tasks in on this port."
  type = object({
    security_group_id = string
    port              = number
  })
}

variable "image_tag" {
  description = "The image that tasks run, as `make import-image` has pushed it. Nothing is ever pushed over it."
  type        = string
  default     = "none-yet"

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.image_tag)) && var.image_tag != "latest"
    error_message = "image_tag is the tag that `make import-image` printed, not latest: a tag stands for one image."
  }
}

variable "schedules" {
  description = "Commands that run by themselves, by a name: stage, expression (as rate(1 day)), and the words of the command."
  type = map(object({
    stage      = string
    expression = string
    command    = list(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for schedule in var.schedules : can(regex("^(rate|cron)[(].+[)]$", schedule.expression)) && length(schedule.command) > 0])
    error_message = "A schedule has an expression as rate(1 day) or cron(0 7 * * ? *), and a command."
  }
  validation {
    condition     = alltrue([for name, schedule in var.schedules : can(regex("^[a-z][a-z0-9-]{0,15}$", name)) && contains(keys(var.stages), schedule.stage)])
    error_message = "A schedule's name is a short lower-case word, and its stage one of stages."
  }
}

variable "protected" {
  description = "Refuse to destroy the repository while it holds images."
  type        = bool
}

variable "permissions_boundary" {
  description = "The ARN of the policy that limits what the roles here may, which bootstrap makes."
  type        = string
}
