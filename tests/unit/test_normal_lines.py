"""Lines that a person called normal for one board: kept with who and when, known for it, for no other."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tests.web.small_catalogue import SMALL
from utils.bench.normal import MOST_LINES, Normal
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.errors import NotKept
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.judge import judge_diagnostic
from utils.judging.kernel_line import signature
from utils.judging.parsers import kernel_log
from utils.live.logs.lines import LogLine
from utils.redact import Redactor

LOG = "<5>[    0.000000] Linux version 5.15.148-tegra (builder@v3) #1 SMP PREEMPT\n"
TEXT = LOG + "<3>[    1.000000] flux0: capacitor 12 failed\n<3>[    2.000000] flux1: capacitor 13 failed\n"
OTHER = TEXT + "<3>[    3.000000] moon0: it is on fire\n"


def shapes(text: str) -> dict[str, str]:
    return {item["shape"]: item["first_line"] for item in kernel_log.parse(text, "", 0)["unknown"]}


@pytest.mark.parametrize("diagnostic", ["kernel-log", "previous-boot-log"])
def test_what_is_normal_for_the_board_is_known_and_the_rest_is_not(diagnostic: str) -> None:
    def judged(text: str) -> tuple[str, int]:
        whole = text if diagnostic == "kernel-log" else f"previous boot: 9 lines\n{text}end of summary\n"
        result = judge_diagnostic(builtin_catalogue().get(diagnostic), whole, "", 0, frozenset(shapes(TEXT)))
        assert result.reading is not None
        assert result.reading["normal"][0]["count"] == 2
        return result.verdict.value, result.reading["unknown_count"]

    assert judged(TEXT) == ("pass", 0)
    assert judged(TEXT.replace("12", "77")) == ("pass", 0)  # another number is the same message
    assert judged(OTHER) == ("unknown", 1)


def test_a_line_means_the_same_in_each_log_and_is_normal_for_its_board_alone(tmp_path: Path) -> None:
    message = "flux0: capacitor 12 failed"
    kept = Normal(tmp_path / "normal_lines.json")
    kept.add("board-a", shapes(TEXT), who="a technician")
    kernel = f"{LOG}<3>[    1.000000] {message}\n"
    entry = json.dumps({"MESSAGE": message, "PRIORITY": "3", "_TRANSPORT": "kernel"})
    texts = {
        "kernel-log": kernel,
        "previous-boot-log": f"previous boot: 9 lines\n{kernel}end of summary\n",
        "journal-errors": f"{entry}\njournalctl ended with 0, system messages visible: yes\n",
    }

    def meanings(board: str) -> set[str]:
        normal = kept.shapes(board)
        readings = [
            judge_diagnostic(builtin_catalogue().get(name), text, "", 0, normal).reading
            for name, text in texts.items()
        ]
        said = {"unknown" if reading and reading["unknown_count"] else "normal" for reading in readings}
        shown = LogLine(message, sign=signature(message, 3)).as_json(normal)["signature"]
        return said | {shown["id"].removesuffix("-message")}

    assert (meanings("board-a"), meanings("board-b")) == ({"normal"}, {"unknown"})
    kept.forget("board-a", kept.shapes("board-a"))
    assert meanings("board-a") == {"unknown"}


def test_what_was_normal_before_a_serial_number_was_known_still_is(tmp_path: Path) -> None:
    kept = Normal(tmp_path / "normal_lines.json")
    kept.add("key-1", {"a": "a"}, who="x")
    kept.add("serial-1", {"b": "b"}, who="x")
    assert kept.shapes("serial-1", "key-1") == {"a", "b"}
    assert [line["shape"] for line in kept.lines("serial-1", "key-1")] == ["b", "a"]


def test_a_line_with_a_secret_is_known_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Redactor(["hunter-two"])
    monkeypatch.setattr("utils.judging.parsers._kernel_survey.redact", fresh)
    text = LOG + "<3>[    1.000000] flux: key hunter-two failed\n"
    normal = frozenset(fresh(shape) for shape in shapes(text))
    assert "[redacted]" in str(normal)
    result = judge_diagnostic(builtin_catalogue().get("kernel-log"), text, "", 0, normal)
    assert result.verdict.value == "pass"


def test_another_error_number_is_another_message() -> None:
    first, same, other = (
        shapes(f"{LOG}<3>[    1.000000] flux {words}\n")
        for words in (
            "3-0020: gave up, error -95",
            "7-0021: gave up, error -95",
            "3-0020: gave up, error -28",
        )
    )
    assert first.keys() == same.keys() != other.keys()


def test_the_same_words_at_a_critical_level_are_another_message() -> None:
    mild, grave = (shapes(f"{LOG}<{level}>[    1.000000] flux0: gave up\n") for level in (3, 1))
    assert mild.keys().isdisjoint(grave)


def test_a_known_fault_is_never_normal() -> None:
    text = LOG + "<3>[    1.000000] nvme nvme0: controller is down; will reset: CSTS=0xffffffff\n"
    assert shapes(text) == {}


def test_a_log_with_more_shapes_than_are_kept_is_not_made_normal_by_them() -> None:
    words = ("a", "b", "c", "d", "e", "f", "g", "h", "i")
    many = [f"{x}{y}{z} failed" for x in words for y in words for z in words]
    text = LOG + "".join(f"<3>[    1.000000] {message}\n" for message in many)
    result = judge_diagnostic(builtin_catalogue().get("kernel-log"), text, "", 0, frozenset(shapes(text)))
    assert (result.verdict, result.reading["unknown_count"]) == (
        "unknown",
        len(shapes(text)) and result.reading["unknown_more"],
    )
    assert result.reading["unknown_more"] > 200


def test_lines_are_kept_with_who_and_when_for_their_board_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "normal_lines.json"
    normal = Normal(path)
    assert normal.add("board-one-1", shapes(TEXT), who="page 127.0.0.1") == 1
    assert normal.add("board-one-1", shapes(TEXT), who="somebody else") == 0
    again = Normal(path)
    (line,) = again.lines("board-one-1")
    assert (line["who"], line["line"]) == ("page 127.0.0.1", "[    1.000000] flux0: capacitor 12 failed")
    assert line["at"].startswith("20")
    assert again.shapes("board-two-2") == frozenset()
    assert path.stat().st_mode & 0o077 == 0
    assert again.forget("board-one-1", ["flux#: capacitor # failed"]) == 1
    assert again.lines("board-one-1") == []


def test_while_there_is_no_file_none_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run asks: that is one look whether there is a file by now."""
    asked = Normal(tmp_path / "normal.json")
    assert asked.shapes("a-board") == frozenset()
    with monkeypatch.context() as patched:
        patched.setattr(Normal, "_read", lambda self: pytest.fail("it was read again"))
        assert asked.shapes("a-board") == frozenset()
    Normal(tmp_path / "normal.json").add("a-board", {"shape": "line"}, who="page")
    assert asked.shapes("a-board") == {"shape"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2, "boards": {}}', '{"version": 1, "boards": {"b": [1]}}']
)
def test_a_file_that_cannot_be_read_makes_nothing_normal_and_is_not_overwritten(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "normal_lines.json"
    path.write_text(text)
    normal = Normal(path)
    assert normal.shapes("board-one-1") == frozenset()
    with pytest.raises(NotKept, match="normal_lines"):
        normal.add("board-one-1", {"a": "a"}, who="")
    assert path.read_text() == text


def test_many_threads_lose_no_line(tmp_path: Path) -> None:
    normal = Normal(tmp_path / "normal_lines.json")
    threads = [
        threading.Thread(target=normal.add, args=("board-one-1", {f"shape {n}": "line"}), kwargs={"who": "x"})
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(normal.lines("board-one-1")) == 12
    assert json.loads((tmp_path / "normal_lines.json").read_text())["version"] == 1


def test_a_board_cannot_fill_the_disk(tmp_path: Path) -> None:
    normal = Normal(tmp_path / "normal_lines.json")
    normal.add("board-one-1", {str(n): "line" for n in range(MOST_LINES + 50)}, who="x")
    assert len(normal.lines("board-one-1")) == MOST_LINES


class _Asked(LocalDoor):
    """Notes whose identities are looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def ids_of(self, device_id: str) -> tuple[str, ...]:
        self.asked.append(device_id)
        return super().ids_of(device_id)


def test_a_boards_identities_are_looked_up_only_where_anything_is_normal(tmp_path: Path) -> None:
    normal, door = Normal(tmp_path / "normal_lines.json"), _Asked()
    runner = Runner(catalogue=SMALL, door=door, normal=normal)
    assert runner.normal_for("a-board-1") == frozenset()
    assert door.asked == []
    normal.add("b-board-2", {"shape": "line"}, who="page")
    assert runner.normal_for("a-board-1") == frozenset()
    assert runner.normal_for("b-board-2") == {"shape"}
    assert door.asked == ["a-board-1", "b-board-2"]
