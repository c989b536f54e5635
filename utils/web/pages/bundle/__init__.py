"""Bundles: a board's records in one file to carry away, and files of that kind opened as boards."""
