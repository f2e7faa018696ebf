data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  made             = var.domain == "" ? 0 : 1
  sender_address   = "no-reply@${coalesce(var.domain, "mail.invalid")}"
  mail_from_domain = "bounce.${var.domain}"
  ses_arn          = "arn:${data.aws_partition.current.partition}:ses:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
}

resource "aws_sesv2_email_identity" "this" {
  count = local.made

  email_identity         = var.domain
  configuration_set_name = aws_sesv2_configuration_set.this[0].configuration_set_name

  dkim_signing_attributes {
    next_signing_key_length = "RSA_2048_BIT"
  }
}

# Bounces come back to a domain of our own, so that SPF is aligned with the sender.
resource "aws_sesv2_email_identity_mail_from_attributes" "this" {
  count = local.made

  email_identity         = aws_sesv2_email_identity.this[0].email_identity
  mail_from_domain       = local.mail_from_domain
  behavior_on_mx_failure = "USE_DEFAULT_VALUE"
}

resource "aws_sesv2_configuration_set" "this" {
  count = local.made

  configuration_set_name = var.name

  delivery_options {
    tls_policy = "REQUIRE"
  }

  reputation_options {
    reputation_metrics_enabled = true
  }

  suppression_options {
    suppressed_reasons = ["BOUNCE", "COMPLAINT"]
  }
}
