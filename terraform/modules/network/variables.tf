variable "name" {
  description = "Begins the names of all that is made here."
  type        = string
}

variable "zones" {
  description = "The two availability zones, e.g. [\"us-east-1a\", \"us-east-1b\"]."
  type        = list(string)

  validation {
    condition     = length(distinct(var.zones)) == 2
    error_message = "zones is two different availability zones."
  }
}

variable "cidr_block" {
  description = "The IPv4 range, a /20. A function takes an address of it for each subnet and security group, not for each request."
  type        = string
  default     = "10.20.0.0/20"

  validation {
    condition     = can(cidrhost(var.cidr_block, 0)) && endswith(var.cidr_block, "/20")
    error_message = "cidr_block is an IPv4 range that ends in /20."
  }
}

variable "interface_endpoints" {
  description = "Services to reach by a private endpoint, each about $15 a month in two zones."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.interface_endpoints, ["email", "events", "lambda", "logs", "secretsmanager", "sns", "sqs", "sts", "xray"])) == 0
    error_message = "interface_endpoints may hold email, events, lambda, logs, secretsmanager, sns, sqs, sts and xray."
  }
}
