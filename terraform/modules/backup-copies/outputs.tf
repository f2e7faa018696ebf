output "key_arn" {
  description = "The key that a restore from the copies needs."
  value       = aws_kms_key.this.arn
}
