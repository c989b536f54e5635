"""index.html of a bundle: verdicts and outputs, for a browser alone. No script, no network. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from utils.model.results import Verdict, severity_rank
from utils.model.words import VERDICTS, number

_STYLE = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #8886}
td{overflow-wrap:anywhere}.v{font-weight:600;white-space:nowrap}
.fail{color:light-dark(#a30d1f,#ff8d97)}.warn,.unknown{color:light-dark(#8a4a00,#ffc46b)}
.pass{color:light-dark(#0b6b2e,#7ddb9b)}
img{max-width:100%;max-height:30rem}
a{color:light-dark(#0b57a4,#8ec5ff)}
"""
_MOST_REPLACEMENTS = 500


def index_page(document: Mapping[str, Any]) -> str:
    """The page. document: bundle.json with its replacements."""
    board = document["board"]
    name = board.get("hostname") or board.get("model") or "Board"
    facts = ", ".join(escape(str(board[key])) for key in ("model", "serial", "release") if board.get(key))
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<title>Bundle of {escape(name)}</title><style>{_STYLE}</style></head><body><main>"
            f"<h1>Bundle of {escape(name)}</h1><p>{facts}</p>"
            f"<p>Made {escape(document['made_at'])} by V3 Diagnostics {escape(document['program'])}. "
            "Drop the zip on that program's page Bundle to open it as a board.</p>",
            *(part for each in document["checkups"] for part in _checkup(each)),
            *_listed("Logs", [(each["title"], each["file"]) for each in document["logs"]]),
            *_listed("Recordings", [(each["id"], each["file"]) for each in document["recordings"]]),
            *_notes(document["notes"]),
            *_left_out(document["left_out"]),
            *_replacements(document["replacements"]),
            "</main></body></html>\n",
        )
    )


def _checkup(checkup: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2>Check-up of {escape(checkup['started_at'])}: {_word(checkup['verdict'])}</h2>"
    if checkup["pending"]:
        yield f"<p>Cut short: {number(len(checkup['pending']), 'check')} not made.</p>"
    yield "<table><thead><tr><th>Verdict</th><th>Diagnostic</th><th>What was found</th><th>Output</th></tr></thead><tbody>"  # noqa: E501
    for run in sorted(checkup["runs"], key=lambda one: severity_rank(Verdict(one["result"]["verdict"]))):
        result = run["result"]
        files = " ".join(_link(run[name], name) for name in ("stdout", "stderr") if run[name])
        yield (
            f'<tr><td class="v {result["verdict"]}">{_word(result["verdict"])}</td>'
            f"<td>{escape(result.get('title') or run['diagnostic'])}</td>"
            f"<td>{escape(result.get('summary', ''))}</td><td>{files}</td></tr>"
        )
    yield "</tbody></table>"


def _word(verdict: str) -> str:
    return escape(VERDICTS[Verdict(verdict)].word)


def _link(file: str, word: str) -> str:
    return f'<a href="{escape(file)}">{escape(word)}</a>'


def _listed(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if rows:
        items = "".join(f"<li>{_link(file, word)}</li>" for word, file in rows)
        yield f"<h2>{title}</h2><ul>{items}</ul>"


def _notes(notes: list[Mapping[str, str]]) -> Iterator[str]:
    if not notes:
        return
    yield "<h2>Notes and photos</h2><ul>"
    for each in notes:
        photo = f'<br><img src="{escape(each["photo"])}" alt="Photo">' if each["photo"] else ""
        yield f"<li>{escape(each['at'])} {escape(each['text'])}{photo}</li>"
    yield "</ul>"


def _left_out(left_out: list[Mapping[str, str]]) -> Iterator[str]:
    if left_out:
        items = "".join(f"<li>{escape(each['what'])}: {escape(each['why'])}</li>" for each in left_out)
        yield f"<h2>Not in this bundle</h2><ul>{items}</ul>"


def _replacements(found: list[Mapping[str, Any]]) -> Iterator[str]:
    if not found:
        return
    places = number(len(found), "place")
    yield f"<h2>Replaced</h2><p>{places}; the same value has the same token everywhere.</p><ul>"
    for each in found[:_MOST_REPLACEMENTS]:
        yield f"<li>{escape(each['file'])}:{each['line']} {escape(each['rule'])}</li>"
    yield "</ul>"
    if len(found) > _MOST_REPLACEMENTS:
        yield "<p>bundle.json lists all of them.</p>"
