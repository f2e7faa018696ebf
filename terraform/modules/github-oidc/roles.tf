# An apply role makes roles, so it could make one that may more than itself. What it makes carries the boundary of its environment,
# which bootstrap alone can change; without it there is no role, no policy of one, and nobody new who may take one.
locals {
  workflow_arns = concat(
    ["arn:${local.partition}:iam::${local.account_id}:role/${var.project}-github-*", "arn:${local.partition}:iam::${local.account_id}:policy/${var.project}-github-*"],
    [for of in var.environments : of.boundary_arn],
  )

  make_roles = {
    for environment, of in var.environments : environment => [
      {
        Sid       = "MakeRolesWithinTheBoundary"
        Effect    = "Allow"
        Action    = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]
        Resource  = of.owned.roles
        Condition = { StringEquals = { "iam:PermissionsBoundary" = of.boundary_arn } }
      },
      # Nobody gets more by these.
      { Sid = "TidyRoles", Effect = "Allow", Action = ["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateRole", "iam:UpdateRoleDescription"], Resource = of.owned.roles },
      # AWS looks at no boundary here: the names are the environment's own, and the services those of the roles that it makes.
      {
        Sid       = "GiveServicesTheirRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = of.owned.roles
        Condition = { StringEquals = { "iam:PassedToService" = ["cloudtrail.amazonaws.com", "ecs-tasks.amazonaws.com", "events.amazonaws.com", "rds.amazonaws.com"] } }
      },
      # Said once more, whatever the statements above come to allow.
      {
        Sid    = "NeverTheWorkflowsRoles"
        Effect = "Deny"
        Action = [
          "iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:CreateRole", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:DeleteRole", "iam:DeleteRolePolicy",
          "iam:DetachRolePolicy", "iam:PassRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy",
        ]
        Resource = local.workflow_arns
      },
      { Sid = "NeverWithoutTheBoundary", Effect = "Deny", Action = "iam:DeleteRolePermissionsBoundary", Resource = "*" },
      {
        Sid       = "LetServicesMakeTheirOwnRoles"
        Effect    = "Allow"
        Action    = "iam:CreateServiceLinkedRole"
        Resource  = [for service in ["ecs", "rds"] : "arn:${local.partition}:iam::${local.account_id}:role/aws-service-role/${service}.amazonaws.com/*"]
        Condition = { StringEquals = { "iam:AWSServiceName" = ["ecs.amazonaws.com", "rds.amazonaws.com"] } }
      },
    ]
  }
}
