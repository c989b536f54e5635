"""V3 Diagnostics: the product's code. See docs/design.md for the map of this folder."""
