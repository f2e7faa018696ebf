locals {
  # AWS's own policies have the same ids everywhere:
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
  caching_disabled  = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  caching_optimized = "658327ea-f89d-4fab-a63d-7e88639e58f6" # obeys max-age up to a year; Brotli and gzip
  # All but Host: the gateway knows its own name alone.
  all_viewer_except_host_header = "b689b0a8-53d0-40ab-baf2-68738e2966ac"

  every_method = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]

  # CloudFront keeps an error for 10 seconds, whoever asked: one visitor's 403 would be the next one's.
  errors_that_cloudfront_keeps = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]

  # What is never kept, whatever it says of itself. The rest is kept as the application says, a minute at most.
  never_cached = ["/api/*", "/admin/*", "/healthz", "/readyz"]
}

# A page says max-age=60 if it is the same for everybody. Whoever has any cookie, or signs a request, has a cache of their
# own: a page that forgot to call itself private is still nobody else's.
resource "aws_cloudfront_cache_policy" "pages" {
  name        = "${var.name}-pages"
  comment     = "A minute at most, by cookie"
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 60

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "all"
    }
    headers_config {
      header_behavior = "whitelist"
      headers {
        items = ["Authorization", "X-Viewer-Host"]
      }
    }
    query_strings_config {
      query_string_behavior = "all"
    }
  }
}

# What the application says of its pages stands; this is for static files and for answers that are CloudFront's own.
resource "aws_cloudfront_response_headers_policy" "security" {
  # checkov:skip=CKV_AWS_259: a year in production, an hour elsewhere, and never for hosts that are not ours to bind
  name    = "${var.name}-security"
  comment = "For whatever does not say it itself"

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = var.hsts_seconds
      include_subdomains         = false
      preload                    = false
      override                   = false
    }
    content_security_policy {
      content_security_policy = "default-src 'none'; frame-ancestors 'none'"
      override                = false
    }
    content_type_options {
      override = true
    }
    frame_options {
      frame_option = "DENY"
      override     = false
    }
    referrer_policy {
      referrer_policy = "same-origin"
      override        = false
    }
  }
}
