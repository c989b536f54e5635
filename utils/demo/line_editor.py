"""One line typed at the fake shell's prompt: echo, rubbing out, history, and pastes in one piece.

Knows characters and the screen, no commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

PASTE_ON, PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"
_CTRL_C, _CTRL_D, _CTRL_L, _CTRL_U, _ESCAPE = "\x03", "\x04", "\x0c", "\x15", "\x1b"
_PASTE_END = "\x1b[201~"
_MOST_HISTORY = 200


class Interrupted(Exception):
    """^C: the line is dropped."""


class LineEditor:
    """keys: what is typed, without an end while the terminal is there. out: to the screen."""

    def __init__(self, keys: Iterator[str], out: Callable[[str], None]) -> None:
        self._keys = keys
        self._out = out
        self._history: list[str] = []
        self._typed: list[str] = []
        self._at = 0

    def line(self, prompt: str) -> str | None:
        """One edited line; None at the end of input or at ^D on an empty line. Raises Interrupted."""
        self._typed, self._at = [], len(self._history)
        self._out(PASTE_ON + prompt)
        for char in self._keys:
            if char in "\r\n":
                self._out(PASTE_OFF + "\n")
                return self._done()
            if char == _CTRL_D and not self._typed:
                self._out(PASTE_OFF)
                return None
            if char == _CTRL_C:
                self._out(f"^C{PASTE_OFF}\n")
                raise Interrupted
            self._edit(char, prompt)
        return None

    def _done(self) -> str:
        text = "".join(self._typed).strip()
        if text and self._history[-1:] != [text]:
            self._history = [*self._history, text][-_MOST_HISTORY:]
        return text

    def _edit(self, char: str, prompt: str) -> None:
        if char in "\x7f\b":
            self._rub_out(1)
        elif char == _CTRL_U:
            self._rub_out(len(self._typed))
        elif char == _CTRL_L:
            self._out(f"\x1b[H\x1b[2J{prompt}{''.join(self._typed)}")
        elif char == _ESCAPE:
            self._escape()
        elif char.isprintable():
            self._type(char)

    def _type(self, text: str) -> None:
        self._typed += text
        self._out(text)

    def _rub_out(self, count: int) -> None:
        gone = self._typed[max(0, len(self._typed) - count) :]
        if "\n" in gone:  # lines of a paste: what is left is redrawn below
            del self._typed[len(self._typed) - len(gone) :]
            self._out("\n" + "".join(self._typed))
            return
        del self._typed[len(self._typed) - len(gone) :]
        self._out("\b \b" * len(gone))

    def _escape(self) -> None:
        """Up and down go through the history, a paste is taken as it is, other keys do nothing."""
        if next(self._keys, "") not in ("[", "O"):
            return
        sequence = ""
        for char in self._keys:
            sequence += char
            if "@" <= char <= "~":
                break
        if sequence in ("A", "B"):
            self._recall(self._at + (-1 if sequence == "A" else 1))
        elif sequence == "200~":
            self._paste()

    def _recall(self, at: int) -> None:
        if not 0 <= at <= len(self._history):
            return
        self._at = at
        self._rub_out(len(self._typed))
        self._type(self._history[at] if at < len(self._history) else "")

    def _paste(self) -> None:
        text = ""
        for char in self._keys:
            text += char
            if text.endswith(_PASTE_END):
                break
        kept = text.removesuffix(_PASTE_END).replace("\r", "\n")
        self._type("".join(char for char in kept if char.isprintable() or char == "\n"))
