resource "aws_sns_topic" "feedback" {
  # checkov:skip=CKV_AWS_26: SES can't publish to a topic under AWS's own key, and one of ours costs $1 a month
  count = local.made

  name = "${var.name}-mail-feedback"
}

resource "aws_sns_topic_policy" "feedback" {
  count = local.made

  arn = aws_sns_topic.feedback[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "SesPublishes"
      Effect    = "Allow"
      Principal = { Service = "ses.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.feedback[0].arn
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = data.aws_caller_identity.current.account_id
          "aws:SourceArn"     = "${local.ses_arn}:configuration-set/${var.name}"
        }
      }
    }]
  })
}

resource "aws_sesv2_configuration_set_event_destination" "feedback" {
  count = local.made

  configuration_set_name = aws_sesv2_configuration_set.this[0].configuration_set_name
  event_destination_name = "feedback"

  event_destination {
    enabled              = true
    matching_event_types = ["BOUNCE", "COMPLAINT"]

    sns_destination {
      topic_arn = aws_sns_topic.feedback[0].arn
    }
  }

  # SES tries the topic when the destination is made.
  depends_on = [aws_sns_topic_policy.feedback]
}
