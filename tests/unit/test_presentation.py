"""What the page says: every verdict, state and error has its words, and none is made up."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.each import each
from utils import errors
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.catalogue.models import Category, Diagnostic
from utils.judging.templates import fill
from utils.model.link_words import STATES, TROUBLES, link_view, status_json
from utils.model.results import Device, LinkState, LinkStatus, Verdict, error_facts, severity_rank
from utils.model.words import value_label, value_labels, with_unit
from utils.settings import PROJECT
from utils.web.presentation import VERDICTS, category_views, root_note, vocabulary

ICONS = Path(__file__).resolve().parents[2] / "templates/_icons.svg"
CONNECTED = LinkStatus(
    LinkState.CONNECTED, "ubuntu@192.168.55.1", path="persistent", round_trip_ms=1.25, reconnects=2
)


def blocked_by(error: errors.V3Error, state: LinkState = LinkState.BLOCKED) -> LinkStatus:
    return LinkStatus(state, "ubuntu@192.168.55.1", error=error_facts(error))


def diagnostic(name: str, category: Category = Category.SYSTEM, **more: bool) -> Diagnostic:
    return Diagnostic(
        id=name,
        title=name.title(),
        category=category,
        command="true",
        parser="meminfo",
        why="w",
        next_step="n",
        **more,
    )


def link_error_codes() -> list[str]:
    return sorted(kind.code for kind in errors.LinkError.__subclasses__())


def test_every_verdict_and_every_state_has_words() -> None:
    assert set(VERDICTS) == set(Verdict)
    assert set(STATES) == set(LinkState)


@pytest.mark.parametrize("code", link_error_codes())
def test_every_error_of_the_link_has_a_headline(code: str) -> None:
    assert TROUBLES[code].title


def test_no_headline_is_for_an_error_that_does_not_exist() -> None:
    assert set(TROUBLES) <= set(link_error_codes())


def test_every_icon_is_in_the_sprite() -> None:
    there = set(re.findall(r'<symbol id="icon-([a-z-]+)"', ICONS.read_text(encoding="utf-8")))
    used = {words.icon for words in (*VERDICTS.values(), *STATES.values())}
    used |= {view.icon for view in category_views(builtin_catalogue())}
    assert used <= there


def test_a_connected_link_shows_round_trip_and_reconnects() -> None:
    view = link_view(CONNECTED)
    assert (view.tone, view.word, view.panel) == ("ok", "Connected", "")
    assert view.details == ("Round trip 1.2 ms", "2 reconnects")


def test_a_link_by_the_systems_ssh_alone_is_no_fallback() -> None:
    view = link_view(replace(CONNECTED, path="subprocess", mode="ssh", round_trip_ms=None, reconnects=0))
    assert (view.tone, view.word, view.details) == ("ok", "Connected", ("by the system's ssh",))


def test_an_old_error_says_nothing_once_connected() -> None:
    old = blocked_by(errors.DeviceUnreachable()).error
    assert link_view(replace(CONNECTED, error=old)) == link_view(CONNECTED)
    assert link_view(CONNECTED).banner is None


def test_a_link_that_works_by_fallback_is_a_warning_that_may_be_ended() -> None:
    view = link_view(replace(CONNECTED, breaker_open=True))
    assert (view.word, view.tone) == ("Connected", "warn")
    assert view.banner is not None
    assert (view.banner.tone, view.banner.connect) == ("warn", True)


def test_a_lost_link_gives_cause_next_step_and_what_to_check() -> None:
    view = link_view(blocked_by(errors.DeviceUnreachable(), LinkState.LOST))
    assert view.banner is not None
    assert view.banner.sentence == "No device answers at this address."
    assert "USB cable" in view.banner.next_step
    assert len(view.banner.checks) >= 3
    assert view.banner.connect
    assert view.panel == ""
    refused = link_view(blocked_by(errors.DeviceUnreachable("It refuses.", refused=True), LinkState.LOST))
    assert refused.banner is not None
    assert "SSH server" in refused.banner.title  # the board is there
    assert not any("cable" in each for each in refused.banner.checks)


ASKED = errors.LoginQuestion(prompts=[{"text": "Code:", "echo": False}])


@pytest.mark.parametrize(
    ("status", "connect"),
    [
        (LinkStatus(LinkState.IDLE, "192.168.55.1"), True),
        (LinkStatus(LinkState.CONNECTING, "192.168.55.1"), False),
        (blocked_by(errors.HostKeyChanged()), False),
        (blocked_by(errors.AuthenticationFailed()), True),
        (LinkStatus(LinkState.BLOCKED, "192.168.55.1", error=error_facts(ASKED)), False),
    ],
)
def test_connect_now_is_offered_only_where_it_may_help(status: LinkStatus, connect: bool) -> None:
    banner = link_view(status).banner
    assert banner is not None
    assert banner.connect is connect


@pytest.mark.parametrize(
    ("error", "panel"),
    [
        (errors.HostKeyUnknown(), "trust"),
        (errors.HostKeyChanged(), "trust"),
        (errors.NoCredentials(), "login"),
        (errors.AuthenticationFailed(), "login"),
        (errors.ShellUnusable(), ""),
    ],
)
def test_what_a_person_must_answer_opens_its_panel(error: errors.V3Error, panel: str) -> None:
    assert link_view(blocked_by(error)).panel == panel


@pytest.mark.parametrize(
    ("error", "tone"),
    [
        (errors.HostKeyUnknown(), "busy"),
        (errors.HostKeyUnknown(previous="SHA256:of-another"), "bad"),
        (errors.HostKeyChanged(), "bad"),
        (ASKED, "busy"),
        (errors.AuthenticationFailed(), "bad"),
    ],
)
def test_only_what_may_be_wrong_is_red(error: errors.V3Error, tone: str) -> None:
    view = link_view(blocked_by(error))
    assert view.banner is not None
    assert (view.tone, view.banner.tone, view.icon) == (tone, tone, "hand")


def test_a_sentence_that_only_repeats_the_headline_is_left_out() -> None:
    banner = link_view(blocked_by(errors.AuthenticationFailed())).banner
    assert banner is not None
    assert banner.title == "The device refused the login"
    assert banner.sentence == ""


@pytest.mark.parametrize("state", [state for state in LinkState if state is not LinkState.CONNECTED])
def test_every_state_without_a_cause_still_says_something(state: LinkState) -> None:
    banner = link_view(LinkStatus(state, "ubuntu@192.168.55.1")).banner
    assert banner is not None
    assert "" not in (banner.title, banner.sentence, banner.next_step)


def test_active_tests_come_last_and_only_there() -> None:
    views = category_views(
        [diagnostic("scan", Category.BUSES, active=True), diagnostic("up"), diagnostic("can", Category.BUSES)]
    )
    assert [(view.key, [row.id for row in view.diagnostics]) for view in views] == [
        ("system", ["up"]),
        ("buses", ["can"]),
        ("active", ["scan"]),
    ]
    assert views[-1].note


def test_every_diagnostic_of_the_catalogue_is_on_the_page_once() -> None:
    rows = [row.id for view in category_views(builtin_catalogue()) for row in view.diagnostics]
    assert sorted(rows) == sorted(builtin_catalogue().diagnostics)


def test_root_note_names_what_needs_root_unless_there_is_a_password() -> None:
    some = [diagnostic("smart", root=True), diagnostic("uptime")]
    assert "Smart." in root_note(some, has_sudo_password=False)
    assert "Uptime" not in root_note(some, has_sudo_password=False)
    assert root_note(some, has_sudo_password=True) == ""
    assert root_note(some[1:], has_sudo_password=False) == ""


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic", "L4T 36.4.3"),
        ("# R32 (release), REVISION: 5, GCID: 1", "L4T 32.5"),
        ("Ubuntu 22.04.5 LTS", "Ubuntu 22.04.5 LTS"),
        ("", ""),
    ],
)
def test_the_release_is_shown_short(line: str, shown: str) -> None:
    assert Device("SHA256:x", release=line).short_release == shown


@pytest.mark.parametrize(
    ("key", "label", "unit"),
    [
        ("available_percent", "Available", "%"),
        ("total_kb", "Total", "kB"),
        ("gpu_load_percent", "GPU load", "%"),
        ("speed_mbps", "Speed", "Mbit/s"),
        ("duration_ms", "Duration", "ms"),
        ("now_s", "Now", "s since 1970"),
        ("signal_dbm", "Signal", "dBm"),
        ("celsius", "Temperature", "°C"),
        ("emmc_life", "eMMC life", ""),
        ("stratum", "Stratum", ""),
        ("oc1_events", "OC1 events", ""),
        ("interfaces", "Interfaces", ""),
    ],
)
def test_a_readings_key_becomes_words_and_a_unit(key: str, label: str, unit: str) -> None:
    assert value_label(key) == (label, unit)


TOLD = json.loads((PROJECT / "tests/page/measure.json").read_text(encoding="utf-8"))


@each([*TOLD["cases"], {"value": math.inf, "unit": "mV", "told": "inf V"}])
def test_a_number_is_told_in_the_unit_that_a_technician_says(case: dict[str, Any]) -> None:
    assert with_unit(case["value"], case["unit"]) == case["told"]


def test_the_page_tells_numbers_in_the_same_units() -> None:
    """tests/page/measure.test.mjs asks the tables the same cases, with the units of each page."""
    assert json.loads(json.dumps(vocabulary()["larger"])) == TOLD["larger"]
    assert {*TOLD["larger"], "s"} <= {case["unit"] for case in TOLD["cases"]}


def test_the_catalogue_tells_no_number_in_a_unit_that_is_too_small() -> None:
    fields = {"lowest_mv": 4750, "rails": {"total_kb": 15757840}, "name": "VDD_IN"}
    assert fill("{name}: {lowest_mv:unit} of {rails.total_kb:unit}", fields) == "VDD_IN: 4.75 V of 15 GB"
    for path in (PROJECT / "utils/judging/catalogue").glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"\} (?:mV|mA|mW|Mbit/s|Mb/s|kB)\b", text) == [], path.name
        assert all(value_label(name)[1] for name in re.findall(r"\{(?:\w+\.)*(\w+):unit\}", text)), path.name


def test_every_key_of_a_reading_has_its_words_however_deep() -> None:
    reading = {"total_kb": 1, "disks": [{"life_percent": 3}, {"parts": [{"used_kb": 1}]}], "cpus": {"mhz": 1}}
    labels = value_labels(reading)
    assert set(labels) == {"total_kb", "disks", "life_percent", "parts", "used_kb", "cpus", "mhz"}
    assert labels["life_percent"] == ("Life", "%")
    assert value_labels(None) == {}


def test_the_vocabulary_is_json_and_complete() -> None:
    words = json.loads(json.dumps(vocabulary()))
    assert set(words["verdicts"]) == {verdict.value for verdict in Verdict}
    assert sorted(Verdict, key=severity_rank) == words["worst_first"]


def test_a_device_without_any_facts_can_be_shown() -> None:
    status = replace(CONNECTED, device=Device("SHA256:x"), path=None, round_trip_ms=None, reconnects=1)
    told = status_json(status)
    assert told["device"]["label"] == "device"
    assert told["view"]["details"] == ["1 reconnect"]
    assert (told["view"]["name"], told["view"]["key"]) == ("device", "SHA256:x")


@pytest.mark.parametrize("code", ["host-key-unknown", "host-key-changed"])
def test_the_board_before_is_not_named_while_another_ones_key_is_a_question(code: str) -> None:
    board = Device("SHA256:a", hostname="board-a", serial="1420123456789", model="Orin", release="R36")
    view = link_view(LinkStatus(LinkState.BLOCKED, "x", last_device=board, error={"code": code}))
    assert (view.name, view.release, view.key) == ("Not trusted yet", "", "")
    assert not {"Model", "Serial", "Release", "Host key"} & {fact.name for fact in view.facts}
    assert link_view(LinkStatus(LinkState.LOST, "x", last_device=board)).name == "board-a"


def test_the_facts_leave_out_what_is_not_known() -> None:
    names = [fact.name for fact in link_view(LinkStatus(LinkState.LOST, "192.168.55.1")).facts]
    assert names == ["Address", "Logins", "Reconnects", "Commands", "By fallback"]
    facts = link_view(replace(CONNECTED, connected_since="2026-11-28T10:00:00Z")).facts
    assert [fact.value for fact in facts if fact.is_time] == ["2026-11-28T10:00:00Z"]
