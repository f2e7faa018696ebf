variable "name" {
  description = "Begins the names of all that is made here."
  type        = string
}

variable "project" {
  description = "Begins the names of the stages' secrets: PROJECT/STAGE/database/app."
  type        = string
}

variable "stages" {
  description = "The stages that share the instance, each with a database, a role and a secret of its own."
  type        = set(string)

  validation {
    condition     = length(var.stages) > 0 && alltrue([for stage in var.stages : can(regex("^[a-z]+$", stage))])
    error_message = "stages is at least one lower-case word: it becomes part of a database's name."
  }
}

variable "network" {
  description = "The VPC and its private subnets, in two zones at least."
  type = object({
    vpc_id     = string
    subnet_ids = list(string)
  })

  validation {
    condition     = length(var.network.subnet_ids) >= 2
    error_message = "RDS wants subnets in two zones, with a standby or without."
  }
}

variable "client_security_group_ids" {
  description = "Who may connect: security groups by a name for the rule."
  type        = map(string)
}

variable "instance_class" {
  description = "The instance; Graviton's burstable classes cost the least."
  type        = string
  default     = "db.t4g.micro"

  validation {
    condition     = can(regex("^db[.]t4g[.](micro|small|medium|large)$", var.instance_class))
    error_message = "instance_class is db.t4g.micro, small, medium or large; larger ones want their own parameters."
  }
}

variable "port" {
  description = "PostgreSQL's port."
  type        = number
  default     = 5432

  validation {
    condition     = var.port >= 1150 && var.port <= 65535 && (var.port == 5432 || !var.proxy)
    error_message = "port is 1150 to 65535; behind an RDS Proxy, which answers on 5432 alone, it stays 5432."
  }
}

variable "multi_az" {
  description = "A standby in another zone: twice the price."
  type        = bool
  default     = false

  validation {
    condition     = !var.multi_az || var.aurora == null
    error_message = "On Aurora the standby is a reader: set read_replica = true in place of multi_az."
  }
}

variable "read_replica" {
  description = "A copy to read from, seconds behind, which the application does not use: as much as the instance again. On Aurora a reader that takes over."
  type        = bool
  default     = false
}

variable "aurora" {
  description = "Aurora Serverless v2 in place of the instance, from about $45 a month. Capacities in ACU (2 GB each); snapshot: what it begins with, and stays said, of no newer version."
  type = object({
    min_capacity = optional(number, 0.5)
    max_capacity = optional(number, 2)
    snapshot     = optional(string, "")
    version      = optional(string, "16.8")
  })
  default = null

  validation {
    condition     = try(var.aurora.min_capacity >= 0.5, true)
    error_message = "aurora.min_capacity is 0.5 or more. With 0 it would pause when nobody asks, but the queue of jobs is looked into every minute."
  }
  validation {
    condition     = try(var.aurora.max_capacity >= max(1, var.aurora.min_capacity) && var.aurora.max_capacity <= 256, true)
    error_message = "aurora.max_capacity is from 1, and from min_capacity, to 256."
  }
  validation {
    condition     = var.aurora == null || can(regex("^16[.][0-9]+$", var.aurora.version))
    error_message = "aurora.version is one of 16's, like 16.8: `aws rds describe-db-engine-versions --engine aurora-postgresql` lists them."
  }
  validation {
    condition     = try(alltrue([for capacity in [var.aurora.min_capacity, var.aurora.max_capacity] : capacity * 2 == floor(capacity * 2)]), true)
    error_message = "Aurora's capacities are in steps of 0.5."
  }
}

variable "instances" {
  description = "The instances by name, oldest first: the last one serves, unless Aurora does. Empty: one, called as all here. Longer after a restore."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.instances : can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", name)) && startswith(name, var.name) && length(name) <= 63])
    error_message = "instances are names as `make restore` prints them: they begin with the environment's own name, which roles and rights go by."
  }
  validation {
    condition     = length(distinct(var.instances)) == length(var.instances)
    error_message = "instances names one instance twice."
  }
}

variable "proxy" {
  description = "An RDS Proxy for the stages' roles: about $22 a month."
  type        = bool
  default     = false
}

variable "protected" {
  description = "Deletion protection, a final snapshot, 30 days to restore a deleted secret, changes only in the maintenance window."
  type        = bool
}

variable "alarm_topic_arn" {
  description = "The SNS topic that is told of CPU, storage and connections."
  type        = string
}

variable "master_password" {
  description = "The master user's password, in no plan and no state. Taken once, and again when its version is raised."
  type        = string
  ephemeral   = true

  validation {
    # RDS refuses / @ " and blanks, URLs refuse more.
    condition     = can(regex("^[A-Za-z0-9]{32,128}$", var.master_password))
    error_message = "master_password is 32 to 128 letters and digits."
  }
}

variable "app_passwords" {
  description = "By stage: the password of its role, in no plan and no state. Taken once."
  type        = map(string)
  ephemeral   = true
}

variable "master_password_version" {
  description = "Raise by one for a new master password."
  type        = number
  default     = 1

  validation {
    condition     = var.master_password_version >= 1 && floor(var.master_password_version) == var.master_password_version
    error_message = "master_password_version is a whole number, 1 at first."
  }
}

variable "permissions_boundary" {
  description = "The ARN of the policy that limits what the roles here may, which bootstrap makes."
  type        = string
}
