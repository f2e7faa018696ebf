resource "aws_vpc" "this" {
  # checkov:skip=CKV2_AWS_11: flow logs are billed by volume; docs say how to switch them on for an investigation
  cidr_block                       = var.cidr_block
  assign_generated_ipv6_cidr_block = true
  enable_dns_support               = true
  enable_dns_hostnames             = true

  tags = { Name = var.name }
}

# Whatever is put into no group of its own can neither send nor receive.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-closed" }
}

resource "aws_subnet" "private" {
  count = length(var.zones)

  vpc_id                          = aws_vpc.this.id
  availability_zone               = var.zones[count.index]
  cidr_block                      = cidrsubnet(var.cidr_block, 4, count.index)
  ipv6_cidr_block                 = cidrsubnet(aws_vpc.this.ipv6_cidr_block, 8, count.index)
  assign_ipv6_address_on_creation = true

  tags = { Name = "${var.name}-private-${var.zones[count.index]}" }
}

# For the occasional Fargate task that needs IPv4 out: an address for its minutes is cheaper than a NAT gateway for a month.
resource "aws_subnet" "public" {
  count = length(var.zones)

  vpc_id                          = aws_vpc.this.id
  availability_zone               = var.zones[count.index]
  cidr_block                      = cidrsubnet(var.cidr_block, 4, count.index + 8)
  ipv6_cidr_block                 = cidrsubnet(aws_vpc.this.ipv6_cidr_block, 8, count.index + 8)
  assign_ipv6_address_on_creation = true
  map_public_ip_on_launch         = false # the task asks for its address itself

  tags = { Name = "${var.name}-public-${var.zones[count.index]}" }
}
