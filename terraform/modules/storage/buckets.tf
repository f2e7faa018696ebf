data "aws_caller_identity" "current" {}

# Files named by their content, under static/: stages can share them, and an old release still finds its own.
# Not moved to cheaper storage: they are small and read, which costs more there.
module "static" {
  source = "../bucket"

  name       = "${var.name}-static-${data.aws_caller_identity.current.account_id}"
  versioned  = false # a release uploads them again
  protected  = var.protected
  cdn_folder = "static"
}

# What people uploaded. Glacier's instant retrieval, because a form of last year is opened by a click.
module "media" {
  source = "../bucket"

  name        = "${var.name}-media-${data.aws_caller_identity.current.account_id}"
  versioned   = true
  transitions = { STANDARD_IA = 30, GLACIER_IR = 90 }
  protected   = var.protected
}
