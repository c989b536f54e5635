"""Tags of boards: words that people of a hub give them, to choose boards by. A file of the hub's folder.

Tags(folder).change(["s-0123…"], add=["line 2"], remove=[])
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from utils.errors import BadRequest, ConfigError
from utils.folders import locked, write_atomically

MOST_TAGS = 20
LONGEST = 32
Tagged = Mapping[str, Sequence[str]]
"""By device id, in the order of the alphabet."""


class Tags:
    """Of one hub."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "tags.json"

    def all(self) -> Tagged:
        """Every board that has one. ConfigError for a file of others."""
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(name): [str(each) for each in words] for name, words in told["tags"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            raise ConfigError(
                f"The tags of the boards, {self._path}, cannot be read.",
                hint="Restore the file, or remove it.",
            ) from exc

    def change(self, boards: Iterable[str], *, add: Iterable[str], remove: Iterable[str]) -> None:
        """Give these boards tags and take tags from them. BadRequest."""
        more, less = {_word(each) for each in add}, {_word(each) for each in remove}
        with locked(self._path.with_suffix(".lock")):
            tags = {name: set(words) for name, words in self.all().items()}
            for board in boards:
                tags[board] = (tags.get(board, set()) | more) - less
                if len(tags[board]) > MOST_TAGS:
                    raise BadRequest(f"A board has at most {MOST_TAGS} tags.")
            kept = {name: sorted(words) for name, words in tags.items() if words}
            write_atomically(self._path, json.dumps({"form": 1, "tags": kept}, indent=2) + "\n")


def _word(text: str) -> str:
    word = " ".join(text.split()).casefold()
    if not word or len(word) > LONGEST or not word.isprintable():
        raise BadRequest(f"A tag has 1 to {LONGEST} characters.")
    return word
