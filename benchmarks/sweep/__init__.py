"""What a scenario of a sweep costs."""
