"""The page Bench: all boards of this laptop, a tile each."""
