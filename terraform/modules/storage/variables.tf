variable "name" {
  description = "Begins the buckets' names; the account's number ends them."
  type        = string
}

variable "protected" {
  description = "Refuse to destroy a bucket while it holds anything."
  type        = bool
}

variable "stages" {
  description = "The stages that share the buckets, each with map files of its own below static/regions/STAGE/, and uploads of its own below quarantine/STAGE/ and uploads/STAGE/."
  type        = set(string)

  validation {
    condition     = length(var.stages) > 0 && alltrue([for stage in var.stages : can(regex("^[a-z]+$", stage))])
    error_message = "stages is at least one lower-case word: it becomes part of a key."
  }
}
