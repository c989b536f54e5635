"""The catalogue: what the product can run, as data. `*.toml` beside this file, one a category.

    from utils.judging.catalogue import load_catalogue
    catalogue = load_catalogue()          # validated; raises CatalogueError naming every fault
    catalogue.get("memory").command       # raises UnknownDiagnostic

Thresholds live in these TOML files and nowhere else.
"""

from utils.judging.catalogue.loader import Catalogue, load_catalogue
from utils.judging.catalogue.models import Category, Check, Condition, Diagnostic, Guide, Limit

__all__ = ["Catalogue", "Category", "Check", "Condition", "Diagnostic", "Guide", "Limit", "load_catalogue"]
