"""The pages, a folder each; templates are in templates/<page>/, scripts and styles in static/<page>/.

A folder is a page because it is here: its views.py holds PAGE (utils/web/page.py).
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from utils.web.page import Page


def found() -> tuple[Page, ...]:
    """All pages, by the names of their folders."""
    names = sorted(each.name for each in pkgutil.iter_modules(__path__) if each.ispkg)
    return tuple(import_module(f"{__name__}.{name}.views").PAGE for name in names)
