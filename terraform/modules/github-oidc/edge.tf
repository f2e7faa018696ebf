# What `make deploy` and `make edge` call to make terraform/edge, stage by stage: by name where CloudFront has names, by tags where it has
# tags. A key-value store, a cache policy, the headers' and the origin's have numbers alone, so they are told apart by `edges`, once they are there.
locals {
  cloudfront_arn = "arn:${local.partition}:cloudfront::${local.account_id}"

  edges = { for stage in keys(local.stages) : stage => lookup(var.edges, stage, { domain = "", zone_id = "", arns = [] }) }

  own_edge = { for stage in keys(local.stages) : stage => { "aws:ResourceTag/Project" = var.project, "aws:ResourceTag/Stage" = stage } }
  new_edge = { for stage in keys(local.stages) : stage => { "aws:RequestTag/Project" = var.project, "aws:RequestTag/Stage" = stage } }

  change_what_has_a_number = [
    "cloudfront:DeleteCachePolicy", "cloudfront:DeleteKeyValueStore", "cloudfront:DeleteOriginAccessControl", "cloudfront:DeleteResponseHeadersPolicy",
    "cloudfront:UpdateCachePolicy", "cloudfront:UpdateKeyValueStore", "cloudfront:UpdateOriginAccessControl", "cloudfront:UpdateResponseHeadersPolicy",
  ]
  use_stores = ["cloudfront-keyvaluestore:DescribeKeyValueStore", "cloudfront-keyvaluestore:GetKey", "cloudfront-keyvaluestore:PutKey"]

  edge = {
    for stage, environment in local.stages : stage => concat(
      [
        # Settings, no secret; certificates and CloudFront's things have numbers.
        {
          Sid    = "LookAtEdges"
          Effect = "Allow"
          Action = [
            "acm:DescribeCertificate", "acm:ListTagsForCertificate", "cloudfront:DescribeFunction", "cloudfront:DescribeKeyValueStore", "cloudfront:GetCachePolicy",
            "cloudfront:GetDistribution", "cloudfront:GetFunction", "cloudfront:GetOriginAccessControl", "cloudfront:GetResponseHeadersPolicy",
            "cloudfront:ListTagsForResource",
          ]
          Resource = "*"
        },
        # What is made is nobody's yet. CloudFront knows no resource for these.
        {
          Sid    = "MakeCdns"
          Effect = "Allow"
          Action = [
            "cloudfront:CreateCachePolicy", "cloudfront:CreateDistribution", "cloudfront:CreateFunction", "cloudfront:CreateKeyValueStore",
            "cloudfront:CreateOriginAccessControl", "cloudfront:CreateResponseHeadersPolicy",
          ]
          Resource = "*"
        },
        {
          Sid       = "ChangeOwnCdn"
          Effect    = "Allow"
          Action    = ["cloudfront:DeleteDistribution", "cloudfront:TagResource", "cloudfront:UntagResource", "cloudfront:UpdateDistribution"]
          Resource  = "${local.cloudfront_arn}:distribution/*"
          Condition = { StringEquals = local.own_edge[stage], StringEqualsIfExists = local.new_edge[stage] }
        },
        # One that is new, or was made before distributions had the tag Stage.
        {
          Sid      = "TagCdns"
          Effect   = "Allow"
          Action   = "cloudfront:TagResource"
          Resource = "${local.cloudfront_arn}:distribution/*"
          Condition = {
            StringEquals         = { "aws:RequestTag/Stage" = stage }
            StringEqualsIfExists = { "aws:RequestTag/Project" = var.project, "aws:ResourceTag/Project" = var.project, "aws:ResourceTag/Environment" = environment }
            Null                 = { "aws:ResourceTag/Stage" = "true" }
          }
        },
        { Sid = "ChangeOwnFunctions", Effect = "Allow", Action = ["cloudfront:DeleteFunction", "cloudfront:PublishFunction", "cloudfront:UpdateFunction"], Resource = "${local.cloudfront_arn}:function/${var.project}-${stage}-*" },
        {
          Sid      = "ChangeWhatHasANumber"
          Effect   = "Allow"
          Action   = local.change_what_has_a_number
          Resource = [for kind in ["cache-policy", "key-value-store", "origin-access-control", "response-headers-policy"] : "${local.cloudfront_arn}:${kind}/*"]
        },
        { Sid = "PutTheSecret", Effect = "Allow", Action = local.use_stores, Resource = "${local.cloudfront_arn}:key-value-store/*" },
        { Sid = "AskForCertificates", Effect = "Allow", Action = "acm:RequestCertificate", Resource = "*", Condition = { StringEquals = local.new_edge[stage] } }, # knows no resource
        {
          Sid      = "TagCertificates"
          Effect   = "Allow"
          Action   = "acm:AddTagsToCertificate"
          Resource = "arn:${local.partition}:acm:us-east-1:${local.account_id}:certificate/*"
          Condition = {
            StringEquals         = { "aws:RequestTag/Stage" = stage }
            StringEqualsIfExists = { "aws:RequestTag/Project" = var.project, "aws:ResourceTag/Project" = var.project, "aws:ResourceTag/Environment" = environment, "aws:ResourceTag/Stage" = stage }
          }
        },
        {
          Sid       = "ChangeOwnCertificates"
          Effect    = "Allow"
          Action    = ["acm:DeleteCertificate", "acm:RemoveTagsFromCertificate"]
          Resource  = "arn:${local.partition}:acm:us-east-1:${local.account_id}:certificate/*"
          Condition = { StringEquals = local.own_edge[stage] }
        },
        {
          Sid    = "MakeFirewalls"
          Effect = "Allow"
          Action = ["wafv2:CreateWebACL", "wafv2:DeleteWebACL", "wafv2:GetWebACL", "wafv2:ListTagsForResource", "wafv2:TagResource", "wafv2:UntagResource", "wafv2:UpdateWebACL"]
          Resource = [
            "arn:${local.partition}:wafv2:us-east-1:${local.account_id}:global/webacl/${var.project}-${stage}/*",
            "arn:${local.partition}:wafv2:us-east-1:aws:global/managedruleset/*/*",
            "arn:${local.partition}:wafv2:us-east-1:${local.account_id}:global/managedruleset/*/*",
          ]
        },
        {
          Sid      = "TellOfUploads"
          Effect   = "Allow"
          Action   = ["s3:GetBucketNotification", "s3:PutBucketNotification"]
          Resource = "arn:${local.partition}:s3:::${local.names_of[environment]}-media-${local.account_id}"
        },
      ],
      local.change_records[stage],
      [
        for others in [flatten([for other, edge in local.edges : edge.arns if other != stage])] :
        { Sid = "LeaveOthersEdges", Effect = "Deny", Action = concat(local.change_what_has_a_number, local.use_stores), Resource = others } if length(others) > 0
      ],
    )
  }

  # ACM's proof is an underscore and 32 characters before the name. A star would go over the points of longer names.
  proof = "_${join("", [for _ in range(32) : "?"])}"

  # A zone may hold several stages' names: dev.example.org stands in that of example.org.
  change_records = {
    for stage, edge in local.edges : stage => [for statement in [
      { Sid = "ReadTheZone", Effect = "Allow", Action = ["route53:GetHostedZone", "route53:ListResourceRecordSets"], Resource = "arn:${local.partition}:route53:::hostedzone/${edge.zone_id}" },
      {
        Sid      = "MakeRecords"
        Effect   = "Allow"
        Action   = "route53:ChangeResourceRecordSets"
        Resource = "arn:${local.partition}:route53:::hostedzone/${edge.zone_id}"
        Condition = {
          "ForAllValues:StringLike" = { "route53:ChangeResourceRecordSetsNormalizedRecordNames" = [for name in ["", "www.", "${local.proof}.", "${local.proof}.www."] : "${name}${edge.domain}"] }
          Null                      = { "route53:ChangeResourceRecordSetsNormalizedRecordNames" = "false" }
        }
      },
      { Sid = "AwaitRecords", Effect = "Allow", Action = "route53:GetChange", Resource = "arn:${local.partition}:route53:::change/*" },
    ] : statement if edge.zone_id != ""]
  }
}
