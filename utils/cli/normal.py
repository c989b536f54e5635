"""What is normal for the board that saved text came from."""

from __future__ import annotations

from utils.bench.boards import KnownBoards, known_boards
from utils.bench.normal import Normal
from utils.bench.startup import Core
from utils.cli import work
from utils.cli.history import chosen
from utils.errors import UnknownDevice

_MOST_NAMED = 20


def normal_for(board: str) -> frozenset[str]:
    """The shapes that a person called normal for the board of this id, serial number or host name; "": none.

    NotKept; UnknownDevice, which lists the boards that are known.
    """
    if not board:
        return frozenset()
    with work.core() as core:
        kept = core.runner.normal
        ids = _ids(core, kept, board)
        return frozenset(line["shape"] for line in kept.lines(*ids))


def _ids(core: Core, kept: Normal, board: str) -> tuple[str, ...]:
    found = known_boards(core.bench.default.door, core.bench.history)
    try:
        return chosen(found, board).ids
    except UnknownDevice as exc:
        alone = kept.boards()  # a board that was forgotten may have its lines still
        if board in alone:
            return (board,)
        raise UnknownDevice(f"There is no board {board!r}.", hint=_named(found, alone)) from exc


def _named(found: KnownBoards, alone: list[str]) -> str:
    ids = {each.device.device_id: f"{each.device.device_id} ({each.label})" for each in found.boards}
    names = [*ids.values(), *(each for each in alone if each not in ids)]
    if not names:
        return "No board is known yet: connect to it first."
    more = f", and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"Known boards: {', '.join(names[:_MOST_NAMED])}{more}."
