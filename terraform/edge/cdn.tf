module "cdn" {
  source    = "../modules/cdn"
  count     = var.cdn == null ? 0 : 1
  providers = { aws = aws.us_east_1 }

  name          = "${var.project}-${var.stage}"
  api           = var.api
  static_bucket = { name = var.static_bucket, region = var.region }
  domain        = var.cdn.domain
  zone_id       = var.cdn.zone_id
  hsts_seconds  = var.cdn.hsts_seconds
  waf           = var.cdn.waf
}
