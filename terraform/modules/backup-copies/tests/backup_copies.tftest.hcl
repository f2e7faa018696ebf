mock_provider "aws" {
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-west-2:123456789012:key/example", key_id = "example" }
  }
}

variables {
  name         = "example"
  instance_arn = "arn:aws:rds:us-east-1:123456789012:db:example"
}

run "the_copies_are_of_the_instance_and_last_as_long_as_the_backups" {
  command = apply

  assert {
    condition     = aws_db_instance_automated_backups_replication.this.source_db_instance_arn == var.instance_arn && aws_db_instance_automated_backups_replication.this.retention_period == 7
    error_message = "They are of something else, or for another time."
  }
}

run "they_are_encrypted_with_a_key_of_their_own_region_that_outlives_them" {
  command = apply

  assert {
    condition     = aws_db_instance_automated_backups_replication.this.kms_key_id == aws_kms_key.this.arn && aws_kms_key.this.enable_key_rotation
    error_message = "They are under another key, or one that is never rotated."
  }
  assert {
    condition     = aws_kms_key.this.deletion_window_in_days > aws_db_instance_automated_backups_replication.this.retention_period
    error_message = "The key could go before what it encrypts."
  }
}
