variable "name" {
  description = "The secret's name."
  type        = string

  validation {
    # AWS adds a hyphen and six characters to the ARN; a name that ends that way too confuses look-ups.
    condition     = can(regex("^[a-z0-9/-]+$", var.name)) && !can(regex("-[A-Za-z0-9]{6}$", var.name))
    error_message = "name is lower-case letters, digits, slashes and hyphens, and has no hyphen before its last six characters."
  }
}

variable "description" {
  description = "Whose secret it is."
  type        = string
}

variable "value" {
  description = "What to keep, in no plan and no state: a password or a key."
  type        = string
  ephemeral   = true

  validation {
    condition     = length(var.value) >= 32
    error_message = "value has 32 characters at least."
  }
}

variable "username" {
  description = "Makes the secret a JSON object of username and password; without it, the secret is the value itself."
  type        = string
  default     = null
}

variable "value_version" {
  description = "Raise by one for a new value. As long as it stays, a newer value that somebody else wrote stays too."
  type        = number
  default     = 1

  validation {
    condition     = var.value_version >= 1 && floor(var.value_version) == var.value_version
    error_message = "value_version is a whole number, 1 at first."
  }
}

variable "written_with" {
  description = "An id of what took the value as its password: the secret is written after it, and again for another one."
  type        = string
  default     = null
}

variable "protected" {
  description = "30 days to restore a deleted secret, instead of none."
  type        = bool
}
