"""The pages, a folder each; templates are in templates/<page>/, scripts and styles in static/<page>/."""
