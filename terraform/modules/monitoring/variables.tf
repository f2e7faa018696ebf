variable "name" {
  description = "Begins the names of all that is made here."
  type        = string
}

variable "project" {
  description = "Zappa's project_name: the functions are PROJECT-STAGE and PROJECT-STAGE-ops, the API is called PROJECT-STAGE."
  type        = string
}

variable "email" {
  description = "Who is told of alarms. AWS asks this address for a confirmation. Empty: nobody."
  type        = string

  validation {
    condition     = var.email == "" || can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", var.email))
    error_message = "email is an e-mail address or empty."
  }
}

variable "stages" {
  description = "The stages, and how many requests each serves at once. alarmed: tell somebody when it fails, about $1 a month each stage; the dashboard is there if one is."
  type = map(object({
    lambda_concurrency = number
    alarmed            = bool
  }))

  validation {
    condition     = alltrue([for stage in var.stages : stage.lambda_concurrency >= 1])
    error_message = "lambda_concurrency is what the stage reserves, or what its account has; at least 1."
  }
}

variable "log_group_names" {
  description = "By function, PROJECT's name left away (prod, prod-ops): its log group, in which failed jobs are counted."
  type        = map(string)
}

variable "database_dimensions" {
  description = "How CloudWatch knows the database, for the dashboard; its alarms are its module's."
  type        = map(string)

  validation {
    condition     = length(var.database_dimensions) == 1
    error_message = "database_dimensions is one name with one value, as CloudWatch counts an instance or a cluster."
  }
}

variable "monthly_budget_usd" {
  description = "What the whole account may cost a month: a mail at 70, 90 and 100 %. 0: no budget here. Two of an account are free."
  type        = number

  validation {
    condition     = var.monthly_budget_usd >= 0
    error_message = "monthly_budget_usd is an amount, 0 for no budget."
  }
}

variable "traced" {
  description = "Collect the traces of slow and failing requests in a group of X-Ray's. What is traced is xray_tracing in zappa_settings.json."
  type        = bool
}

variable "account_alarms" {
  description = "A trail of all that is done in the account, and alarms when root does something or calls are denied: about $1 a month, more in a busy account."
  type        = bool
  default     = false
}

variable "permissions_boundary" {
  description = "The ARN of the policy that limits what the roles here may, which bootstrap makes."
  type        = string
}
