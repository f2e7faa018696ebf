# Releases of old: cheaper, never slower to get. A rollback can't wait for Glacier.
module "deployments" {
  source = "../bucket"

  name        = "${var.name}-zappa-deployments-${data.aws_caller_identity.current.account_id}"
  versioned   = true
  transitions = { STANDARD_IA = 30 }
  protected   = var.protected
}
