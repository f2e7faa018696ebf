# The contract with ops/edge.py.

output "url" {
  description = "Where the CDN answers; null without one."
  value       = one(module.cdn[*].url)
}

output "domain_state" {
  description = "none, waiting (for DNS records) or attached; null without a CDN."
  value       = one(module.cdn[*].domain_state)
}

output "dns_records" {
  description = "What the domain's zone has to hold if it is elsewhere, in the order to make them."
  value       = flatten(module.cdn[*].dns_records)
}

output "key_value_store_arn" {
  description = "Where the origin's secret is put; null without a CDN."
  value       = one(module.cdn[*].key_value_store_arn)
}

output "distribution_id" {
  description = "CloudFront's id; null without a CDN."
  value       = one(module.cdn[*].distribution_id)
}

output "numbered_arns" {
  description = "What CloudFront knows by numbers alone, for bootstrap's github_edges; empty without a CDN."
  value       = flatten(module.cdn[*].numbered_arns)
}
