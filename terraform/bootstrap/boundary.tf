# Every role of ../ carries its environment's boundary, by its name: bootstrap comes first.
module "environments" {
  source = "../modules/environments"

  project      = local.project
  region       = var.region
  mail_domains = var.mail_domains
}
