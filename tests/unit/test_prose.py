"""Sentences are short enough to read at once: at most 20 words, in the documents and in the program."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("markdown_it", reason="markdown-it-py is not installed: see requirements-dev.txt")

from tests import prose

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    "README.md",
    "CHANGELOG.md",
    *sorted(page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")),
]
KINDS = (".py", ".toml")
PROGRAM = ["app.py", "test_persistent_ssh.py"]
PROGRAM += sorted(
    str(path.relative_to(ROOT)) for kind in ("py", "toml") for path in ROOT.glob(f"utils/**/*.{kind}")
)


def words(count: int) -> str:
    return "word " * count


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_sentence_of_a_document_is_too_long(name: str) -> None:
    assert not too_long(name), "\n".join(too_long(name))


def test_no_docstring_comment_or_text_for_people_is_too_long() -> None:
    found = [fault for name in PROGRAM for fault in too_long(name)]
    assert not found, "\n".join(found)


def too_long(name: str) -> list[str]:
    return [f"{name}:{each.line}: {each.words} words: {each.text}" for each in prose.too_long(ROOT / name)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{words(20)}.", []),
        (f"{words(21)}.", [1]),
        (f"{words(15)}. {words(15)}.", []),
        (f"{words(15)}; {words(15)}.", [1]),
        (f"Short.\n{words(21)}\n", [2]),
        (f"{words(19)} `some code of four`.", []),
        (f"{words(19)} [link](https://a.host/with/a/long/path).", []),
        (f"{words(19)} 5 MB.", []),
        (f"{words(10)}: {words(5)}, {words(5)}, {words(5)}.", []),
        (f"{words(10)}: {words(8)}, {words(8)}.", [1]),
        (f"{words(11)}: {words(10)}, {words(10)}, {words(10)}.", [1]),
        (f"```\n{words(30)}\n```\n\n    {words(30)}\n", []),
        (f"| a | b |\n|---|---|\n| {words(15)} | {words(15)} |\n| a | {words(21)} |\n", [4]),
        (f"- {words(15)}\n- {words(15)}\n- {words(21)}\n", [3]),
    ],
)
def test_words_of_a_document_are_counted(tmp_path: Path, text: str, lines: list[int]) -> None:
    (tmp_path / "page.md").write_text(text)
    assert [each.line for each in prose.too_long(tmp_path / "page.md")] == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f'"""{words(20)}."""', []),
        (f'"""{words(21)}."""', [1]),
        (f'"""Short.\n\n{words(15)}\n{words(15)}\n"""', [3]),
        (f'"""Short.\n\nname  {words(15)}\nother  {words(15)}\n"""', []),
        (f'"""Short.\n\n- {words(15)}\n- {words(15)}\n  {words(15)}\n"""', [4]),
        (f'"""{{a, b, c}}: {words(19)}."""', []),
        (f'def f():\n    """{words(21)}."""', [2]),
        (f"# {words(15)}\n# {words(15)}\n", [1]),
        (f"# {words(15)}\n\n# {words(15)}\n", []),
        (f"x = 1  # {words(15)}\ny = 1  # {words(15)}\n", []),
        (f'raise E("{words(21)}.")', [1]),
        (f'raise E(f"{words(10)}{{x}} " "{words(10)}.")', [1]),
        (f'raise E("{words(10)}. {words(15)}.")', []),
        (f'sh = "{words(21)}; $x"', []),
    ],
)
def test_words_of_the_program_are_counted(tmp_path: Path, text: str, lines: list[int]) -> None:
    (tmp_path / "file.py").write_text(text)
    assert [each.line for each in prose.too_long(tmp_path / "file.py")] == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f'why = "{words(21)}."', [1]),
        (f'check = [{{ label = "a", fail = {{ reason = "{words(21)}" }} }}]', [1]),
        (f'summary = "{words(19)} {{a_kb}}[, of {{b}}]."', [1]),
        (f'pattern = "{words(21)}"', []),
    ],
)
def test_words_of_the_catalogue_are_counted(tmp_path: Path, text: str, lines: list[int]) -> None:
    (tmp_path / "file.toml").write_text(text)
    assert [each.line for each in prose.too_long(tmp_path / "file.toml")] == lines
