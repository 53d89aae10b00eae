"""Other ways to keep and search the same facts: one module each, run as a process of its own."""
