"""Write the OpenAPI document to a file: the page's types come from it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.web.test_openapi import document

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document()), encoding="utf-8")
