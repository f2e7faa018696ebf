output "static_bucket" {
  description = "The bucket of the static files."
  value       = module.static.name
}

output "media_bucket" {
  description = "The bucket of uploads."
  value       = module.media.name
}
