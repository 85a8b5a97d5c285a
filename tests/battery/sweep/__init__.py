"""One fault at every step of every scenario: what remains must be what would be there without it."""
