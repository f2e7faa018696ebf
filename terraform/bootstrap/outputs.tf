output "state_bucket" {
  description = "For -backend-config=bucket=… of the other roots."
  value       = aws_s3_bucket.state.id
}
