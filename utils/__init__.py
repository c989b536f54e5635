"""V3 Diagnostics: the product's code. See docs/design.md for the map of this folder."""

import os

# pydantic would read the metadata of every installed package at each start, to find a plugin that nobody has
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
