"""Finds the entry of the signature library for a message.

    message -> its words -> those that any entry needs -> the entries to try -> the first whose pattern fits

Few messages have such words at all. Which entries to try for the same few words is looked up once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from utils.errors import CatalogueError
from utils.judging.catalogue.expression import GAP, Expression, plain
from utils.judging.catalogue.pattern import Screen
from utils.judging.catalogue.signature import FOLDER, Harmless, Signature, read_signatures

Entry = Signature | Harmless
EntryNumber = int
LONGEST = 500
"""Characters of a message that are looked at; what names a fault stands before."""
_REMEMBERED = 4096  # sets of words; a log has some hundred
_OFTEN = 500  # messages; to compile all their patterns as one takes as long as to try them on so many

_LETTERS = bytes(code | 32 if chr(code).isalpha() and code < 128 else 32 for code in range(256))


def words_of(message: str) -> list[bytes]:
    """Its words in lower case, of letters alone: "ata1.00: failed" has ata and failed."""
    return message[:LONGEST].encode("ascii", "replace").translate(_LETTERS).split()


class _Index:
    """Entries by the words that they need, each found by one of them. needed: all these words."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._always: set[EntryNumber] = set()
        self._by_word: dict[bytes, list[tuple[EntryNumber, frozenset[bytes]]]] = defaultdict(list)
        for number, entry in enumerate(entries):
            if entry.pattern and not entry.words:
                self._always.add(number)
            for several in entry.words:
                *rest, last = several.encode().split()  # the last one is mostly the rarest: "usb error"
                self._by_word[last].append((number, frozenset(rest)))
        needs = (rest for found in self._by_word.values() for _, rest in found)
        self.needed = frozenset(self._by_word).union(*needs)

    def candidates(self, present: frozenset[bytes]) -> list[EntryNumber]:
        """The entries whose words are among these, in order."""
        numbers = set(self._always)
        for word in self._by_word.keys() & present:
            numbers.update(number for number, rest in self._by_word[word] if rest <= present)
        return sorted(numbers)


class _Tries:
    """The entries to try on messages of the same few words. alarming: any of them is a signature.

    Where such messages come again and again, one pass over all patterns says first which may fit.
    """

    __slots__ = ("_each", "_screen", "_uses", "alarming")

    def __init__(self, entries: Iterable[Entry]) -> None:
        found = tuple(entries)
        self.alarming = any(isinstance(entry, Signature) for entry in found)
        self._each: tuple[tuple[str, Expression, Entry], ...] = tuple(
            (expression.needs, expression, entry) for entry in found for expression in entry.expressions
        )
        self._screen: Screen | None = None
        self._uses = 0

    def __bool__(self) -> bool:
        return bool(self._each)

    def first(self, text: str) -> Entry | None:
        """The first entry that fits."""
        self._uses += 1
        if self._uses == _OFTEN:
            self._screen = _screen([expression for _, expression, _ in self._each])
        for needs, expression, entry in self._to_try(text):
            if needs in text and expression.found(text):
                return entry
        return None

    def _to_try(self, text: str) -> Iterable[tuple[str, Expression, Entry]]:
        if self._screen is None or not plain(text):
            return self._each
        return map(self._each.__getitem__, self._screen.fitting(text))


def _screen(expressions: Sequence[Expression]) -> Screen | None:
    try:
        return Screen([expression.wider for expression in expressions], GAP)
    except ValueError:
        return None


class KnownMessages:
    """All entries; own ones come before built-in ones."""

    def __init__(self, builtin: Iterable[Entry], own: Iterable[Entry] = ()) -> None:
        mine, ours = tuple(own), tuple(builtin)
        self.by_id = {entry.id: entry for entry in (*ours, *mine) if isinstance(entry, Signature)}
        harmless: list[Entry] = [entry for entry in (*mine, *ours) if isinstance(entry, Harmless)]
        self._entries: tuple[Entry, ...] = (*_signatures(mine), *harmless, *_signatures(ours))
        self._index = _Index(self._entries)
        self._candidates = lru_cache(_REMEMBERED)(self._look_up)

    def find(self, message: str, words: list[bytes] | None = None, *, worried: bool = True) -> Entry | None:
        """The entry that fits: a technician's signature, else a harmless line, else a built-in signature.

        words: of the message, where they are at hand. worried: the message counts as an error if nothing
        here knows it; otherwise nobody asks whether it is harmless.
        """
        words = words_of(message) if words is None else words
        tries = self._candidates(self._index.needed.intersection(words))
        if not (tries.alarming or (worried and tries)):
            return None
        return tries.first(message[:LONGEST])

    def _look_up(self, words: frozenset[bytes]) -> _Tries:
        return _Tries(self._entries[number] for number in self._index.candidates(words))


def _signatures(entries: Iterable[Entry]) -> list[Signature]:
    return [entry for entry in entries if isinstance(entry, Signature)]


@cache
def builtin() -> tuple[Entry, ...]:
    """Read once, by who first needs it; CatalogueError names what is wrong."""
    faults: list[str] = []
    found = read_signatures(FOLDER, faults, trusted=True)
    if faults:
        raise CatalogueError("The signature library is wrong:\n  " + "\n  ".join(faults))
    return tuple(found)
