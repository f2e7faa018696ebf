locals {
  has_domain = var.domain != ""
  has_zone   = var.zone_id != ""
  hosts      = local.has_domain ? [var.domain, "www.${var.domain}"] : []

  hosts_elsewhere = local.has_zone ? [] : local.hosts

  # CloudFront takes no name without an issued certificate. Where the zone is ours we wait for it; where it is elsewhere
  # the next apply finds it issued.
  is_attached     = local.has_zone || one(aws_acm_certificate.this[*].status) == "ISSUED"
  certificate_arn = local.has_zone ? one(aws_acm_certificate_validation.this[*].certificate_arn) : one(aws_acm_certificate.this[*].arn)

  # By host: the record that proves it to be ours.
  validation_records = {
    for host in local.hosts : host => one([
      for option in aws_acm_certificate.this[0].domain_validation_options : {
        type  = option.resource_record_type
        name  = trimsuffix(option.resource_record_name, ".")
        value = trimsuffix(option.resource_record_value, ".")
      } if option.domain_name == host
    ])
  }
}

resource "aws_acm_certificate" "this" {
  count = local.has_domain ? 1 : 0

  domain_name               = var.domain
  subject_alternative_names = ["www.${var.domain}"]
  validation_method         = "DNS"

  options {
    certificate_transparency_logging_preference = "ENABLED"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = toset(local.has_zone ? local.hosts : [])

  zone_id         = var.zone_id
  type            = local.validation_records[each.key].type
  name            = local.validation_records[each.key].name
  records         = [local.validation_records[each.key].value]
  ttl             = 300
  allow_overwrite = true # another certificate of the same name asks for the same record
}

resource "aws_acm_certificate_validation" "this" {
  count = local.has_zone ? 1 : 0

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

resource "aws_route53_record" "host" {
  for_each = { for pair in setproduct(local.has_zone ? local.hosts : [], ["A", "AAAA"]) : "${pair[1]} ${pair[0]}" => pair }

  zone_id = var.zone_id
  name    = each.value[0]
  type    = each.value[1]

  alias {
    name                   = aws_cloudfront_distribution.this.domain_name
    zone_id                = aws_cloudfront_distribution.this.hosted_zone_id
    evaluate_target_health = false
  }
}
