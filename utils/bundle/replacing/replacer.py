"""All rules over all files of a bundle: first look, then (with what a person decided to keep) replace.

    found = look(files, KnownBefore(secrets=…, board=…), tokens)
    found.replacements, found.questions         # what the preview shows
    found.replaced(keep={"q-7f3a…"})            # the files, each as long as before

What one rule finds in one place is looked for everywhere, however it is written there. A part that is no text
is never changed; one that holds a known secret is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from utils.bundle.replacing.forms import Form, Literal, forms, in_base64, mac_forms
from utils.bundle.replacing.rules import RULES, ReplaceRule, ValueKind
from utils.bundle.replacing.tokens import Tokens
from utils.bundle.replacing.views import (
    SearchView,
    as_it_is,
    decoded,
    expression,
    joined,
    joined_and_decoded,
)
from utils.bundle.replacing.words import COMMON, first_word, is_distinct
from utils.model.results import Device

_MOST_LOOKED_FOR = 20_000
_SHOWN = 120
_SEPARATORS = re.compile(r"[:_.-]")
_CONFIGURED = "password, key or token of this program"
_BOARD = "this board"


@dataclass(frozen=True)
class KnownBefore:
    """What is known before anything is read. secrets: of the settings. board: whose bundle it is."""

    secrets: Sequence[str] = ()
    board: Device | None = None


@dataclass(frozen=True)
class Replaceable:
    """Something to replace. rule: what found it first. sure: nobody may keep it. alone: it counts only where
    it stands as a word. token: what stands for it; "": made from its text where it stands."""

    text: str
    kind: ValueKind
    rule: str
    sure: bool
    alone: bool = False
    token: str = ""


@dataclass(frozen=True)
class KeepQuestion:
    """What only looks like a secret. text: its beginning. count: of its places; file, line: the first. href:
    where a person can look at it, for a photo."""

    id: str
    rule: str
    text: str
    count: int
    file: str
    line: int
    href: str = ""

    def as_json(self) -> dict[str, Any]:
        """As POST /api/v1/bundles answers."""
        return {name: getattr(self, name) for name in ("id", "rule", "text", "count", "file", "line", "href")}


@dataclass(frozen=True)
class Hit:
    """A place: begin and end in the file, and what stands there, as it is read."""

    begin: int
    end: int
    value: Replaceable
    cells: Sequence[tuple[int, int]]
    said: str
    literal: Literal | None = None


@dataclass
class FoundValues:
    """What was found. hits: by file, in the order in which they are replaced. left_out: (file, why)."""

    files: Mapping[str, bytes]
    tokens: Tokens
    hits: dict[str, list[Hit]]
    left_out: list[tuple[str, str]] = field(default_factory=list)

    @property
    def questions(self) -> list[KeepQuestion]:
        """What a person may keep, each value once."""
        first: dict[str, tuple[Hit, str]] = {}
        count: dict[str, int] = {}
        for file, hits in self.hits.items():
            for hit in hits:
                if not hit.value.sure:
                    name = self.question(hit.value)
                    first.setdefault(name, (hit, file))
                    count[name] = count.get(name, 0) + 1
        return [
            KeepQuestion(
                name, hit.value.rule, _shown(hit.value.text), count[name], file,
                _line(self.files[file], hit.begin),
            )
            for name, (hit, file) in first.items()
        ]  # fmt: skip

    def question(self, value: Replaceable) -> str:
        """The id by which a person keeps it: it says nothing of the value."""
        return f"q-{self.tokens.mark(value.text)}"

    def replacements(self, keep: Collection[str] = ()) -> list[dict[str, Any]]:
        """Every place that is replaced: file, line, rule, token, and which question it belongs to."""
        found = []
        for file in self.files:
            lines = _Lines(self.files[file])
            for hit in sorted(self.hits.get(file, ()), key=lambda each: each.begin):
                question = None if hit.value.sure else self.question(hit.value)
                if question is None or question not in keep:
                    found.append(
                        {"file": file, "line": lines.at(hit.begin), "rule": hit.value.rule,
                         "token": _shown(self._token(hit)), "question": question}
                    )  # fmt: skip
        return found

    def replaced(self, keep: Collection[str] = ()) -> dict[str, bytes]:
        """The files, without what was found; keep: ids of questions."""
        without = {name for name, _ in self.left_out}
        return {
            name: self._of_file(name, keep) if self.hits.get(name) else data
            for name, data in self.files.items()
            if name not in without
        }

    def _of_file(self, name: str, keep: Collection[str]) -> bytes:
        text = bytearray(self.files[name])
        done = bytearray(len(text))  # which bytes stand for something already
        for hit in self.hits[name]:
            if hit.value.sure or self.question(hit.value) not in keep:
                _write(text, done, hit, self._token(hit))
        return bytes(text)

    def _token(self, hit: Hit) -> str:
        value, said, literal = hit.value, hit.said, hit.literal
        kept = value.kind is not ValueKind.SECRET
        if value.kind is ValueKind.MAC:
            return _dressed(self.tokens.token(_canonical(said, ValueKind.MAC), kept=True), said)
        if literal is not None and literal.form in (Form.BASE64, Form.HEX):
            return _in_code(said, literal, self.tokens.token(value.text, kept=kept))
        if value.token and said == value.text:
            return value.token
        return self.tokens.token(said, kept=kept and (literal is None or literal.form is Form.PLAIN))


def look(files: Mapping[str, bytes], known: KnownBefore, tokens: Tokens) -> FoundValues:
    """Find all there is to replace."""
    texts = {name: data for name, data in files.items() if _is_text(data)}
    views = {name: [view for view in (as_it_is(data), decoded(data)) if view] for name, data in texts.items()}
    values = {value.text: value for value in _from_the_start(known, tokens)}
    hits: dict[str, list[Hit]] = {name: [] for name in texts}
    for name, its in views.items():
        for view in its:
            for hit in _by_rules(view, values):
                hits[name].append(hit)
    literals = _literals(values.values())
    for name, data in texts.items():
        more = [joined(data), joined_and_decoded(data)]
        for view in [*views[name], *(view for view in more if view)]:
            hits[name].extend(_by_literals(view, literals))
    for name in hits:
        hits[name] = _in_order(hits[name])
    secrets = [each.encode() for each in known.secrets if len(each) >= 4]
    left_out = [
        (name, "It is no text, and it holds a password of this program.")
        for name, data in files.items()
        if name not in texts and any(secret in data for secret in secrets)
    ]
    return FoundValues(files, tokens, hits, left_out)


def _is_text(data: bytes) -> bool:
    """Also with NUL, which a device tree puts behind every value."""
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _from_the_start(known: KnownBefore, tokens: Tokens) -> Iterator[Replaceable]:
    for secret in known.secrets:
        if len(secret) >= 4 and secret.lower() not in COMMON:
            yield Replaceable(secret, ValueKind.SECRET, _CONFIGURED, sure=True, alone=not is_distinct(secret))
    board = known.board
    if board is None:
        return
    if len(board.serial) >= 4:
        token = tokens.token(board.serial, kept=True)
        yield Replaceable(
            board.serial, ValueKind.NUMBER, f"serial number of {_BOARD}", sure=True, token=token
        )
        if len(board.serial) > 8:  # as a label shows it
            end = board.serial[-8:]
            yield Replaceable(
                end, ValueKind.NUMBER, f"serial number of {_BOARD}", sure=True, alone=True, token=token[-8:]
            )
    if len(board.hostname) >= 3 and board.hostname.lower() not in COMMON and not _is_plain(board.hostname):
        yield Replaceable(board.hostname, ValueKind.NAME, f"host name of {_BOARD}", sure=True, alone=True)
    if board.device_id:
        yield Replaceable(board.device_id, ValueKind.NUMBER, f"identity of {_BOARD}", sure=True)


def _is_plain(word: str) -> bool:
    """A word that a log holds anyway: replaced everywhere, it would change what is judged."""
    return word.isalpha() and len(word) < 12


def _by_rules(view: SearchView, values: dict[str, Replaceable]) -> Iterator[Hit]:
    """What the rules find here; values gets what is to be looked for everywhere."""
    for rule in RULES:
        for begin, end in rule.find(view.data):
            said = view.data[begin:end].decode("utf-8", "surrogateescape")
            if end > begin and not said.isspace():
                yield _hit(view, begin, end, _known_as(said, rule, values))


def _known_as(said: str, rule: ReplaceRule, values: dict[str, Replaceable]) -> Replaceable:
    text = _canonical(said, rule.kind)
    present = values.get(text)
    if present is not None and (present.sure or not rule.sure):
        return present
    found = Replaceable(text, rule.kind, rule.name, rule.sure, alone=not is_distinct(text))
    if rule.everywhere and len(values) < _MOST_LOOKED_FOR and is_distinct(text):
        values[text] = found
        word = first_word(text)
        if rule.kind is ValueKind.SECRET and word != text and is_distinct(word):
            values.setdefault(word, Replaceable(word, rule.kind, rule.name, rule.sure))
    return found


def _canonical(said: str, kind: ValueKind) -> str:
    if kind is ValueKind.MAC:
        plain = _SEPARATORS.sub("", said.lower())
        return ":".join(plain[place : place + 2] for place in range(0, 12, 2))
    return said


def _literals(values: Collection[Replaceable]) -> tuple[Any, dict[bytes, tuple[Replaceable, Literal]]]:
    """One expression for all of them, the longest first, and what each is."""
    by_text: dict[bytes, tuple[Replaceable, Literal]] = {}
    for value in values:
        for literal in mac_forms(value.text) if value.kind is ValueKind.MAC else forms(value.text):
            key = literal.text.lower() if literal.any_case else literal.text
            by_text.setdefault(key, (value, literal))
    longest = sorted(by_text.values(), key=lambda pair: -len(pair[1].text))
    parts = [
        rb"(?i:" + re.escape(literal.text) + rb")" if literal.any_case else re.escape(literal.text)
        for _, literal in longest
    ]
    return (expression(rb"|".join(parts)) if parts else None), by_text


def _by_literals(
    view: SearchView, literals: tuple[Any, dict[bytes, tuple[Replaceable, Literal]]]
) -> Iterator[Hit]:
    pattern, by_text = literals
    if pattern is None:
        return
    for match in pattern.finditer(view.data):
        begin, end = match.span()
        raw = view.data[begin:end]
        value, literal = by_text.get(raw) or by_text[raw.lower()]
        if literal.form is Form.PLAIN and value.alone and not view.stands_alone(begin, end):
            continue
        yield _hit(view, begin, end, value, literal)


def _hit(view: SearchView, begin: int, end: int, value: Replaceable, literal: Literal | None = None) -> Hit:
    said = view.data[begin:end].decode("utf-8", "surrogateescape")
    cells: list[tuple[int, int]] = []
    place = begin
    for character in said:
        size = len(character.encode("utf-8", "surrogateescape"))
        cells.append((view.cell(place)[0], view.cell(place + size - 1)[1]))
        place += size
    return Hit(cells[0][0], cells[-1][1], value, cells, said, literal)


def _in_order(hits: list[Hit]) -> list[Hit]:
    """Sure ones first, then the longer ones; each place once."""
    ordered = sorted(hits, key=lambda hit: (not hit.value.sure, hit.begin - hit.end, hit.begin))
    seen: dict[tuple[int, int, bool], Hit] = {}
    for hit in ordered:
        seen.setdefault((hit.begin, hit.end, hit.value.sure), hit)
    return list(seen.values())


def _write(text: bytearray, done: bytearray, hit: Hit, token: str) -> None:
    """The token into the places of what it stands for, character by character; escapes stay escapes."""
    for (begin, end), old, new in zip(hit.cells, hit.said, token, strict=True):
        if done[begin]:
            continue
        done[begin:end] = b"\1" * (end - begin)
        if old != new:
            text[begin:end] = _written(bytes(text[begin:end]), old, new)


def _written(there: bytes, old: str, new: str) -> bytes:
    raw = new.encode("utf-8", "surrogateescape")
    if there == old.encode("utf-8", "surrogateescape"):
        return raw if len(raw) == len(there) else there
    if there.startswith((b"\\u", b"\\x")):
        return there[:2] + f"{ord(new):0{len(there) - 2}x}".encode()[: len(there) - 2]
    if there.startswith(b"%"):
        return b"".join(b"%%%02X" % byte for byte in raw)[: len(there)].ljust(len(there), b"0")
    return there


def _dressed(token: str, over: str) -> str:
    """A MAC's token with the signs and the capitals of what it stands for."""
    left = iter(_SEPARATORS.sub("", token))
    found = "".join(next(left) if each.isalnum() else each for each in over)
    return found.upper() if over.isupper() else found


def _in_code(said: str, literal: Literal, token: str) -> str:
    """The same code of the token."""
    raw = token.encode("utf-8", "surrogatepass")
    if literal.form is Form.HEX:
        return raw.hex().upper() if said.isupper() else raw.hex()
    packed = in_base64(raw, literal.ahead).decode()
    return packed.replace("+", "-").replace("/", "_") if {"-", "_"} & set(said) else packed


class _Lines:
    """Which line a place of a file is in."""

    def __init__(self, data: bytes) -> None:
        self._ends = [place for place, byte in enumerate(data) if byte == 10] if data else []

    def at(self, place: int) -> int:
        return bisect_right(self._ends, place - 1) + 1


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1


def _shown(text: str) -> str:
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}…"
