"""The boards that are known, and a page for each: check-ups, what changed, values over time."""
