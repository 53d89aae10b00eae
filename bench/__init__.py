"""What modelatlas costs: `python -m bench` writes, reads and starts it, and prints one table with ratios."""
