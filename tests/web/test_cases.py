"""Work orders, notes and photos: kept with their board, searched, and handed over as one file."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.web.test_boards_page import OTHER, another_board, text_of
from tests.web.test_history_api import FINE, SHORT, Program
from utils.bench.photo import stripped
from utils.demo.echo_terminal import DEVICE
from utils.errors import BadRequest
from utils.settings import Settings

HERE = f"/api/v1/devices/{DEVICE.device_id}"
SECRET = b"GPS 48.2082 N 16.3738 E, made by Phone 12, 2026:11:28"


def segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def exif(turned: int = 1, order: str = "<") -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, turned, 0)
    return b"Exif\0\0" + mark + struct.pack(order + "IH", 8, 1) + entry + b"\0\0\0\0" + SECRET


PICTURE = (
    segment(0xDB, bytes(65)) + segment(0xC2, b"\x08\0\x10\0\x10\x01\x01\x11\0") + segment(0xC4, bytes(20))
)
SCAN = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"abc\xff\x00def\xff\xd0ghi"
JPEG = b"".join([
    b"\xff\xd8", segment(0xE0, b"JFIF\0"), segment(0xE1, exif()), segment(0xE1, b"http://adobe/" + SECRET),
    segment(0xE2, b"MPF\0" + SECRET), segment(0xED, SECRET), segment(0xFE, SECRET), PICTURE, SCAN, SCAN,
    b"\xff\xd9",
    b"\xff\xd8" + segment(0xE1, exif()) + b"\xff\xd9" + SECRET,
])  # fmt: skip


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG = b"".join([
    b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
    *(chunk(kind, SECRET) for kind in (b"tEXt", b"eXIf", b"iTXt")), chunk(b"IDAT", zlib.compress(b"\0\0")),
    chunk(b"IEND", b""), SECRET,
])  # fmt: skip


HUGE = PNG.replace(struct.pack(">II", 1, 1), struct.pack(">II", 90_000, 90_000))
"""It draws gigabytes."""


@pytest.fixture
def program(make_settings: Callable[..., Settings]) -> Iterator[Program]:
    made = Program(make_settings())
    yield made
    made.stop()


def posted(program: Program, path: str, body: Any, status: int = 201) -> Any:
    answer = program.client.post(path, json=body)
    assert answer.status_code == status, answer.json
    return answer.json


def test_a_case_is_opened_noted_closed_and_handed_over_as_the_same_file_each_time(program: Program) -> None:
    program.says("faulty", SHORT)
    before = program.checkup()["checkup"]
    case = posted(program, f"{HERE}/cases", {"work_order": "WO-4711", "technician": "R. Moser <b>"})
    assert (case["before"], case["after"], case["closed_at"]) == (before, None, None)
    posted(program, f"{HERE}/notes", {"text": "Fan cable was loose.\n<script>", "case": case["id"]})
    answer = program.client.post(f"{HERE}/photos?text=The+plug&case={case['id']}", data=JPEG)
    assert answer.status_code == 201, answer.json
    shown = program.client.get(f"/api/v1/notes/{answer.json['id']}/photo")
    assert (shown.mimetype, shown.get_data()) == ("image/jpeg", stripped(JPEG)[0])
    program.says("faulty", FINE)
    after = program.checkup()["checkup"]
    closed = posted(program, f"/api/v1/cases/{case['id']}/close", {}, 200)
    assert closed["after"] == after
    program.checkup()
    assert posted(program, f"/api/v1/cases/{case['id']}/close", {}, 200) == closed, "a closed one stays"
    files = []
    for _ in range(2):
        files.append(program.client.get(f"/api/v1/cases/{case['id']}/report"))
        program.restart()
    assert files[0].get_data() == files[1].get_data()
    text = files[0].get_data(as_text=True)
    assert 'filename="v3-case-WO-4711.html"' in files[0].headers["Content-Disposition"]
    for said in (
        "WO-4711",
        "R. Moser &lt;b&gt;",
        "Fan cable was loose.",
        "1 thing changed",
        "data:image/jpeg;base64,",
    ):
        assert said in text, said
    assert "<script>" not in text
    assert re.search(r"SHA-256 of this case: [0-9a-f]{64}", text)
    page = text_of(program, f"/boards/{DEVICE.device_id}")
    assert "Work order WO-4711" in page
    assert "Fan cable was loose. &lt;script&gt;" in page


def test_work_orders_and_notes_are_found_by_a_search(program: Program) -> None:
    program.checkup()
    another_board(program)
    posted(program, f"/api/v1/devices/{OTHER.device_id}/cases", {"work_order": "WO-99"})
    posted(program, f"{HERE}/notes", {"text": "Water in the housing"})
    assert [each["device_id"] for each in program.get("devices?search=wo-99")["devices"]] == [OTHER.device_id]
    assert [each["device_id"] for each in program.get("devices?search=housing")["devices"]] == [
        DEVICE.device_id
    ]
    told = program.get(f"devices/{DEVICE.device_id}/cases")
    assert ([each["text"] for each in told["notes"]], told["cases"]) == (["Water in the housing"], [])


def test_nothing_is_written_for_a_board_or_a_case_that_is_not_there(program: Program) -> None:
    posted(program, f"{HERE}/notes", {"text": "x"}, 404)
    program.checkup()
    another_board(program)
    other = posted(program, f"/api/v1/devices/{OTHER.device_id}/cases", {"work_order": "WO-1"})
    posted(program, f"{HERE}/notes", {"text": "x", "case": "nope"}, 404)
    posted(program, f"{HERE}/notes", {"text": "x", "case": other["id"]}, 422)
    posted(program, f"{HERE}/notes", {"text": ""}, 422)
    posted(program, "/api/v1/cases/nope/close", {}, 404)
    assert program.client.get("/api/v1/notes/nope/photo").status_code == 404
    for long in (f"text={'x' * 4001}", f"case={'x' * 65}"):
        assert program.client.post(f"{HERE}/photos?{long}", data=JPEG).status_code == 422
    assert program.client.get(f"/api/v1/devices?search={'x' * 201}").status_code == 422
    for odd in (b"", b"GIF89a", b"<svg onload=alert(1)>", JPEG[:90], PNG[:60], HUGE):
        assert program.client.post(f"{HERE}/photos", data=odd).status_code == 422


@pytest.mark.parametrize("photo", [JPEG, PNG], ids=["jpeg", "png"])
def test_a_photo_is_kept_without_place_time_and_camera(photo: bytes) -> None:
    kept, _ = stripped(photo)
    assert SECRET in photo
    assert SECRET not in kept
    assert b"MPF" not in kept
    assert stripped(kept)[0] == kept
    for part in (PICTURE, SCAN + SCAN) if photo is JPEG else (b"IHDR", b"IDAT"):
        assert part in kept


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("turned", [1, 3, 6, 8, 9])
def test_how_a_photo_is_turned_stays(turned: int, order: str) -> None:
    kept, _ = stripped(b"\xff\xd8" + segment(0xE1, exif(turned, order)) + PICTURE + SCAN + b"\xff\xd9")
    assert (b"Exif" in kept) == (turned in (3, 6, 8))
    if turned in (3, 6, 8):
        assert struct.pack(">HHIHH", 0x0112, 3, 1, turned, 0) in kept


def test_no_bytes_stop_it() -> None:
    for start in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"):
        for end in (b"", b"\xff" * 50, bytes(50), b"\xe1\0\x08Exif\0\0II", b"\0\0\0\xffIHDR"):
            with pytest.raises(BadRequest):
                stripped(start + end)
