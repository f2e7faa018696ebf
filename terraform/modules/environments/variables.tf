variable "project" {
  description = "Begins every name."
  type        = string
}

variable "region" {
  description = "The region of all that is not global."
  type        = string
}
