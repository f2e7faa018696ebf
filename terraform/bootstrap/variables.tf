variable "region" {
  description = "The AWS region of the state, and of the gateway that may write logs."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is the code of an AWS region, like us-east-1."
  }
}

variable "emulated" {
  description = "Talk to an AWS emulator on AWS_ENDPOINT_URL, for rehearsals."
  type        = bool
  default     = false
}
