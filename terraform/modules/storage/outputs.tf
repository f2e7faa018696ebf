output "static_bucket" {
  description = "The bucket of the static files."
  value       = module.static.name
}

output "media_bucket" {
  description = "The bucket of uploads."
  value       = module.media.name
}

output "uploads" {
  description = "Where uploads go, as UPLOADS."
  value       = "s3://${local.media}/"

  # Who is told of the bucket needs it to be there.
  depends_on = [module.media]
}

output "upload_policies" {
  description = "By stage, of its own uploads: what the serving function needs to have them sent, given out and deleted (serve), and what looks at them and moves them (ops)."
  value       = local.upload_policies
}

output "map_files" {
  description = "By stage: where the files of whole maps go, as REGION_FILES."
  value       = local.map_files

  # Who is told of the bucket needs it to be there.
  depends_on = [module.static]
}

output "map_reading_policies" {
  description = "By stage: the policy to read its map files."
  value       = local.map_reading_policies
}

output "import_policies" {
  description = "By stage: the policy to read and write its map files, and to read shapefiles below geodata/ in the bucket of uploads."
  value       = local.import_policies
}
