"""The vectors nearest to a query, of a few by comparing all, of many by an index whose lists are rows of the file."""
