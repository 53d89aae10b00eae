"""The built-in sources: the seed document, its dated facts, and the names they use.

`seed.md` and `events.jsonl` are kept byte for byte as they came; `names.toml` says which entity each heading
and passage of the seed is about, and what else people call it.
"""
