"""The page Check-up: all diagnostics and what they found."""
