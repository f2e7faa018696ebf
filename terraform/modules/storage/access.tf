data "aws_partition" "current" {}

# Not a bucket's own attributes: those are unknown until it is made, and policies are read in plans.
locals {
  account    = data.aws_caller_identity.current.account_id
  static     = "${var.name}-static-${local.account}"
  media      = "${var.name}-media-${local.account}"
  static_arn = "arn:${data.aws_partition.current.partition}:s3:::${local.static}"
  media_arn  = "arn:${data.aws_partition.current.partition}:s3:::${local.media}"

  map_prefixes = { for stage in var.stages : stage => "static/regions/${stage}/" }
  map_files    = { for stage, prefix in local.map_prefixes : stage => "s3://${local.static}/${prefix}" }

  # Without leave to list, S3 says of what is not there that it is forbidden.
  list_map_files = {
    for stage, prefix in local.map_prefixes : stage => {
      Sid       = "ListMapFiles"
      Effect    = "Allow"
      Action    = "s3:ListBucket"
      Resource  = local.static_arn
      Condition = { StringLike = { "s3:prefix" = "${prefix}*" } }
    }
  }

  map_reading_policies = {
    for stage, prefix in local.map_prefixes : stage => jsonencode({
      Version = "2012-10-17"
      Statement = [
        local.list_map_files[stage],
        {
          Sid      = "ReadMapFiles"
          Effect   = "Allow"
          Action   = "s3:GetObject"
          Resource = "${local.static_arn}/${prefix}*"
        },
      ]
    })
  }

  import_policies = {
    for stage, prefix in local.map_prefixes : stage => jsonencode({
      Version = "2012-10-17"
      Statement = [
        local.list_map_files[stage],
        {
          Sid      = "WriteMapFiles"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject"]
          Resource = "${local.static_arn}/${prefix}*"
        },
        {
          # As above: a file that may be missing has to be told from one that is forbidden.
          Sid       = "ListShapefiles"
          Effect    = "Allow"
          Action    = "s3:ListBucket"
          Resource  = local.media_arn
          Condition = { StringLike = { "s3:prefix" = "geodata/*" } }
        },
        {
          Sid      = "ReadShapefiles"
          Effect   = "Allow"
          Action   = "s3:GetObject"
          Resource = "${local.media_arn}/geodata/*"
        },
      ]
    })
  }
}

# Who faces the internet can't read what nobody has looked at, nor put anything where what was looked at lies.
locals {
  upload_policies = {
    for stage in var.stages : stage => {
      serve = jsonencode({
        Version = "2012-10-17"
        Statement = [
          {
            # A form is good for what its signer may do.
            Sid      = "SignFormsForUploads"
            Effect   = "Allow"
            Action   = "s3:PutObject"
            Resource = "${local.media_arn}/quarantine/${stage}/*"
          },
          {
            Sid      = "SignDownloadsAndDelete"
            Effect   = "Allow"
            Action   = ["s3:DeleteObject", "s3:GetObject"]
            Resource = "${local.media_arn}/uploads/${stage}/*"
          },
        ]
      })

      ops = jsonencode({
        Version = "2012-10-17"
        Statement = [
          {
            # A file that is gone has to be told from one that is forbidden.
            Sid       = "SeeWhatIsThere"
            Effect    = "Allow"
            Action    = "s3:ListBucket"
            Resource  = local.media_arn
            Condition = { StringLike = { "s3:prefix" = ["quarantine/${stage}/*", "uploads/${stage}/*"] } }
          },
          {
            Sid      = "LookAtUploads"
            Effect   = "Allow"
            Action   = ["s3:DeleteObject", "s3:GetObject"]
            Resource = "${local.media_arn}/quarantine/${stage}/*"
          },
          {
            Sid      = "KeepUploads"
            Effect   = "Allow"
            Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
            Resource = "${local.media_arn}/uploads/${stage}/*"
          },
        ]
      })
    }
  }
}
