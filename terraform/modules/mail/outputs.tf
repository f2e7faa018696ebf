output "email_url" {
  description = "The application's EMAIL_URL: SES with the configuration set, or nowhere if there is no domain."
  value       = var.domain == "" ? "dummymail://" : "ses://${var.name}"
}

output "sender" {
  description = "The application's DEFAULT_FROM_EMAIL."
  value       = "${var.sender_name} <${local.sender_address}>"
}

output "dns_records" {
  description = "What the domain's zone has to hold, wherever the zone is: type, name and value."
  value = var.domain == "" ? [] : concat(
    [
      for token in aws_sesv2_email_identity.this[0].dkim_signing_attributes[0].tokens :
      { type = "CNAME", name = "${token}._domainkey.${var.domain}", value = "${token}.dkim.amazonses.com" }
    ],
    [
      { type = "MX", name = local.mail_from_domain, value = "10 feedback-smtp.${data.aws_region.current.name}.amazonses.com" },
      { type = "TXT", name = local.mail_from_domain, value = "v=spf1 include:amazonses.com -all" },
      # An existing record of the domain wins; this is the least that mail providers ask of a sender.
      { type = "TXT", name = "_dmarc.${var.domain}", value = "v=DMARC1; p=quarantine; adkim=s; aspf=r" },
    ],
  )
}

output "sending_policies" {
  description = "The policy to send as this domain's sender, under the key send-mail; none if there is no domain."
  value = var.domain == "" ? {} : {
    send-mail = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid    = "SendAsOurselves"
        Effect = "Allow"
        Action = ["ses:SendEmail", "ses:SendRawEmail"] # SESv2's SendEmail asks for both when it gets a whole message
        # Every identity, because SES asks for a recipient's too if the account has verified it, as all are in its sandbox.
        # As whom is said by the condition.
        Resource  = ["${local.ses_arn}:identity/*", "${local.ses_arn}:configuration-set/${var.name}"]
        Condition = { StringEquals = { "ses:FromAddress" = local.sender_address } }
      }]
    })
  }
}
