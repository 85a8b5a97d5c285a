"""What the sync tells those who operate it: metrics, one span per pass, logs with ids. Counts and ids, never values."""
