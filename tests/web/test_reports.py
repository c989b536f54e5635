"""The report of a check-up that a customer may see: what stands on it in each format, and what never does."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from utils.bench.runner import Runner
from utils.bench.sheet import MOST_FINDINGS, sheet, steps
from utils.clock import local_minute, local_stamp
from utils.laptop import browser
from utils.model.results import Verdict, to_json
from utils.model.words import MEANS, VERDICTS
from utils.web.pages.checkup.drawn import local_clock, local_time
from utils.web.report_fields import css_string, moment

FIELDS = {
    "title": "Incoming inspection",
    "technician": "Ada <Byron>",
    "work_order": "WO-17",
    "note": "Cable replaced.\nFan cleaned.",
}


@pytest.fixture
def checkup(runner: Runner) -> str:
    begun = runner.start_checkup(["healthy", "faulty", "missing"], who="test")
    assert begun.done.wait(30)
    return begun.id


def text_of(client: FlaskClient, checkup: str, **fields: str) -> str:
    answer = client.get(f"/api/v1/checkups/{checkup}/report", query_string=fields)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_what_a_person_wrote_stands_on_it_and_is_text(client: FlaskClient, checkup: str) -> None:
    page = text_of(client, checkup, **FIELDS)
    assert "<h1>Incoming inspection</h1>" in page
    assert "Ada &lt;Byron&gt;" in page
    assert "<dd>WO-17</dd>" in page
    assert "Cable replaced.\nFan cleaned." in page
    assert "WO-17" not in text_of(client, checkup), "it is kept nowhere"


def test_it_names_the_moment_of_the_checkup_and_every_result(
    client: FlaskClient, runner: Runner, checkup: str
) -> None:
    page = text_of(client, checkup)
    found = runner.checkup(checkup)
    assert moment(found.started_at) in page
    for result in found.results():
        assert (result.title or result.diagnostic) in page
    for verdict in Verdict:
        assert VERDICTS[verdict].word in page
        assert MEANS[verdict] in page


def test_it_is_one_file_that_loads_nothing_and_numbers_its_pages(client: FlaskClient, checkup: str) -> None:
    page = text_of(client, checkup)
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|src=|url\(", page)
    assert "counter(page)" in page
    assert "counter(pages)" in page


def test_who_needs_attention_has_evidence_and_a_next_step(runner: Runner, checkup: str) -> None:
    shown = sheet(runner.checkup(checkup).as_json())
    assert shown.attention
    assert {each["verdict"] for each in shown.attention} <= {"fail", "warn", "unknown"}
    assert len(shown.results) + len(shown.missed) == len(runner.checkup(checkup).runs)


def test_many_findings_with_one_next_step_are_few_lines_and_the_rest_is_counted(
    client: FlaskClient, runner: Runner, checkup: str
) -> None:
    page = text_of(client, checkup)
    assert page.count("<strong>Next step:</strong> Do this.") == 1
    assert "Available memory: Available memory" not in page
    [faulty] = [each for each in to_json(runner.checkup(checkup).results()) if each["diagnostic"] == "faulty"]
    [finding] = faulty["findings"]
    units = [finding | {"label": f"unit {n}"} for n in range(60)]
    rest = finding | {"label": faulty["title"], "reason": "3940 more are not listed."}
    printed, more = steps(faulty | {"findings": [*units, rest, finding | {"verdict": "pass"}]})
    assert [len(each.findings) for each in printed] == [MOST_FINDINGS + 1]
    assert (printed[0].findings[-1], more) == (rest, 60 - MOST_FINDINGS)


def test_csv_and_json_hold_the_same_results(client: FlaskClient, runner: Runner, checkup: str) -> None:
    text = text_of(client, checkup, format="csv")
    assert text.startswith("\ufeff"), "by this a spreadsheet knows UTF-8"
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    results = to_json(runner.checkup(checkup).results())
    assert [row["diagnostic"] for row in rows] == [each["diagnostic"] for each in results]
    told = client.get(f"/api/v1/checkups/{checkup}/report?format=json&work_order=WO-17").json
    assert told["report"]["work_order"] == "WO-17"
    assert told["results"] == results


def test_the_file_has_a_name_that_any_system_takes(client: FlaskClient, checkup: str) -> None:
    for form in ("html", "csv", "json"):
        answer = client.get(f"/api/v1/checkups/{checkup}/report?format={form}")
        named = answer.headers["Content-Disposition"]
        assert re.fullmatch(rf'attachment; filename="v3-checkup-[\w.-]+\.{form}"', named)


def test_what_is_too_long_or_unknown_is_refused(client: FlaskClient, checkup: str) -> None:
    for query in ("format=docx", f"title={'x' * 121}", f"note={'x' * 2001}"):
        answer = client.get(f"/api/v1/checkups/{checkup}/report?{query}")
        assert (answer.status_code, answer.json["code"]) == (422, "bad-request")
    assert client.get("/api/v1/checkups/nobody/report").status_code == 404


def test_the_form_offers_the_newest_checkup_and_says_when_there_is_none(
    client: FlaskClient, runner: Runner
) -> None:
    assert "There is no check-up yet" in client.get("/report").text
    runner.start_checkup(["healthy", "faulty", "missing"], who="test").done.wait(30)
    page = client.get("/report").text
    newest = runner.newest_checkup()
    assert newest is not None
    assert f"/checkups/{newest.id}/report" in page
    assert {f'name="{name}"' for name in (*FIELDS, "format")} <= set(re.findall(r'name="\w+"', page))


def test_without_a_browser_a_pdf_is_refused_with_a_way_out(
    client: FlaskClient, checkup: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "find", lambda: "")
    answer = client.get(f"/api/v1/checkups/{checkup}/report?format=pdf")
    assert (answer.status_code, answer.json["code"]) == (503, "no-browser")
    assert "HTML" in answer.json["hint"]
    assert "disabled" in client.get("/report").text


@pytest.mark.skipif(not browser.find(), reason="no Chromium, Chrome or Edge is on this machine")
def test_a_browser_of_this_machine_prints_it_as_pdf(client: FlaskClient, checkup: str) -> None:
    answer = client.get(f"/api/v1/checkups/{checkup}/report?format=pdf")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")


@pytest.mark.parametrize("text", ['a"; } body { display: none }', "</style><script>", "\\", "ü\n·", ""])
def test_a_css_string_is_ended_by_no_text(text: str) -> None:
    inner = css_string(text)[1:-1]
    assert re.fullmatch(r"(?:[A-Za-z0-9 ]|\\[0-9a-f]+ )*", inner)
    read = re.sub(r"\\([0-9a-f]+) ", lambda match: chr(int(match[1], 16)), inner)
    assert read == text


@pytest.mark.parametrize("text", ["2026-11-28T15:51:06Z", "2026-11-28T15:51:06.123+00:00"])
def test_a_moment_is_told_by_the_laptops_clock(text: str) -> None:
    here = datetime.fromisoformat(text).astimezone()
    assert moment(text).startswith(f"{here.day} November 2026, {here:%H:%M} (UTC")


@pytest.mark.parametrize("text", ["soon", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_no_calendar_here_has_is_told_as_it_is(text: str) -> None:
    assert (moment(text), local_minute(text), local_stamp(text)) == (text, text, text)
    assert (local_time(text), local_clock(text)) == ("", "")


def test_nothing_is_run_for_a_report(
    client: FlaskClient, runner: Runner, checkup: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> Callable[..., object]:
        raise AssertionError("GET acts on no device")

    for name in ("run", "run_many"):
        monkeypatch.setattr(runner.door, name, refuse)
    assert text_of(client, checkup)
    assert client.get("/report").status_code == 200
