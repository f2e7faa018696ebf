resource "aws_security_group" "functions" {
  # checkov:skip=CKV2_AWS_5: Zappa attaches it to the functions
  name        = "${var.name}-functions"
  description = "Lambda functions: HTTPS out, nothing in"
  vpc_id      = var.network.vpc_id

  tags = { Name = "${var.name}-functions" }
}

resource "aws_vpc_security_group_egress_rule" "https_ipv6" {
  security_group_id = aws_security_group.functions.id
  description       = "AWS services over IPv6"
  cidr_ipv6         = "::/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "https_gateway_endpoint" {
  for_each = var.network.gateway_prefix_list_ids

  security_group_id = aws_security_group.functions.id
  description       = "${each.key} by its gateway endpoint"
  prefix_list_id    = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "https_interface_endpoints" {
  for_each = toset(var.network.interface_endpoint_cidr_blocks)

  security_group_id = aws_security_group.functions.id
  description       = "AWS services by interface endpoints"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
