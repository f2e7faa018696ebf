"""Influencers and their accounts as an Excel workbook, in and out."""
