# The roles of workflows belong to neither environment: those that apply one can't change them.
module "github_oidc" {
  source = "../modules/github-oidc"
  count  = var.github_repository == "" ? 0 : 1

  project        = local.project
  environments   = module.environments.environments
  repository     = var.github_repository
  repository_ids = var.github_repository_ids
  make_provider  = var.github_provider
  region         = var.region
  state_bucket   = local.bucket
  edges          = var.github_edges
}
