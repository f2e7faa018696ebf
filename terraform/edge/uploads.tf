# A bucket has one notification configuration, so of the stages that share a bucket one alone may have a handler.
resource "aws_s3_bucket_notification" "uploads" {
  count = local.notifies

  bucket = var.media_bucket

  lambda_function {
    # Zappa's handler calls what follows the last colon (docs/traps.md).
    id                  = "${local.function_arn}:${var.upload_handler}"
    lambda_function_arn = local.function_arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "quarantine/"
  }

  # S3 tries the function when it is told of it.
  depends_on = [aws_lambda_permission.uploads]
}

resource "aws_lambda_permission" "uploads" {
  count = local.notifies

  statement_id   = "uploads-of-${var.media_bucket}"
  action         = "lambda:InvokeFunction"
  function_name  = local.function
  principal      = "s3.amazonaws.com"
  source_arn     = "arn:${data.aws_partition.current.partition}:s3:::${var.media_bucket}"
  source_account = data.aws_caller_identity.current.account_id
}

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

locals {
  notifies     = var.upload_handler == "" ? 0 : 1
  function     = "${var.project}-${var.stage}-ops" # 15 minutes, and mail
  function_arn = "arn:${data.aws_partition.current.partition}:lambda:${var.region}:${data.aws_caller_identity.current.account_id}:function:${local.function}"
}
