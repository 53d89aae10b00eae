"""Action tools: what a model can be asked to do, as typed requests and results."""
