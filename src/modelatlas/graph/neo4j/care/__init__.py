"""Care of a database: check."""
