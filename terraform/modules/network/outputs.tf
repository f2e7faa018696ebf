output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "One subnet a zone, way out over IPv6 only, none in."
  value       = aws_subnet.private[*].id
}

output "public_subnet_ids" {
  description = "One subnet a zone, with an internet gateway."
  value       = aws_subnet.public[*].id

  # Who applies a module alone gets subnets that lead somewhere.
  depends_on = [aws_route.public_ipv4, aws_route.public_ipv6, aws_route_table_association.public]
}

output "gateway_prefix_list_ids" {
  description = "By service (s3, dynamodb): the address list that its gateway endpoint answers for."
  value       = { for service, endpoint in aws_vpc_endpoint.gateway : service => endpoint.prefix_list_id }
}

output "interface_endpoint_cidr_blocks" {
  description = "Where interface endpoints are reached: the VPC's IPv4 range, or nothing if there are none."
  value       = length(var.interface_endpoints) > 0 ? [var.cidr_block] : []
}
