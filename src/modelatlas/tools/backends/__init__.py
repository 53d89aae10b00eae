"""How a model really runs: in this process, as a script of its makers, or behind a server."""
