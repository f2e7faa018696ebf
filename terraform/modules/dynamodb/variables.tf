variable "name" {
  description = "Begins the table's name: NAME-rate-limits."
  type        = string
}

variable "stages" {
  description = "The stages that share the table, each under its own key prefix."
  type        = set(string)

  validation {
    condition     = alltrue([for stage in var.stages : can(regex("^[a-z]+$", stage))])
    error_message = "stages are lower-case words: a # or * in one would open another's keys."
  }
}

variable "alarm_topic_arn" {
  description = "The SNS topic that is told of throttled requests."
  type        = string
}
