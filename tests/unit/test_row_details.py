"""The details of a row that come with its page: numbers as a browser writes them, and long prints cut."""

from __future__ import annotations

import re

import pytest

from utils.model.results import Result, Verdict
from utils.settings import PROJECT
from utils.web.pages.checkup.details import MOST_CHARACTERS, details, measured
from utils.web.pages.checkup.drawn import clean, sentence


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (5.0, "", ("5", "")),
        (-99_999, "", ("-99999", "")),
        (123_456, "rpm", ("123\u202f456", "rpm")),
        (0.00002, "", ("0.00002", "")),
        (4750, "mV", ("4.75", "V")),
        (90, "s", ("90", "s")),
        (7200, "s", ("2 h", "")),
        (3661, "s", ("1 h 1 min 1 s", "")),
    ],
)
def test_a_number_is_written_as_the_scripts_write_it(value: float, unit: str, shown: tuple[str, str]) -> None:
    assert measured(value, unit) == shown


def test_the_page_does_not_wait_for_a_long_print() -> None:
    printed = Result("dmesg", Verdict.PASS, "It works.", stdout="line\n" * MOST_CHARACTERS)
    found = details("dmesg", printed, {}, None, "")
    assert found.cut
    assert [len(text) for _, text in found.streams] == [MOST_CHARACTERS]


def test_the_page_and_its_scripts_show_the_same_characters_by_their_picture() -> None:
    found = re.search(r"^const CONTROLS = /(.+)/g;$", (PROJECT / "static/js/dom.js").read_text("utf-8"), re.M)
    assert found is not None
    pictured = re.compile(found[1])
    for code in range(0x80, 0xD800):  # below is what begins an escape sequence
        if chr(code) not in "\x90\x98\x9b\x9d\x9e\x9f":
            assert (clean(chr(code)) != chr(code)) == bool(pictured.match(chr(code))), hex(code)


def test_a_number_stays_on_the_line_of_its_unit_as_the_scripts_have_it() -> None:
    """tests/page/format.test.mjs asks the scripts the same."""
    told = "VDD_IN fell to 4.872 V; from 4.90 V. 3 times, 85 °C, 10 Gbit/s"
    kept = "VDD_IN fell to 4.872\u00a0V; from 4.90\u00a0V. 3 times, 85\u00a0°C, 10\u00a0Gbit/s"
    assert sentence(told) == kept
