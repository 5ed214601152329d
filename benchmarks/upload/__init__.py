"""Uploads beside the tools people would compare them with: how fast, how much CPU and memory."""
