output "url" {
  description = "Where the CDN answers: the domain once it is attached, else CloudFront's own address."
  value       = "https://${local.is_attached ? var.domain : aws_cloudfront_distribution.this.domain_name}"
}

output "domain_state" {
  description = "none, attached, or waiting: the certificate waits for the first of dns_records, and the next apply attaches the domain."
  value       = !local.has_domain ? "none" : local.is_attached ? "attached" : "waiting"
}

output "dns_records" {
  description = "What the zone has to hold if it is elsewhere, in the order to make them: type, name, value and why."
  value = concat(
    [for host in local.hosts_elsewhere : merge(local.validation_records[host], { why = "proves to AWS that ${host} is yours; leave it there" })],
    [for host in local.hosts_elsewhere : {
      type  = host == var.domain ? "ALIAS" : "CNAME"
      name  = host
      value = aws_cloudfront_distribution.this.domain_name
      why   = host == var.domain ? "brings people here, once the domain is attached; some hosts call it ANAME or a flattened CNAME" : "is sent on to ${var.domain}"
    }],
  )
}

output "key_value_store_arn" {
  description = "The store that the origin's secret is put into, under the key origin-secret."
  value       = aws_cloudfront_key_value_store.this.arn
}

output "distribution_id" {
  description = "CloudFront's id, to clear its cache by hand."
  value       = aws_cloudfront_distribution.this.id
}

output "numbered_arns" {
  description = "What CloudFront knows by numbers alone, without tags: bootstrap keeps other stages' roles from it by these."
  value = [
    aws_cloudfront_cache_policy.pages.arn,
    aws_cloudfront_key_value_store.this.arn,
    aws_cloudfront_origin_access_control.static.arn,
    aws_cloudfront_response_headers_policy.security.arn,
  ]
}
