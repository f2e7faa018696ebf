# Networks are known by numbers that nobody knows before, so they are told apart by their tags, which each part has from its first moment.
locals {
  network_arn = "arn:${local.partition}:ec2:${local.here}"

  # By call: what it makes. Beside that it asks for leave on what it makes it in, which the tags of that decide.
  made_by = {
    AuthorizeSecurityGroupEgress    = "security-group-rule"
    AuthorizeSecurityGroupIngress   = "security-group-rule"
    CreateEgressOnlyInternetGateway = "egress-only-internet-gateway"
    CreateInternetGateway           = "internet-gateway"
    CreateRouteTable                = "route-table"
    CreateSecurityGroup             = "security-group"
    CreateSubnet                    = "subnet"
    CreateVpc                       = "vpc"
    CreateVpcEndpoint               = "vpc-endpoint"
  }

  make_network = {
    for environment in keys(var.environments) : environment => concat(
      # Each call with its own kind alone: a tag in the request says nothing of what else the call reaches.
      [
        for call, kind in local.made_by :
        { Sid = call, Effect = "Allow", Action = "ec2:${call}", Resource = "${local.network_arn}:${kind}/*", Condition = { StringEquals = local.new_tags[environment] } }
      ],
      [
        {
          Sid    = "ChangeOwnNetworks"
          Effect = "Allow"
          Action = concat([for call in keys(local.made_by) : "ec2:${call}" if !contains(["CreateInternetGateway", "CreateVpc"], call)], [
            "ec2:AssociateRouteTable", "ec2:AttachInternetGateway", "ec2:CreateRoute", "ec2:DeleteEgressOnlyInternetGateway", "ec2:DeleteInternetGateway",
            "ec2:DeleteRoute", "ec2:DeleteRouteTable", "ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteVpc", "ec2:DeleteVpcEndpoints",
            "ec2:DetachInternetGateway", "ec2:DisassociateRouteTable", "ec2:ModifySecurityGroupRules", "ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute",
            "ec2:ModifyVpcEndpoint",
          ])
          Resource  = "${local.network_arn}:*/*"
          Condition = { StringEquals = local.own_tags[environment] }
        },
        {
          Sid       = "TagWhatIsMade"
          Effect    = "Allow"
          Action    = "ec2:CreateTags"
          Resource  = "${local.network_arn}:*/*"
          Condition = { StringEquals = merge(local.new_tags[environment], { "ec2:CreateAction" = keys(local.made_by) }) }
        },
        {
          Sid       = "TagOwnNetworks"
          Effect    = "Allow"
          Action    = ["ec2:CreateTags", "ec2:DeleteTags"]
          Resource  = "${local.network_arn}:*/*"
          Condition = { StringEquals = local.own_tags[environment], StringEqualsIfExists = local.new_tags[environment] }
        },
        # An endpoint that answers to a service's name has a private zone, which is AWS's own and whose number nobody knows before.
        { Sid = "NameEndpoints", Effect = "Allow", Action = "route53:AssociateVPCWithHostedZone", Resource = "arn:${local.partition}:route53:::hostedzone/*" },
        # A VPC's default group comes without tags. Terraform takes it by tagging it, and closes it.
        {
          Sid       = "TakeDefaultGroups"
          Effect    = "Allow"
          Action    = "ec2:CreateTags"
          Resource  = "${local.network_arn}:security-group/*"
          Condition = { StringEquals = local.new_tags[environment], Null = { "aws:ResourceTag/Environment" = "true" } }
        },
        {
          Sid       = "CloseGroups"
          Effect    = "Allow"
          Action    = ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"]
          Resource  = "${local.network_arn}:security-group/*"
          Condition = { StringEqualsIfExists = local.own_tags[environment] }
        },
      ],
    )
  }
}
