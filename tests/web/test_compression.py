"""What is large is sent packed, what is small or streams is not; a packed file is asked for by its tag."""

from __future__ import annotations

import gzip
import re
import zlib

import pytest

from tests.web.conftest import Client
from utils.settings import PROJECT
from utils.web.scripts import without_comments

SCRIPT = "/static/checkup/rows.js"


def test_the_page_is_packed_for_whoever_takes_it(client: Client) -> None:
    plain = client.get("/")
    assert "Content-Encoding" not in plain.headers
    packed = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert packed.headers["Content-Length"] == str(len(packed.data))


@pytest.mark.parametrize("accepted", ["zstd", "br", "deflate"])
def test_a_packed_script_is_asked_for_again_by_its_tag(client: Client, accepted: str) -> None:
    first = client.get(SCRIPT, headers={"Accept-Encoding": accepted})
    assert first.headers["Content-Encoding"] == accepted
    if accepted == "deflate":
        assert zlib.decompress(first.data) == client.get(SCRIPT).data
    again = client.get(SCRIPT, headers={"Accept-Encoding": accepted, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "no-cache"


def test_a_small_answer_and_a_stream_are_sent_as_they_are(client: Client) -> None:
    everything = {"Accept-Encoding": "gzip, deflate, br, zstd"}
    small = client.post("/api/v1/diagnostics/healthy/run", json={}, headers=everything)
    assert (small.status_code, small.headers.get("Content-Encoding")) == (200, None)
    stream = client.get("/api/v1/events", headers=everything, buffered=False)
    assert stream.mimetype == "text/event-stream"
    assert "Content-Encoding" not in stream.headers
    stream.close()


def test_scripts_are_sent_without_their_comments_line_by_line(client: Client) -> None:
    scripts = [path for path in (PROJECT / "static").rglob("*.js") if "vendor" not in path.parts]
    assert len(scripts) > 50
    for path in scripts:
        source = path.read_text(encoding="utf-8").splitlines()
        sent = client.get(f"/{path.relative_to(PROJECT)}").text.splitlines()
        bare = [re.sub(r"/\*\* @type .*?\} \*/ ?", "", line) for line in source]
        assert len(sent) == len(source)
        assert [(line, now) for line, now in zip(bare, sent, strict=True) if now not in ("", line)] == []
        gone = [line for line, now in zip(source, sent, strict=True) if line.strip() and not now.strip()]
        assert [line for line in gone if not line.lstrip().startswith(("//", "/*", "*"))] == []
        assert [line for line in sent if line.lstrip().startswith(("//", "/*"))] == []
    vendored = "static/vendor/xterm-6.0.0/xterm.mjs"
    assert client.get(f"/{vendored}").data == (PROJECT / vendored).read_bytes()


def test_only_what_is_a_comment_is_left_out() -> None:
    script = (
        'a = "// no";\n  /** Why.\n   * @param {X} x */\nf(/** @type {{a: X}} */ (b)); // stays\n// gone\n'
    )
    assert without_comments(script) == 'a = "// no";\n\n\nf((b)); // stays\n\n'
