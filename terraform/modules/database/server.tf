# What serves, whichever engine it is. Its name is known before an apply, so that a plan shows whole alarms.
locals {
  identifier = var.aurora == null ? element(local.instance_names, length(local.instance_names) - 1) : var.name

  serving_key      = local.identifier == var.name ? "first" : local.identifier
  serving_instance = var.aurora == null ? aws_db_instance.this[local.serving_key] : null
  serving_cluster  = var.aurora == null ? null : aws_rds_cluster.this["this"]

  host        = var.aurora == null ? local.serving_instance.address : local.serving_cluster.endpoint
  resource_id = var.aurora == null ? local.serving_instance.resource_id : local.serving_cluster.cluster_resource_id
  # A reader endpoint of a cluster without a reader leads to the writer.
  replica_host = !var.read_replica ? null : var.aurora == null ? aws_db_instance.replica[local.serving_key].address : local.serving_cluster.reader_endpoint
  dimensions   = var.aurora == null ? { DBInstanceIdentifier = local.identifier } : { DBClusterIdentifier = local.identifier }
}
