"""What can be swapped between two places, and how a person does it, in plain steps. Pure.

A part moves between the two places; what stays is the place itself. Whether a board moves with the part
decides at which place each board must answer afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """id, word: what a person picks. moves, stays: what the fault may follow or stay with. how: how a person
    swaps it between places {a} and {b}. on_one: it can be swapped between two places of one board; on_two:
    between two boards. crosses: each board then answers at the other one's place. cold: only with the power
    off, whatever the fault is."""

    id: str
    word: str
    moves: str
    stays: str
    how: tuple[str, ...]
    on_one: bool = True
    on_two: bool = True
    crosses: bool = False
    cold: bool = False


PARTS = {
    part.id: part
    for part in (
        Part(
            id="cable",
            word="Cable",
            moves="the cable",
            stays="the place",
            how=(
                "Unplug the cable at {a} and the cable at {b}, at both ends.",
                "Put the cable from {a} in at {b}, and the cable from {b} in at {a}.",
            ),
        ),
        Part(
            id="camera",
            word="Camera",
            moves="the camera",
            stays="the place",
            cold=True,
            how=(
                "Take the camera at {a} and the camera at {b} off their cables.",
                "Leave the cables. Put the camera from {a} in at {b}, and the other one in at {a}.",
            ),
        ),
        Part(
            id="port",
            word="Port",
            moves="what is plugged in",
            stays="the port",
            on_two=False,
            how=("Plug what is in {a} into {b}, and what is in {b} into {a}.",),
        ),
        Part(
            id="usb-port",
            word="Port of the laptop or hub",
            moves="the board",
            stays="the port",
            crosses=True,
            on_one=False,
            how=(
                "Unplug both boards at the laptop or hub. Each board keeps its cable.",
                "Plug the board from {a} in at {b}, and the board from {b} in at {a}.",
            ),
        ),
        Part(
            id="supply",
            word="Supply",
            moves="the supply",
            stays="the board",
            on_one=False,
            cold=True,
            how=("Give the board at {a} the supply of the board at {b}, and the other way round.",),
        ),
        Part(
            id="module",
            word="Module",
            moves="the module",
            stays="the carrier board",
            crosses=True,
            on_one=False,
            cold=True,
            how=(
                "Take the module off the carrier at {a} and off the carrier at {b}.",
                "Put the module from {a} on the carrier at {b}, and the other one on the carrier at {a}.",
            ),
        ),
        Part(
            id="other",
            word="Another part",
            moves="the part",
            stays="the place",
            how=("Put the part from {a} in at {b}, and the part from {b} in at {a}.",),
        ),
    )
}
"""By id, in the order of a list."""


def fitting(*, one_board: bool) -> list[Part]:
    """What can be swapped between two places of one board, or between two boards."""
    return [part for part in PARTS.values() if (part.on_one if one_board else part.on_two)]


def steps(part: Part, a: str, b: str, *, one_board: bool, cold: bool) -> list[str]:
    """What hands do for a swap between the places a and b, one step each. It is the same for each swap."""
    boards = "the board" if one_board else "both boards"
    off = [f"Switch {boards} off and take the power away."] if cold else []
    on = f"Switch {boards} on again." if cold else "Push every plug in until it locks."
    return [*off, *(each.format(a=a, b=b) for each in part.how), on]
