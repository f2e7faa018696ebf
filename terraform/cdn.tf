# What the application and its CDN (edge/) prove each other with. The distribution itself is made after the API, in a state of its own.
locals {
  cdns = { for stage, settings in var.stages : stage => settings.cdn if settings.cdn != null }

  # Functions that run were told of the secret: it stays until a deploy has told them otherwise.
  serving_cdns = {
    for stage, cdn in local.cdns : stage => {
      domain       = cdn.domain
      zone_id      = cdn.zone_id
      waf          = cdn.waf
      hsts_seconds = coalesce(cdn.hsts_seconds, stage == "prod" ? 31536000 : 3600)
    } if !cdn.retired
  }

  cdn_environments = {
    for stage, cdn in local.serving_cdns : stage => {
      CDN_SECRET = module.cdn_secret[stage].name
      # Only a request with the secret can say that it came by one of these names.
      ALLOWED_HOSTS = join(",", compact([".cloudfront.net", cdn.domain]))
    }
  }

  # For the companion too: it starts with the same settings.
  cdn_policies = {
    for stage in keys(local.cdns) : stage => {
      cdn-secret = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Sid      = "ReadCdnSecret"
          Effect   = "Allow"
          Action   = "secretsmanager:GetSecretValue"
          Resource = module.cdn_secret[stage].arn_pattern
        }]
      })
    }
  }
}

ephemeral "aws_secretsmanager_random_password" "cdn" {
  for_each = local.cdns

  password_length     = local.password_length
  exclude_punctuation = true
}

# The deploy puts it into CloudFront's key-value store, so it is in no state (docs/decisions/0040).
module "cdn_secret" {
  source   = "./modules/secret"
  for_each = local.cdns

  name        = "${local.project}/${each.key}/cdn/origin"
  description = "What the CDN of ${each.key} sends to prove itself"
  value       = ephemeral.aws_secretsmanager_random_password.cdn[each.key].random_password
  protected   = var.protected
}
