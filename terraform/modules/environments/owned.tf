data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  account_id = data.aws_caller_identity.current.account_id
  here       = "${var.region}:${local.account_id}"

  stages = { nonprod = ["dev", "staging"], prod = ["prod"] }
  # As ../../provider.tf names them. Production's plain names begin nonprod's too, so a star stands behind whole names alone.
  names = { nonprod = "${var.project}-nonprod", prod = var.project }

  functions = { for environment, stages in local.stages : environment => flatten([for stage in stages : ["${var.project}-${stage}", "${var.project}-${stage}-ops"]]) }

  # A domain or, as long as none is named, a pattern of all. No domain ends in .invalid (RFC 2606).
  mail_domains = { for environment in keys(local.names) : environment => length(var.mail_domains) == 0 ? "*" : lookup(var.mail_domains, environment, "none.invalid") }

  # A test holds this against the plans of both environments: all that one makes is in its list, and nothing in the other's.
  owned = {
    for environment, name in local.names : environment => {
      alarms = [
        for begin in concat([for kind in ["account", "database", "mail", "rate-limits"] : "${name}-${kind}"], [for stage in local.stages[environment] : "${var.project}-${stage}"]) :
        "arn:${local.partition}:cloudwatch:${local.here}:alarm:${begin}-*"
      ]
      budgets            = ["arn:${local.partition}:budgets::${local.account_id}:budget/${name}-account"]
      buckets            = [for kind in ["media", "static", "trail", "zappa-deployments"] : "arn:${local.partition}:s3:::${name}-${kind}-${local.account_id}"]
      clusters           = ["arn:${local.partition}:ecs:${local.here}:cluster/${name}-geodata-import"]
      configuration_sets = ["arn:${local.partition}:ses:${local.here}:configuration-set/${name}"]
      dashboards         = ["arn:${local.partition}:cloudwatch::${local.account_id}:dashboard/${name}"]
      # What is restored and replicated has names that nobody knows before.
      database_logs = [for group in ["${name}/*", "${name}-*/*"] : "arn:${local.partition}:logs:${local.here}:log-group:/aws/rds/*/${group}"]
      databases     = [for called in [name, "${name}-*"] : "arn:${local.partition}:rds:${local.here}:*:${called}"]
      functions     = flatten([for function in local.functions[environment] : ["arn:${local.partition}:lambda:${local.here}:function:${function}", "arn:${local.partition}:lambda:${local.here}:function:${function}:*"]])
      # A group's streams are its own with a colon after it.
      log_groups = [
        for group in concat(
          ["/aws/cloudtrail/${name}", "/aws/cloudtrail/${name}:*", "/aws/ecs/${name}-geodata-import-*"],
          flatten([for stage in local.stages[environment] : ["/aws/apigateway/${var.project}-${stage}*", "/aws/lambda/${var.project}-${stage}*"]]),
        ) : "arn:${local.partition}:logs:${local.here}:log-group:${group}"
      ]
      # In the region that holds copies of the backups.
      key_aliases  = ["arn:${local.partition}:kms:*:${local.account_id}:alias/${name}-backup-copies"]
      repositories = ["arn:${local.partition}:ecr:${local.here}:repository/${name}-geodata-import"]
      roles = [
        for role in concat(["${name}-database-proxy", "${name}-geodata-import-*", "${name}-trail"], flatten([for stage in local.stages[environment] : ["${var.project}-${stage}-lambda", "${var.project}-${stage}-ops"]])) :
        "arn:${local.partition}:iam::${local.account_id}:role/${role}"
      ]
      rules            = ["arn:${local.partition}:events:${local.here}:rule/${name}-geodata-import-*"]
      secrets          = [for begin in concat(["${name}/database"], [for stage in local.stages[environment] : "${var.project}/${stage}"]) : "arn:${local.partition}:secretsmanager:${local.here}:secret:${begin}/*"]
      tables           = ["arn:${local.partition}:dynamodb:${local.here}:table/${name}-rate-limits"]
      task_definitions = ["arn:${local.partition}:ecs:${local.here}:task-definition/${name}-geodata-import-*"]
      tasks            = ["arn:${local.partition}:ecs:${local.here}:task/${name}-geodata-import/*"]
      topics           = [for kind in ["alarms", "mail-feedback"] : "arn:${local.partition}:sns:${local.here}:${name}-${kind}"]
      traces           = flatten([for stage in local.stages[environment] : [for one in ["sampling-rule/${var.project}-${stage}", "group/${var.project}-${stage}-bad/*"] : "arn:${local.partition}:xray:${local.here}:${one}"]])
      trails           = ["arn:${local.partition}:cloudtrail:${local.here}:trail/${name}-trail"]
    }
  }

  # Where it can't: what a pattern of the one has in it of the other.
  denied = { nonprod = [], prod = concat(local.owned.nonprod.databases, local.owned.nonprod.database_logs) }
}
