"""The `minibridge` command."""
