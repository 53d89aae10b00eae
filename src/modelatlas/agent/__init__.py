"""The loop that answers, and the ways in."""
