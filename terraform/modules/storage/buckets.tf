data "aws_caller_identity" "current" {}

# Files named by their content, under static/: stages can share them, and an old release still finds its own.
# Not moved to cheaper storage: they are small and read, which costs more there.
module "static" {
  source = "../bucket"

  name       = local.static
  versioned  = false # a release uploads them again
  protected  = var.protected
  cdn_folder = "static"
}

# What people uploaded. Glacier's instant retrieval, because a form of last year is opened by a click.
module "media" {
  source = "../bucket"

  name        = local.media
  versioned   = true
  transitions = { STANDARD_IA = 30, GLACIER_IR = 90 }
  expirations = { "quarantine/" = 1 } # app/uploads gives up on a file after a day
  protected   = var.protected
}
