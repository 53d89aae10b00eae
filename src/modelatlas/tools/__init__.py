"""What the agent, or another agent, may call."""
