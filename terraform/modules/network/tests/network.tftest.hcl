mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
}

variables {
  name  = "example"
  zones = ["us-east-1a", "us-east-1b"]
}

run "private_subnets_have_one_way_out_and_it_is_ipv6" {
  command = plan

  assert {
    condition     = aws_route.private_ipv6_out.destination_ipv6_cidr_block == "::/0"
    error_message = "There is no way out over IPv6."
  }
  assert {
    condition     = alltrue([for subnet in aws_subnet.private : subnet.assign_ipv6_address_on_creation && subnet.map_public_ip_on_launch != true])
    error_message = "A private subnet gives no IPv6 address, or a public IPv4 one."
  }
  assert {
    condition     = join(" ", aws_subnet.private[*].availability_zone) == "us-east-1a us-east-1b"
    error_message = "The private subnets don't lie in the two zones."
  }
  assert {
    condition     = length(distinct(concat(aws_subnet.private[*].cidr_block, aws_subnet.public[*].cidr_block))) == 4
    error_message = "Subnets overlap."
  }
}

run "the_free_gateway_endpoints_are_there_and_no_priced_one" {
  command = plan

  assert {
    condition     = { for name, endpoint in aws_vpc_endpoint.gateway : name => "${endpoint.vpc_endpoint_type} ${endpoint.service_name}" } == { s3 = "Gateway com.amazonaws.us-east-1.s3", dynamodb = "Gateway com.amazonaws.us-east-1.dynamodb" }
    error_message = "A gateway endpoint is missing."
  }
  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0 && length(aws_security_group.endpoints) == 0
    error_message = "An interface endpoint that nobody asked for."
  }
  assert {
    condition     = length(output.interface_endpoint_cidr_blocks) == 0
    error_message = "Functions would be let out to endpoints that are not there."
  }
}

run "nothing_sends_or_receives_by_default" {
  command = apply

  override_resource {
    target = aws_vpc.this
    values = { ipv6_cidr_block = "2600:1f18:1234:5600::/56" }
  }

  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "The default security group is open."
  }
  assert {
    condition     = aws_subnet.private[1].ipv6_cidr_block == "2600:1f18:1234:5601::/64" && aws_subnet.public[0].ipv6_cidr_block == "2600:1f18:1234:5608::/64"
    error_message = "Subnets share an IPv6 block."
  }
  assert {
    condition     = aws_route.private_ipv6_out.egress_only_gateway_id == aws_egress_only_internet_gateway.this.id && aws_route.private_ipv6_out.gateway_id == null
    error_message = "Private subnets can be reached from outside."
  }
}

run "endpoints_are_made_when_asked_for" {
  command = plan

  variables {
    interface_endpoints = ["lambda", "sns"]
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 2 && aws_vpc_endpoint.interface["sns"].private_dns_enabled
    error_message = "Not both endpoints, or not under the services' own names."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.20.0.0/20" && aws_vpc_security_group_ingress_rule.endpoints[0].from_port == 443
    error_message = "The endpoints are open to more than HTTPS from the VPC."
  }
}

run "it_refuses_one_zone_twice" {
  command = plan

  variables {
    zones = ["us-east-1a", "us-east-1a"]
  }

  expect_failures = [var.zones]
}

run "it_refuses_an_endpoint_it_does_not_know" {
  command = plan

  variables {
    interface_endpoints = ["ec2"]
  }

  expect_failures = [var.interface_endpoints]
}

run "it_refuses_another_size_of_range" {
  command = plan

  variables {
    cidr_block = "10.0.0.0/28"
  }

  expect_failures = [var.cidr_block]
}
