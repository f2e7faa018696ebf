mock_provider "aws" {
  mock_resource "aws_cloudfront_distribution" {
    defaults = { domain_name = "d111111abcdef8.cloudfront.net", hosted_zone_id = "Z2FDTNDATAQYW2" }
  }

  mock_resource "aws_cloudfront_function" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:function/example-prod-viewer-request" }
  }

  mock_resource "aws_cloudfront_key_value_store" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:key-value-store/11111111-2222-3333-4444-555555555555" }
  }

  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/example-prod/11111111-2222-3333-4444-555555555555" }
  }

  mock_resource "aws_acm_certificate" {
    defaults = {
      arn    = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
      status = "PENDING_VALIDATION"
      domain_validation_options = [
        { domain_name = "example.org", resource_record_name = "_a.example.org.", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws." },
        { domain_name = "www.example.org", resource_record_name = "_c.www.example.org.", resource_record_type = "CNAME", resource_record_value = "_d.acm-validations.aws." },
      ]
    }
  }

  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  name          = "example-prod"
  api           = { host = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", path = "/prod" }
  static_bucket = { name = "example-static-123456789012", region = "us-east-1" }
  hsts_seconds  = 31536000
}

run "the_api_is_reached_by_tls_alone_and_the_bucket_by_signed_requests_alone" {
  command = plan

  assert {
    condition = one([for origin in aws_cloudfront_distribution.this.origin : {
      host = origin.domain_name, path = origin.origin_path, how = origin.custom_origin_config[0].origin_protocol_policy, tls = origin.custom_origin_config[0].origin_ssl_protocols
      } if origin.origin_id == "api"]) == {
      host = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", path = "/prod", how = "https-only", tls = toset(["TLSv1.2"])
    }
    error_message = "Another address, or not by TLS."
  }
  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this.origin : origin.domain_name if origin.origin_id == "static"]) == "example-static-123456789012.s3.us-east-1.amazonaws.com"
    error_message = "Another bucket."
  }
  assert {
    condition     = aws_cloudfront_origin_access_control.static.signing_behavior == "always" && aws_cloudfront_origin_access_control.static.signing_protocol == "sigv4"
    error_message = "The bucket would see unsigned requests."
  }
  assert {
    condition     = alltrue([for origin in aws_cloudfront_distribution.this.origin : length(origin.custom_header) == 0])
    error_message = "A header of an origin stands in the state."
  }
}

run "everybody_comes_by_https_over_every_protocol" {
  command = plan

  assert {
    condition     = toset(concat([aws_cloudfront_distribution.this.default_cache_behavior[0].viewer_protocol_policy], aws_cloudfront_distribution.this.ordered_cache_behavior[*].viewer_protocol_policy)) == toset(["redirect-to-https"])
    error_message = "HTTP is let through."
  }
  assert {
    condition     = aws_cloudfront_distribution.this.http_version == "http2and3" && aws_cloudfront_distribution.this.is_ipv6_enabled && aws_cloudfront_distribution.this.price_class == "PriceClass_100"
    error_message = "A protocol is missing, or it costs more."
  }
}

run "pages_are_kept_for_a_minute_and_by_cookie" {
  command = plan

  assert {
    condition     = [aws_cloudfront_cache_policy.pages.min_ttl, aws_cloudfront_cache_policy.pages.default_ttl, aws_cloudfront_cache_policy.pages.max_ttl] == [0, 0, 60]
    error_message = "Something is kept that does not ask for it, or for longer."
  }
  assert {
    condition     = aws_cloudfront_cache_policy.pages.parameters_in_cache_key_and_forwarded_to_origin[0].cookies_config[0].cookie_behavior == "all"
    error_message = "One visitor's page would be another's."
  }
  assert {
    condition     = contains(aws_cloudfront_cache_policy.pages.parameters_in_cache_key_and_forwarded_to_origin[0].headers_config[0].headers[0].items, "Authorization")
    error_message = "A signed request's answer would be everybody's."
  }
  assert {
    condition     = aws_cloudfront_cache_policy.pages.parameters_in_cache_key_and_forwarded_to_origin[0].enable_accept_encoding_brotli && aws_cloudfront_distribution.this.default_cache_behavior[0].compress
    error_message = "Pages are not compressed."
  }
}

run "the_staff_area_and_the_api_are_never_kept" {
  command = plan

  assert {
    condition = { for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior : behaviour.path_pattern => behaviour.cache_policy_id } == {
      "/static/*" = "658327ea-f89d-4fab-a63d-7e88639e58f6"
      "/api/*"    = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
      "/admin/*"  = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
      "/healthz"  = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
      "/readyz"   = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    }
    error_message = "Another path, or another policy."
  }
  assert {
    condition     = alltrue([for error in aws_cloudfront_distribution.this.custom_error_response : error.error_caching_min_ttl == 0]) && contains([for error in aws_cloudfront_distribution.this.custom_error_response : error.error_code], 403)
    error_message = "One visitor's error would be the next one's."
  }
}

run "whatever_may_reach_the_application_passes_the_function" {
  command = plan

  assert {
    condition = alltrue([
      for behaviour in concat([for it in aws_cloudfront_distribution.this.default_cache_behavior : merge(it, { path_pattern = "*" })], [for it in aws_cloudfront_distribution.this.ordered_cache_behavior : it]) :
      length(behaviour.function_association) == (behaviour.target_origin_id == "api" ? 1 : 0)
    ])
    error_message = "A path to the application does not say who asks."
  }
  assert {
    condition     = aws_cloudfront_function.viewer_request.runtime == "cloudfront-js-2.0" && aws_cloudfront_function.viewer_request.publish
    error_message = "The function can't read the store, or is not served."
  }
}

run "without_a_domain_it_is_cloudfronts_own_address" {
  assert {
    condition     = output.url == "https://d111111abcdef8.cloudfront.net" && output.domain_state == "none" && length(output.dns_records) == 0
    error_message = "It says something else."
  }
  assert {
    condition     = length(aws_acm_certificate.this) == 0 && aws_cloudfront_distribution.this.viewer_certificate[0].cloudfront_default_certificate
    error_message = "A certificate of nothing."
  }
}

run "a_domain_elsewhere_waits_for_its_records" {
  variables {
    domain = "example.org"
  }

  assert {
    condition     = output.domain_state == "waiting" && output.url == "https://d111111abcdef8.cloudfront.net" && length(aws_cloudfront_distribution.this.aliases) == 0
    error_message = "CloudFront takes no name without an issued certificate."
  }
  assert {
    condition = [for record in output.dns_records : "${record.type} ${record.name} ${record.value}"] == [
      "CNAME _a.example.org _b.acm-validations.aws",
      "CNAME _c.www.example.org _d.acm-validations.aws",
      "ALIAS example.org d111111abcdef8.cloudfront.net",
      "CNAME www.example.org d111111abcdef8.cloudfront.net",
    ]
    error_message = "Other records."
  }
}

run "once_the_certificate_is_issued_the_domain_is_attached" {
  variables {
    domain = "example.org"
  }

  override_resource {
    target = aws_acm_certificate.this
    values = {
      arn    = "arn:aws:acm:us-east-1:123456789012:certificate/99999999-2222-3333-4444-555555555555"
      status = "ISSUED"
      domain_validation_options = [
        { domain_name = "example.org", resource_record_name = "_a.example.org.", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws." },
        { domain_name = "www.example.org", resource_record_name = "_c.www.example.org.", resource_record_type = "CNAME", resource_record_value = "_d.acm-validations.aws." },
      ]
    }
  }

  state_key = "issued"

  assert {
    condition     = output.domain_state == "attached" && output.url == "https://example.org" && aws_cloudfront_distribution.this.aliases == toset(["example.org", "www.example.org"])
    error_message = "It still waits."
  }
  assert {
    condition     = aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021" && aws_cloudfront_distribution.this.viewer_certificate[0].ssl_support_method == "sni-only"
    error_message = "Old TLS, or an address of its own for $600 a month."
  }
}

run "in_a_zone_of_ours_the_records_are_made" {
  variables {
    domain  = "example.org"
    zone_id = "Z0123456789ABC"
  }

  state_key = "zone"

  assert {
    condition     = toset(keys(aws_route53_record.host)) == toset(["A example.org", "AAAA example.org", "A www.example.org", "AAAA www.example.org"]) && length(aws_route53_record.validation) == 2
    error_message = "A record is missing."
  }
  assert {
    condition     = output.domain_state == "attached" && length(output.dns_records) == 0
    error_message = "Somebody would make them again by hand."
  }
}

run "a_firewall_is_there_if_asked_for" {
  variables {
    waf = true
  }

  state_key = "waf"

  assert {
    condition     = aws_wafv2_web_acl.this[0].scope == "CLOUDFRONT" && length(aws_wafv2_web_acl.this[0].rule) == 3
    error_message = "Another firewall."
  }
}

run "it_refuses_a_domain_with_www" {
  command = plan

  variables {
    domain = "www.example.org"
  }

  expect_failures = [var.domain]
}

run "it_refuses_a_zone_without_a_domain" {
  command = plan

  variables {
    zone_id = "Z0123456789ABC"
  }

  expect_failures = [var.zone_id]
}

run "it_refuses_an_api_with_a_scheme" {
  command = plan

  variables {
    api = { host = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", path = "/prod" }
  }

  expect_failures = [var.api]
}

run "it_refuses_half_a_second" {
  command = plan

  variables {
    hsts_seconds = 0.5
  }

  expect_failures = [var.hsts_seconds]
}

run "it_refuses_a_name_that_cloudfront_refuses" {
  command = plan

  variables {
    name = "Example Prod"
  }

  expect_failures = [var.name]
}
