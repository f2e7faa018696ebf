# Production is traced. Left to itself X-Ray records the first request of every second, which at a million requests a month
# is nearly all of them, and $4. The gateway decides after this rule, and the function keeps to what the gateway decided.
resource "aws_xray_sampling_rule" "api" {
  # The emulator has no X-Ray.
  count = contains(keys(var.stages), "prod") && !var.emulated ? 1 : 0

  rule_name      = "${local.project}-prod"
  priority       = 100
  version        = 1
  reservoir_size = 0
  fixed_rate     = var.trace_share

  # As the gateway calls itself: its API, which Zappa names like the function, and the stage.
  service_name = "${local.project}-prod/prod"
  service_type = "AWS::ApiGateway::Stage"
  resource_arn = "*"
  host         = "*"
  http_method  = "*"
  url_path     = "*"
}

variable "trace_share" {
  description = "The share of production's requests that X-Ray records: $5 for each million recorded, 100 000 a month are free."
  type        = number
  default     = 0.05

  validation {
    condition     = var.trace_share >= 0 && var.trace_share <= 1
    error_message = "trace_share is a share from 0 to 1."
  }
}
