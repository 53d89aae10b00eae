"""What each model takes, gives and needs, and which backend runs it: one TOML card a model."""
