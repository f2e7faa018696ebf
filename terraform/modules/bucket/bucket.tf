resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18: access logs cost storage and are read by nobody; who writes is in CloudTrail
  # checkov:skip=CKV_AWS_21: what a release can upload again is not kept twice
  # checkov:skip=CKV_AWS_144: a second region is a tier of disaster recovery that docs price, off by default
  # checkov:skip=CKV_AWS_145: a key of our own costs $1 a month and guards no better than the account's
  # checkov:skip=CKV2_AWS_62: only the media bucket has an event, made where its function is
  bucket        = var.name
  force_destroy = !var.protected
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = var.versioned ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.arn, "${local.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }], local.cdn_statements, [for statement in var.allowed_statements : jsondecode(statement)])
  })

  # Both at once is refused by S3 now and then: one operation on a bucket at a time.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

locals {
  # From the name, so that a plan shows whole policies before the bucket exists.
  arn = "arn:${data.aws_partition.current.partition}:s3:::${var.name}"

  # Any distribution of this account: ours is made after the bucket, in another state, and the files are public by nature.
  cdn_statements = var.cdn_folder == "" ? [] : [{
    Sid       = "CdnsOfThisAccountRead"
    Effect    = "Allow"
    Principal = { Service = "cloudfront.amazonaws.com" }
    Action    = "s3:GetObject"
    Resource  = "${local.arn}/${var.cdn_folder}/*"
    Condition = { ArnLike = { "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:cloudfront::${data.aws_caller_identity.current.account_id}:distribution/*" } }
  }]
}
