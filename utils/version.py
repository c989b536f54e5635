"""This program's version: in the page's foot, `python app.py --version`, CHANGELOG.md and pyproject.toml."""

VERSION = "0.2.0"
