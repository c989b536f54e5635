"""The page Swap test."""
