# The application takes the previous key as well, so a rotation by hand signs nobody out.
module "django_secret" {
  source   = "../secret"
  for_each = var.stages

  name        = "${var.project}/${each.key}/django/secret-key"
  description = "Django's SECRET_KEY of ${each.key}"
  value       = var.django_secret_keys[each.key]
  protected   = var.protected
}
