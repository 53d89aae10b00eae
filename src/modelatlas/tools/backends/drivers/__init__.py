"""Scripts that a person's own interpreter runs for repositories without a command line; nothing here is imported."""
