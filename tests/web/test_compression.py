"""What is large is sent packed, what is small or streams is not; a packed file is asked for by its tag."""

from __future__ import annotations

import gzip
import zlib

import pytest

from tests.web.conftest import Client

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
