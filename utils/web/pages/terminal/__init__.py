"""The page Terminal."""
