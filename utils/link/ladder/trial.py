"""Try the login and sudo's password, for the login form: what worked, and what did not. Asks the board once.

sudo forgets first that it knows this user, so that the password itself is tried, not what sudo remembers.
A password that was refused before is not sent again (sudo.py).
"""

from __future__ import annotations

from collections.abc import Callable

from utils import errors
from utils.link import obstacles
from utils.link.request import Request
from utils.link.sudo import Password
from utils.model.results import CommandResult, Rung, RungState
from utils.model.rungs import rung

TRIAL_S = 25.0
_COMMAND = "sudo -k; sudo -n true"


def tried(run: Callable[[Request], CommandResult], user: str, password: Password | None) -> list[Rung]:
    """The rungs of the login and of sudo. run: on the board, with this password for sudo."""
    request = Request(_COMMAND, timeout=TRIAL_S, effect="read")
    try:
        result = run(request)
    except errors.V3Error as exc:
        return [rung("login", RungState.BROKEN, str(exc), exc.hint), rung("sudo")]
    board = result.device.label if result.device else "the board"
    return [
        rung("login", RungState.OK, f"{user} is logged in on {board}."),
        _sudo(request, result, user, password),
    ]


def _sudo(request: Request, result: CommandResult, user: str, password: Password | None) -> Rung:
    if result.exit_status == 0:
        given = request.sudo is not None and request.sudo.given
        seen = "The sudo password is right." if given else f"sudo asks {user} for no password."
        return rung("sudo", RungState.OK, seen)
    if result.exit_status == 127:
        return rung(
            "sudo", RungState.NOTE, "This board has no sudo; diagnostics that need root are left out."
        )
    wanted_of = password.wanted_of(request.device) if password else ""
    told = obstacles.sudo(result.stderr, user, given=password is not None, asked_for=wanted_of)
    if told.cause == "password-wanted":
        return rung("sudo", RungState.NOTE, "Not set: sudo on this board wants a password.", _TYPE)
    if told.cause != "wrong-password" or password is None:
        return rung("sudo", RungState.NOTE, told.sentence, told.next_step)
    if password.was_refused_by(request.device):
        return rung(
            "sudo", RungState.BROKEN, "The board refused the sudo password. It is not sent again.", _TYPE
        )
    return rung(
        "sudo", RungState.NOTE, "Another board refused this sudo password, so it was not sent to this one.",
        "Type it once more to try it on this board, or type the password of this board.",
    )  # fmt: skip


_TYPE = "Type the sudo password of this board and test again."
