resource "aws_dynamodb_table" "rate_limits" {
  # checkov:skip=CKV_AWS_119: a key of our own costs $1 a month and a call to KMS, for counters of hashed clients
  name         = local.table_name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "key" # stage#scope#HMAC(client); why no epoch: docs/decisions/0024-rate-limiter.md

  attribute {
    name = "key"
    type = "S"
  }

  # Deletion lags by days, so the limiter never relies on it: it only keeps the table small.
  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true # by the account's aws/dynamodb key, whose use CloudTrail shows
  }
}

locals {
  table_name = "${var.name}-rate-limits"
}
