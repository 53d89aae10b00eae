"""Facts with two times, and where they are kept."""
