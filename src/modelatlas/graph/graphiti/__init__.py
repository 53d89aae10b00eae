"""What Graphiti asks of a driver, said once for every backend: a backend brings its Rows, Lookups and Finder."""
