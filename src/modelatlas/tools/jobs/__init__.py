"""Work that outlives a call: a durable table of jobs, and what carries them out."""
