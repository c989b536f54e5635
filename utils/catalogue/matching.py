"""Finds the entry of the signature library for a message.

    message -> its words -> the few entries that have one of these words -> the first whose pattern fits

A look at the words costs about a microsecond, whatever the number of entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

from utils.catalogue.signature import FOLDER, Harmless, Signature, read_signatures
from utils.errors import CatalogueError

Entry = Signature | Harmless
LONGEST = 500
"""Characters of a message that are looked at; what names a fault stands before."""

_LETTERS = bytes(code | 32 if chr(code).isalpha() and code < 128 else 32 for code in range(256))


def words_of(message: str) -> list[bytes]:
    """Its words in lower case, of letters alone: "ata1.00: failed" has ata and failed."""
    return message[:LONGEST].encode("ascii", "replace").translate(_LETTERS).split()


class _Index:
    """Entries by the words that they need, each found by one of them."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._always = tuple(n for n, entry in enumerate(self.entries) if entry.pattern and not entry.words)
        index: dict[bytes, list[tuple[int, frozenset[bytes]]]] = defaultdict(list)
        for number, entry in enumerate(self.entries):
            for several in entry.words:
                *rest, last = several.encode().split()  # the last one is mostly the rarest: "usb error"
                index[last].append((number, frozenset(rest)))
        self._index = dict(index)
        self._words = frozenset(index)

    def candidates(self, words: Sequence[bytes]) -> list[int]:
        """Numbers of the entries whose words the message has."""
        if self._words.isdisjoint(words):
            return list(self._always)
        present = set(words)
        numbers = set(self._always)
        for word in present & self._words:
            numbers.update(number for number, rest in self._index[word] if rest <= present)
        return sorted(numbers)

    def first(self, numbers: Iterable[int], text: str) -> Entry | None:
        """The first of them that fits."""
        return next((self.entries[number] for number in numbers if self.entries[number].fits(text)), None)


def _signatures(entries: Iterable[Entry]) -> list[Signature]:
    return [entry for entry in entries if isinstance(entry, Signature)]


class Known:
    """All entries; own ones come before built-in ones."""

    def __init__(self, builtin: Iterable[Entry], own: Iterable[Entry] = ()) -> None:
        mine, ours = tuple(own), tuple(builtin)
        self.by_id = {entry.id: entry for entry in _signatures((*ours, *mine))}
        self._own = _Index(_signatures(mine))
        self._harmless = _Index(entry for entry in (*mine, *ours) if isinstance(entry, Harmless))
        self._signatures = _Index(_signatures(ours))

    def find(
        self, message: str, words: Sequence[bytes] | None = None, *, worried: bool = True
    ) -> Entry | None:
        """The entry that fits: a technician's signature, else a harmless line, else a built-in signature.

        words: of the message, where they are at hand. worried: the message counts as an error if nothing
        here knows it; otherwise nobody asks whether it is harmless.
        """
        words = words_of(message) if words is None else words
        own, known = self._own.candidates(words), self._signatures.candidates(words)
        if not (own or known or worried):
            return None
        text = message[:LONGEST]
        found = self._own.first(own, text) or self._harmless.first(self._harmless.candidates(words), text)
        return found or self._signatures.first(known, text)


@cache
def builtin() -> tuple[Entry, ...]:
    """Read once, by who first needs it; CatalogueError names what is wrong."""
    faults: list[str] = []
    found = read_signatures(FOLDER, faults, trusted=True)
    if faults:
        raise CatalogueError("The signature library is wrong:\n  " + "\n  ".join(faults))
    return tuple(found)
