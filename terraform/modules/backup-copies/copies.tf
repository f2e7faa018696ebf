# The provider is of the region that the copies go to.
resource "aws_db_instance_automated_backups_replication" "this" {
  source_db_instance_arn = var.instance_arn
  kms_key_id             = aws_kms_key.this.arn
  retention_period       = 7
}

# Keys stay in their region, and RDS's own is not there before something was encrypted with it.
resource "aws_kms_key" "this" {
  # checkov:skip=CKV2_AWS_64: KMS's own policy, by which the account's roles decide, is what is meant
  description             = "Copies of the backups of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30 # copies can't be read without it
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}-backup-copies"
  target_key_id = aws_kms_key.this.key_id
}
