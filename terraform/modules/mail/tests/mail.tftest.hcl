mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
}

variables {
  alarm_topic_arn = "arn:aws:sns:us-east-1:123456789012:alarms"
  name            = "example"
  domain          = "example.org"
  sender_name     = "River Alliance"
}

run "the_domain_signs_and_its_bounces_are_told" {
  command = apply

  override_resource {
    target = aws_sesv2_email_identity.this
    values = { dkim_signing_attributes = { tokens = ["one", "two", "three"] } }
  }
  override_resource {
    target = aws_sns_topic.feedback
    values = { arn = "arn:aws:sns:us-east-1:123456789012:example-mail-feedback" }
  }

  assert {
    condition     = aws_sesv2_email_identity.this[0].dkim_signing_attributes[0].next_signing_key_length == "RSA_2048_BIT"
    error_message = "DKIM signs with a short key."
  }
  assert {
    condition     = aws_sesv2_configuration_set.this[0].delivery_options[0].tls_policy == "REQUIRE"
    error_message = "Mail may be sent in the clear."
  }
  assert {
    condition     = toset(aws_sesv2_configuration_set_event_destination.feedback[0].event_destination[0].matching_event_types) == toset(["BOUNCE", "COMPLAINT"])
    error_message = "Bounces or complaints are not told."
  }
  assert {
    condition = { for record in output.dns_records : "${record.type} ${record.name}" => record.value } == {
      "CNAME one._domainkey.example.org"   = "one.dkim.amazonses.com"
      "CNAME two._domainkey.example.org"   = "two.dkim.amazonses.com"
      "CNAME three._domainkey.example.org" = "three.dkim.amazonses.com"
      "MX bounce.example.org"              = "10 feedback-smtp.us-east-1.amazonses.com"
      "TXT bounce.example.org"             = "v=spf1 include:amazonses.com -all"
      "TXT _dmarc.example.org"             = "v=DMARC1; p=quarantine; adkim=s; aspf=r"
    }
    error_message = "A DNS record is missing or wrong."
  }
}

run "the_application_may_send_as_its_sender_alone" {
  command = plan

  assert {
    condition = jsondecode(output.sending_policies["send-mail"]).Statement == [{
      Sid    = "SendAsOurselves"
      Effect = "Allow"
      Action = ["ses:SendEmail", "ses:SendRawEmail"]
      Resource = [
        "arn:aws:ses:us-east-1:123456789012:identity/*",
        "arn:aws:ses:us-east-1:123456789012:configuration-set/example",
      ]
      Condition = { StringEquals = { "ses:FromAddress" = "no-reply@example.org" } }
    }]
    error_message = "The policy says something else."
  }
  assert {
    condition     = output.sender == "River Alliance <no-reply@example.org>" && output.email_url == "ses://example"
    error_message = "The application would send as somebody else."
  }
}

run "without_a_domain_nothing_is_made" {
  command = plan

  variables {
    domain = ""
  }

  assert {
    condition     = length(aws_sesv2_email_identity.this) + length(aws_sesv2_configuration_set.this) + length(aws_sns_topic.feedback) == 0
    error_message = "Something is."
  }
  assert {
    condition     = length(output.sending_policies) == 0 && length(output.dns_records) == 0 && output.email_url == "dummymail://"
    error_message = "The application is told to send."
  }
}

run "it_refuses_an_address_for_a_domain" {
  command = plan

  variables {
    domain = "team@example.org"
  }

  expect_failures = [var.domain]
}

run "it_refuses_a_sender_that_needs_quotes" {
  command = plan

  variables {
    sender_name = "Coalition, The"
  }

  expect_failures = [var.sender_name]
}
