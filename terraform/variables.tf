variable "environment" {
  description = "nonprod (stages dev and staging) or prod (stage prod)."
  type        = string

  validation {
    condition     = contains(["nonprod", "prod"], var.environment)
    error_message = "environment is nonprod or prod."
  }
}

variable "stages" {
  description = <<-EOT
    The stages of this environment. public_url: where people come in, empty for the API's own address. static_url: where
    a CDN serves the static files, empty for the function itself. cors_origins: front ends elsewhere that may call the API.
    lambda_concurrency: how many requests are served at once; null for the number in zappa_settings.json, -1 to reserve none.
    cdn: CloudFront in front, which a deploy makes (docs/operating.md, Put a domain in front). domain: without www, empty for
    CloudFront's own address; zone_id: its Route 53 zone, empty if the zone is elsewhere; waf: a firewall for about $8 a month;
    hsts_seconds: for static files, null for a year in prod and an hour elsewhere. {} switches it on. retired: the application
    no longer believes it, `make edge` takes it down, and after that the whole of cdn can go.
    upload_handler: the function of app that an upload calls, empty for none.
    alarmed: tell alarm_email when the stage fails, about $1 a month; null for prod alone.
  EOT
  type = map(object({
    public_url         = optional(string, "")
    static_url         = optional(string, "")
    cors_origins       = optional(list(string), [])
    lambda_concurrency = optional(number)
    cdn = optional(object({
      domain       = optional(string, "")
      zone_id      = optional(string, "")
      hsts_seconds = optional(number)
      waf          = optional(bool, false)
      retired      = optional(bool, false)
    }))
    upload_handler = optional(string, "")
    alarmed        = optional(bool)
  }))

  validation {
    condition     = length(var.stages) > 0 && alltrue([for stage in keys(var.stages) : contains(var.environment == "prod" ? ["prod"] : ["dev", "staging"], stage)])
    error_message = "The stages of nonprod are dev and staging, the stage of prod is prod."
  }
  validation {
    condition     = alltrue([for stage in var.stages : stage.public_url == "" || can(regex("^https?://[^/]+$", stage.public_url))])
    error_message = "public_url is an address without a path, like https://coalition.example.org."
  }
  validation {
    # Only an emulator on loopback has no certificate. The application refuses http too, but only once it is deployed.
    condition     = var.emulated || alltrue([for stage in var.stages : !startswith(stage.public_url, "http://") && !startswith(stage.static_url, "http://")])
    error_message = "public_url and static_url begin with https://."
  }
  validation {
    condition     = alltrue([for stage in var.stages : stage.static_url == "" || can(regex("^https?://.+/$", stage.static_url))])
    error_message = "static_url ends in a slash, like https://static.example.org/static/."
  }
  validation {
    condition     = alltrue([for stage in var.stages : try(stage.lambda_concurrency == -1 || (stage.lambda_concurrency >= 1 && floor(stage.lambda_concurrency) == stage.lambda_concurrency), stage.lambda_concurrency == null)])
    error_message = "lambda_concurrency is a whole number from 1, -1 to reserve none, or null. 0 would stop the function."
  }
  validation {
    condition     = alltrue([for stage in var.stages : try(can(regex("^(([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,})?$", stage.cdn.domain)) && !startswith(stage.cdn.domain, "www."), true)])
    error_message = "cdn.domain is a domain name in lower case without www, like example.org, or empty."
  }
  validation {
    condition     = length([for stage in var.stages : stage if stage.upload_handler != ""]) <= 1
    error_message = "The stages of an environment share the bucket of uploads, which calls one function: one stage alone has an upload_handler."
  }
}

variable "office_networks" {
  description = "The networks, IPv4 and IPv6, that the staff's pages and the API of influencers answer alone, on every stage here. Empty: everywhere."
  type        = list(string)
  default     = []

  validation {
    # An IPv4 network's own address alone: 203.0.113.7/24 may mean one machine or all 256. IPv6 has many spellings; the application checks them.
    condition     = alltrue([for network in var.office_networks : can(cidrhost(network, 0)) && (strcontains(network, ":") || try(cidrsubnet(network, 0, 0) == network, false))])
    error_message = "office_networks are networks like 203.0.113.0/24, 198.51.100.7/32 or 2001:db8::/32, with no bits beyond the prefix."
  }
}

variable "region" {
  description = "The AWS region of everything."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is the code of an AWS region, like us-east-1."
  }
}

variable "availability_zones" {
  description = "The letters of the two zones to use. Not looked up, so that a zone that AWS adds moves no subnet."
  type        = list(string)
  default     = ["a", "b"]

  validation {
    condition     = length(distinct(var.availability_zones)) == 2 && alltrue([for zone in var.availability_zones : can(regex("^[a-z]$", zone))])
    error_message = "availability_zones is two different letters; a database needs two zones."
  }
}

variable "protected" {
  description = "Refuse to destroy data: deletion protection, a final snapshot, buckets that must be empty, 30 days to restore a secret."
  type        = bool
  default     = true
}

variable "database_instance_class" {
  description = "The RDS instance: db.t4g.micro is about $12 a month, db.t4g.small $24 (us-east-1)."
  type        = string
  default     = "db.t4g.micro"
}

variable "database_port" {
  description = "PostgreSQL's port. A rehearsal takes one that is free on its machine."
  type        = number
  default     = 5432
}

variable "database_multi_az" {
  description = "A standby in the second zone: doubles the price of instance and storage."
  type        = bool
  default     = false
}

variable "database_proxy" {
  description = "An RDS Proxy between functions and database: about $22 a month (2 vCPU at $0.015 an hour)."
  type        = bool
  default     = false
}

variable "database_read_replica" {
  description = "A copy to read from, for reports: about $14 a month. On Aurora a reader that takes over when the writer fails, about $44."
  type        = bool
  default     = false
}

variable "database_aurora" {
  description = <<-EOT
    Aurora Serverless v2 in place of the instance, from about $45 a month: {} for 0.5 to 2 ACU, of 2 GB each. snapshot: what the
    cluster begins with, of the instance or a cluster, and of no newer version; it stays said, as another one makes the cluster anew.
    Beside an instance that is there, until its data are moved: name that in database_instances (docs/operating.md).
  EOT
  type = object({
    min_capacity = optional(number, 0.5)
    max_capacity = optional(number, 2)
    snapshot     = optional(string, "")
    version      = optional(string, "16.8")
  })
  default = null
}

variable "database_instances" {
  description = <<-EOT
    The RDS instances by name, oldest first; the last one serves, unless database_aurora does. Empty: one, called as the environment.
    `make restore` says what to write here. An instance that leaves the list is destroyed, with a final snapshot if protected.
  EOT
  type        = list(string)
  default     = []
}

variable "database_backup_region" {
  description = "Another region that gets a copy of every automated backup, for about $3 a month. Empty: none."
  type        = string
  default     = ""

  validation {
    condition     = var.database_backup_region == "" || (can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.database_backup_region)) && var.database_backup_region != var.region)
    error_message = "database_backup_region is the code of another AWS region than the database's, like us-west-2, or empty."
  }
  validation {
    condition     = var.database_backup_region == "" || var.database_aurora == null
    error_message = "RDS copies an instance's backups, not Aurora's: leave database_backup_region empty, and copy a cluster's snapshots by AWS Backup."
  }
}

variable "database_master_password_version" {
  description = "Raise by one for a new master password. Terraform never knows the password itself."
  type        = number
  default     = 1
}

variable "interface_endpoints" {
  description = "Private endpoints of AWS services, each about $15 a month in two zones. None is needed: their plain or dual-stack hosts answer on IPv6."
  type        = set(string)
  default     = []
}

variable "import_image_tag" {
  description = "The image that region imports run, as `make import-image` prints it."
  type        = string
  default     = "none-yet"
}

variable "import_schedules" {
  description = <<-EOT
    Commands of the import task that run by themselves, by a name: stage, expression, command. To locate addresses every hour, for
    about $3 a month: { geocode = { stage = "prod", expression = "rate(1 hour)", command = ["geocode_pending"] } }
  EOT
  type = map(object({
    stage      = string
    expression = string
    command    = list(string)
  }))
  default = {}
}

variable "mail_domain" {
  description = "The domain that mail is sent from, e.g. example.org; SES knows it once in an account, so each environment needs its own. Empty: no mail identity, and every mail is dropped."
  type        = string
  default     = ""
}

variable "mail_sender_name" {
  description = "What mail programs show as the sender."
  type        = string
  default     = "Coalition Builder"
}

variable "alarm_email" {
  description = "Who is told of alarms. AWS asks this address for a confirmation. Empty: nobody."
  type        = string
  default     = ""

  validation {
    condition     = var.alarm_email == "" || can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", var.alarm_email))
    error_message = "alarm_email is an e-mail address or empty."
  }
}

variable "monthly_budget_usd" {
  description = "What the whole account may cost a month: alarm_email is told at 70, 90 and 100 %. 0: no budget in this environment."
  type        = number
  default     = 0

  validation {
    condition     = var.monthly_budget_usd >= 0
    error_message = "monthly_budget_usd is an amount, 0 for no budget."
  }
}

variable "account_alarms" {
  description = "A trail of the whole account, and alarms when root does something or calls are denied: about $1 a month. One environment alone has it."
  type        = bool
  default     = false
}

variable "emulated" {
  description = "Talk to an AWS emulator on AWS_ENDPOINT_URL, for rehearsals."
  type        = bool
  default     = false
}
