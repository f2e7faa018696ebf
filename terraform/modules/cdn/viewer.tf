# The store alone is Terraform's; what lies in it is put there by ops/edge.py and never read back into the state.
resource "aws_cloudfront_key_value_store" "this" {
  name    = var.name
  comment = "What proves the CDN to the application"
}

resource "aws_cloudfront_function" "viewer_request" {
  name                         = "${var.name}-viewer-request"
  comment                      = "Sends www away, and tells the application who asks"
  runtime                      = "cloudfront-js-2.0"
  key_value_store_associations = [aws_cloudfront_key_value_store.this.arn]
  publish                      = true
  code                         = templatefile("${path.module}/viewer_request.js", { domain = var.domain })
}
