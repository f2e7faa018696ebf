resource "aws_cloudfront_origin_access_control" "static" {
  name                              = "${var.name}-static"
  description                       = "The bucket of static files answers our distributions alone"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "this" {
  # checkov:skip=CKV_AWS_68: a firewall costs $8 a month, so it is a variable
  # checkov:skip=CKV2_AWS_47: a firewall costs $8 a month, so it is a variable
  # checkov:skip=CKV_AWS_86: the API's access log has what reaches us; addresses of readers are personal data kept for nothing
  # checkov:skip=CKV_AWS_174: TLS 1.2 with the domain; CloudFront's own address sets its own minimum
  # checkov:skip=CKV2_AWS_42: the certificate is ours with a domain; CloudFront's own address has CloudFront's
  # checkov:skip=CKV_AWS_305: the application answers /
  # checkov:skip=CKV_AWS_310: there is one API; a second region is a tier of disaster recovery that docs price
  # checkov:skip=CKV_AWS_374: people abroad may read and endorse
  comment         = var.name
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = "PriceClass_100" # North America and Europe
  web_acl_id      = one(aws_wafv2_web_acl.this[*].arn)
  aliases         = local.is_attached ? local.hosts : []

  viewer_certificate {
    cloudfront_default_certificate = local.is_attached ? null : true
    acm_certificate_arn            = local.is_attached ? local.certificate_arn : null
    ssl_support_method             = local.is_attached ? "sni-only" : null
    minimum_protocol_version       = local.is_attached ? "TLSv1.2_2021" : "TLSv1"
  }

  origin {
    origin_id   = "api"
    domain_name = var.api.host
    origin_path = var.api.path

    custom_origin_config {
      origin_protocol_policy = var.api.http_port == null ? "https-only" : "http-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      https_port             = 443
      http_port              = coalesce(var.api.http_port, 80)
    }
  }

  origin {
    origin_id                = "static"
    domain_name              = "${var.static_bucket.name}.s3.${var.static_bucket.region}.amazonaws.com"
    origin_access_control_id = aws_cloudfront_origin_access_control.static.id
  }

  default_cache_behavior {
    target_origin_id           = "api"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = local.every_method
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = aws_cloudfront_cache_policy.pages.id
    origin_request_policy_id   = local.all_viewer_except_host_header
    response_headers_policy_id = aws_cloudfront_response_headers_policy.security.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.viewer_request.arn
    }
  }

  ordered_cache_behavior {
    path_pattern               = "/static/*"
    target_origin_id           = "static"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = local.caching_optimized
    response_headers_policy_id = aws_cloudfront_response_headers_policy.security.id
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.never_cached

    content {
      path_pattern               = ordered_cache_behavior.value
      target_origin_id           = "api"
      viewer_protocol_policy     = "redirect-to-https"
      allowed_methods            = local.every_method
      cached_methods             = ["GET", "HEAD"]
      compress                   = false # the gateway does: without a cache CloudFront can't
      cache_policy_id            = local.caching_disabled
      origin_request_policy_id   = local.all_viewer_except_host_header
      response_headers_policy_id = aws_cloudfront_response_headers_policy.security.id

      function_association {
        event_type   = "viewer-request"
        function_arn = aws_cloudfront_function.viewer_request.arn
      }
    }
  }

  dynamic "custom_error_response" {
    for_each = local.errors_that_cloudfront_keeps

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
}
