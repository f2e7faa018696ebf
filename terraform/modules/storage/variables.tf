variable "name" {
  description = "Begins the buckets' names; the account's number ends them."
  type        = string
}

variable "protected" {
  description = "Refuse to destroy a bucket while it holds anything."
  type        = bool
}
