"""The signature library: each entry takes its own line and no other, quickly, whatever it is fed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.budget import LARGE
from tests.each import each
from tests.unit.kernel_texts import EACH, LINES, alike, different, log_lines
from tests.unit.linear import seconds
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.judging.catalogue import matching
from utils.judging.catalogue.expression import GAP, Expression, literal
from utils.judging.catalogue.known import in_force, use
from utils.judging.catalogue.library import load_library
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.catalogue.matching import KnownMessages, builtin, words_of
from utils.judging.catalogue.signature import FOLDER, Harmless, Signature, read_signatures
from utils.judging.parsers import kernel_log
from utils.judging.parsers._kernel_counted import LINK
from utils.judging.parsers._kernel_lines import read
from utils.judging.parsers._kernel_survey import meaning
from utils.judging.result_of import result_of
from utils.model.results import CommandResult, Result

FOUND_BY_COUNTING = {"clock-held-down", "capture-timeout-argus", "link-down", "usb-resets", "usb-drops-off"}
NEAR_MISSES = 1 << (20 if LARGE else 15)  # characters in lines of one length: time grows with their number


ENTRIES = read_signatures(FOLDER, [], trusted=True)
SIGNATURES = [entry for entry in ENTRIES if isinstance(entry, Signature)]


@pytest.mark.parametrize(
    "pattern",
    [
        "(a{1,80}|b)(a{1,80}|b)(a{1,80}|b)(a{1,80}|b)c",
        "(?:a{1,40}|b)(?:a{1,40}|b)(?:a{1,40}|b)x",
        f"{'a?' * 25}{'a' * 25}b",
        f"{'(a|a)' * 25}b",
        f"{'(?:a|ab)?(?:a|b)?' * 10}z",
    ],
)
def test_choices_that_would_hang_the_program_are_refused(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "own.toml").write_text(
        f"[[harmless]]\npattern = '{pattern}'\nwhy = 'w'\nsource = 's'\n", encoding="utf-8"
    )
    faults: list[str] = []
    assert read_signatures(tmp_path, faults) == []
    assert "would take too long" in faults[0]


def test_each_pattern_compiles_and_repeats_nothing_without_a_bound() -> None:
    faults: list[str] = []
    read_signatures(FOLDER, faults)
    assert not faults


def test_there_are_enough_different_meanings_and_each_has_its_words() -> None:
    assert len({entry.means for entry in SIGNATURES}) >= 120
    diagnostics = builtin_catalogue().diagnostics
    for entry in SIGNATURES:
        assert set(entry.related) <= set(diagnostics), entry.id
        assert (entry.title[-1] != ".", entry.means[-1], entry.next_step[-1]) == (True, ".", "."), entry.id
        assert entry.words or not entry.pattern, f"{entry.id}: without words it slows each line down"


def test_each_signature_has_a_line_and_each_line_a_signature() -> None:
    assert {entry.id for entry in SIGNATURES} - FOUND_BY_COUNTING == set(LINES["lines"])


@each(EACH)
def test_a_line_is_taken_by_its_own_signature(case: tuple[str, str]) -> None:
    name, line = case
    found = in_force().find(line)
    assert isinstance(found, Signature), found
    assert found.id == name


@each(LINES["near"]["healthy"])
def test_a_healthy_line_is_neither_an_event_nor_an_unknown_error(line: str) -> None:
    assert meaning(line, None, in_force()) is None or isinstance(meaning(line, None, in_force()), Harmless)
    assert not isinstance(meaning(line, 3, in_force()), Signature)


@each(LINES["near"]["strange"])
def test_an_error_that_nobody_knows_is_unknown(line: str) -> None:
    assert meaning(line, None, in_force()) == 3
    assert meaning(line, 2, in_force()) == 2


def test_no_harmless_pattern_hides_a_fault() -> None:
    hidden = [
        (entry.pattern, line)
        for entry in ENTRIES
        if isinstance(entry, Harmless)
        for _, line in EACH
        if entry.fits(line)
    ]
    assert not hidden


@each([line for _, line in EACH[::5]] + LINES["near"]["healthy"][:20])
def test_a_message_that_comes_again_and_again_means_the_same(line: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(matching, "_OFTEN", 2)
        comes_again(line)


def comes_again(line: str) -> None:
    known = KnownMessages(builtin())
    assert {getattr(known.find(line), "source", None) for _ in range(4)} == {
        getattr(in_force().find(line), "source", None)
    }


MOST_TIMES = 8  # the work of splitting the lines into words; 2 to 3 times is usual, `make bench` has seconds
WORD = re.compile(r"[a-z]+")


@pytest.mark.parametrize("suffix", [alike, different])
def test_twenty_thousand_lines_are_matched_in_a_moment(
    suffix: Callable[[int], str], record_property: Callable[[str, object], None]
) -> None:
    lines = read("\n".join(log_lines(20_000, suffix))).lines
    assert len(lines) == 20_000
    known = in_force()

    def match() -> None:
        for line in lines:
            meaning(line.message, line.level, known)

    def split() -> None:
        for line in lines:
            frozenset(WORD.findall(line.message.lower()))

    rounds: list[tuple[float, float]] = []
    while len(rounds) < 7:  # a busy machine may disturb some of them
        rounds.append((cpu_s(match), cpu_s(split)))
        spent, beside = (min(times) for times in zip(*rounds, strict=True))
        if spent <= MOST_TIMES * beside:
            break
    record_property("match_ms", round(spent * 1000))
    assert spent <= MOST_TIMES * beside, rounds


def cpu_s(work: Callable[[], None]) -> float:
    """The seconds of this thread that it takes."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        ("BUG: workqueue lockup", "BUG: workqueue lockup"),
        (r"\brcu\w{0,20}\b ... (?:a|b) stalls?", " stall"),
        (r"ab{1,3}?cde", "cde"),
        (r"ab{0,3}+cde?", "cd"),
        (r"a(?:b|(?:c|d)e) fgh", " fgh"),
        (r"[|)(]failed\[", "failed"),
        (r"one|another", ""),
        (r"(?i)error", ""),
        (r"(?i:error) x", ""),
        (r"\x41BC|", ""),
        (r"^usb.timeout$", "timeout"),
    ],
)
def test_a_pattern_needs_the_longest_text_that_each_match_has(pattern: str, needs: str) -> None:
    assert Expression(pattern).needs == needs


def test_no_pattern_needs_a_text_that_its_match_lacks() -> None:
    texts = [line for _, line in EACH] + LINES["near"]["healthy"] + LINES["near"]["strange"]
    for entry in ENTRIES:
        for part in (part for pattern in entry.pattern for part in pattern.split(GAP)):
            expression, needs = re.compile(part), literal(part)
            found = (expression.search(text) for text in texts)
            assert all(needs in match.string for match in found if match), part


@each(ENTRIES, lambda entry: getattr(entry, "id", "harmless"))
def test_no_entry_takes_long_on_near_misses(entry: Signature | Harmless) -> None:
    texts = LINES["lines"].get(getattr(entry, "id", ""), ["error failed timeout registered"])
    near = [text[: len(text) * 2 // 3] for text in texts] + [" ".join(entry.words) or "error"]
    needed = " ".join(expression.needs for expression in entry.expressions)  # without it nothing is searched
    for text in near:
        line = (f"{text} " * (500 // (len(text) + 1) + 1))[:500] + needed
        enough_s = 3 * NEAR_MISSES / (1 << 20)
        took = seconds(lambda line: [entry.fits(line) for _ in range(NEAR_MISSES // 500)], line, enough_s)
        assert took < enough_s, (text, entry.pattern)


@pytest.mark.parametrize(
    "word", ["xusb[", "xhci[", "usb error ", "hub err ", "mmc0: error ", "a" * 40 + " failed "]
)
def test_a_log_of_hostile_lines_is_judged_in_moments(word: str) -> None:
    lines = "\n".join(f"[{n:12.6f}] usb error {word * (1400 // len(word))}{n}" for n in range(700))
    began = time.process_time()
    kernel_log.parse(lines, "", 0)
    assert time.process_time() - began < 3


def test_the_link_pattern_takes_no_time_on_a_long_line() -> None:
    began = time.process_time()
    for _ in range(2000):
        LINK.search(("link " * 80)[:300])
    assert time.process_time() - began < 3


OWN = """
[[signature]]
id = "lidar-lost"
kind = "lidar"
severity = "fail"
pattern = 'lidar\\d ... lost sync'
title = "LiDAR lost its sync"
means = "The LiDAR restarted."
next_step = "Check its supply."
source = "our bench"

[[harmless]]
pattern = 'flux\\d: capacitor failed'
source = "our bench"
why = "It always does."
"""


LOST = "[    1.000000] lidar0: point 12: lost sync\n"


def test_a_technicians_own_entries_count_and_come_first(tmp_path: Path) -> None:
    def judged() -> Result:
        answer = CommandResult("dmesg", LOST.encode(), recorded_at="2026-11-28T12:00:00.000Z")
        return result_of(builtin_catalogue().get("kernel-log"), answer)

    before = judged()
    assert judged() == before, "also where the text was judged before"
    (tmp_path / "own.toml").write_text(OWN)
    faults: list[str] = []
    own = read_signatures(tmp_path, faults)
    assert not faults
    use(own)
    try:
        found = in_force().find("lidar0: point 12: lost sync")
        assert getattr(found, "id", "") == "lidar-lost"
        assert isinstance(in_force().find("flux0: capacitor failed to discharge"), Harmless)
        reading = judged().reading
        assert reading is not None
        assert reading["events"][0]["kind"] == "lidar"
    finally:
        use(())
    assert judged() == before
    assert in_force().find("lidar0: point 12: lost sync") is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("lost sync'", "lost.* sync'"), 'own.toml:6: lidar-lost: pattern.0: "*" and "+" have no bound'),
        (("lost sync'", "(lost'"), "own.toml:6: lidar-lost: pattern.0: it is no regular expression"),
        (("lost sync'", "lost{1,900}'"), "own.toml:6: lidar-lost: pattern.0: a repeat needs an upper bound"),
        (('severity = "fail"', 'severity = "bad"'), "own.toml:5: lidar-lost: severity"),
        (('kind = "lidar"', 'kinds = "lidar"'), "own.toml:4: lidar-lost: kinds: there is no such field"),
    ],
)
def test_a_wrong_entry_is_named_with_its_line(tmp_path: Path, changed: tuple[str, str], said: str) -> None:
    (tmp_path / "own.toml").write_text(OWN.replace(*changed))
    faults: list[str] = []
    read_signatures(tmp_path, faults)
    assert any(said in fault for fault in faults), faults


def test_without_entries_nothing_is_known() -> None:
    assert KnownMessages(()).find("Out of memory: Killed process 1") is None


def test_the_data_folder_adds_own_entries_and_a_reload_reads_them_again(tmp_path: Path) -> None:
    folder = tmp_path / "signatures"
    folder.mkdir()
    runner = Runner(load=lambda: load_library(tmp_path), door=LocalDoor())
    try:
        assert in_force().find("lidar0: point 12: lost sync") is None
        (folder / "own.toml").write_text(OWN)
        assert runner.reload().as_json()["signatures"] == 2
        assert getattr(in_force().find("lidar0: point 12: lost sync"), "id", "") == "lidar-lost"
        (folder / "own.toml").unlink()
        assert runner.reload().as_json()["signatures"] == 0
        assert in_force().find("lidar0: point 12: lost sync") is None
    finally:
        use(())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            ('id = "lidar-lost"', 'id = "oom-killed"'),
            "id 'oom-killed' is a built-in signature's",
        ),
        (
            ('source = "our bench"\n\n', 'source = "our bench"\nrelated = ["lidar"]\n\n'),
            "related 'lidar' is no",
        ),
        (("lost sync'", "lost.* sync'"), "signatures/own.toml:6: lidar-lost: pattern.0"),
    ],
)
def test_what_is_wrong_with_an_own_entry_is_a_problem_and_the_rest_counts(
    tmp_path: Path, changed: tuple[str, str], said: str
) -> None:
    (tmp_path / "signatures").mkdir()
    (tmp_path / "signatures" / "own.toml").write_text(OWN.replace(*changed, 1))
    library = load_library(tmp_path)
    assert any(said in problem for problem in library.problems), library.problems
    assert [type(entry) for entry in library.signatures] == [Harmless]


@each(sorted(LINES["lines"]))
def test_a_quick_no_changes_no_answer(name: str) -> None:
    """For each entry whose words a line has, it fits as Python's own engine says."""
    for line in LINES["lines"][name]:
        words = set(words_of(line))
        for entry in ENTRIES:
            if any(words.issuperset(word.encode().split()) for word in entry.words):
                assert entry.fits(line) == any(one.in_order(line) for one in entry.expressions)
