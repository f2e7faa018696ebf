variable "name" {
  description = "Begins the names of all that is made here."
  type        = string
}

variable "instance_arn" {
  description = "The RDS instance whose automated backups are copied, snapshots and logs of changes alike."
  type        = string
}
