"""A program with plain arguments needs no subshell: it does the same without one, in each shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from utils.link.lanes import scripts
from utils.link.lanes.challenge import Challenge

NONCE = "0123456789abcdef" * 2
SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="runs a POSIX shell")


def _lane(folder: Path, shell: str, requests: bytes, **environment: str) -> tuple[str, str]:
    """stdout and stderr of a lane that was asked these, from its answer on, without nonces and without
    where in its own text the shell says that it is."""
    if not (folder / "sh").exists():
        (folder / "sh").symlink_to(str(shutil.which(shell)))
    done = subprocess.run(
        [folder / "sh", "-c", scripts.lane_command("a1", Challenge())],
        input=scripts.lane_functions(holds=True) + requests,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", **environment},
        cwd=folder,
        capture_output=True,
        timeout=20,
        check=False,
    )
    out, err = (text.decode("utf-8", "replace").replace(NONCE, "") for text in (done.stdout, done.stderr))
    return out.partition(" i\x1e\n")[2], re.sub(r"(?:line )?\d+: |eval: ", "", err.partition("x\x1e\n")[2])


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "command",
    [
        "cat /proc/version",
        "ls -l --color=never /proc/self/ns/no-such",
        "env",
        "no-such-tool -x",
        "/no/such/tool",
        "/proc/version",
        "grep -q nothing-like-it /proc/version",
        "./killed TERM",
        "./killed SEGV",
        "./asks",
        "./prints 200",
        "./leaves",
    ],
)
def test_it_does_the_same_with_and_without_a_subshell(tmp_path: Path, shell: str, command: str) -> None:
    for name, text in {
        "killed": "kill -$1 $$",
        "asks": "cat; set; ls -l /proc/$$/fd/9 | sed 's/.*-> //; s/[0-9]//g'; ls /proc/$$/fd",
        "prints": "i=0; while [ $i -lt $1 ]; do echo $i; echo $i >&2; i=$((i+1)); done; exit 7",
        "leaves": "sleep 0.3 &",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\nunset PPID _ BASHPID\n{text}\n")
        (tmp_path / name).chmod(0o755)
    assert scripts.is_plain(command)
    asked = scripts.lane_request(NONCE, command)
    after = scripts.lane_request(NONCE, "pwd; set | grep -c _v3; umask; echo $# $-")
    plain, subshell = (
        _lane(tmp_path, shell, request + after) for request in (asked, asked.replace(b" plain\n", b"\n"))
    )
    # processes differ, and bash names the line of its text that was killed
    known = re.compile(r"(?m)^(?:_|PPID|BASH\w*|.*(?:Segmentation fault|Terminated)).*\n")
    assert [known.sub("", text) for text in plain] == [known.sub("", text) for text in subshell]
    assert re.search(r"(?m)^\x1e e \d+\x1e$", plain[0])


@pytest.mark.parametrize("shell", SHELLS)
def test_a_program_that_has_moved_is_found_at_its_new_place(tmp_path: Path, shell: str) -> None:
    """A shell remembers where it found a program; a lane lives for hours."""
    for place in ("first", "second"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "moves").write_text(f"#!/bin/sh\necho {place}\n")
        (tmp_path / place / "moves").chmod(0o755)
    path = f"PATH={tmp_path}/first:{tmp_path}/second:$PATH\n".encode()
    asked = scripts.lane_request(NONCE, "moves")
    move = scripts.lane_request(NONCE, f"rm {tmp_path}/first/moves")
    back = scripts.lane_request(NONCE, f"cp {tmp_path}/second/moves {tmp_path}/first/moves")
    said = _lane(tmp_path, shell, path + asked + move + asked + back + asked)[0]
    assert re.findall(r"(?m)^(first|second)$", said) == ["first", "second", "second"]


@pytest.mark.parametrize(
    "command",
    [
        "cat a|b", "cat >a", "cat <a", "cat a;b", "cat a&", "cat $A", "cat `a`", "cat 'a'", 'cat "a"',
        "cat a\nb", "cat a\tb", "cat *", "cat ?", "cat [a]", "cat ~", "cat {a,b}", "cat \\a", "cat !a",
        "cat #a", "cat (a)", "A=1 cat", "cat é", " cat", "cat ", "-", "", "~/a", "cd /", "exit", ". a", ": a",
        "[ a ]", "v3_run a b", "v3_ready a", "time cat", "if a", "unset _v3n", "echo a", "true",
    ],
)  # fmt: skip
def test_what_means_something_to_the_shell_is_not_plain(command: str) -> None:
    assert not scripts.is_plain(command)


@pytest.mark.parametrize(
    ("shell", "tell"),
    [("bash", ["-c", "compgen -bk"]), ("busybox", ["ash", "-c", "help"])],
    ids=["bash", "busybox"],
)
def test_the_shells_own_words_are_known(shell: str, tell: list[str]) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed (make deps)")
    said = subprocess.run([shell, *tell], capture_output=True, text=True, check=True).stdout
    words = [word for line in said.splitlines() if not line.endswith((":", "---")) for word in line.split()]
    assert len(words) > 40
    assert [word for word in words if scripts.is_plain(word)] == []


@pytest.mark.parametrize(
    "body", ["export LOADED=$2; cd /", "exit 3", "set | grep _v3", "_v3n=x", "set -e; false"]
)
def test_a_function_that_a_login_file_exports_changes_nothing_in_the_lane(tmp_path: Path, body: str) -> None:
    """A bash that is called sh takes such functions from its environment."""
    if not shutil.which("bash"):
        pytest.skip("bash is not installed (make deps)")
    asked = [
        scripts.lane_request(NONCE, command) for command in ("module load gcc", "pwd; echo [$LOADED]; false")
    ]
    assert asked[0].endswith(b" plain\n")
    out, err = _lane(tmp_path, "bash", b"".join(asked), **{"BASH_FUNC_module%%": f"() {{ {body}\n}}"})
    assert f"{tmp_path}\n[]\n\x1e e 1\x1e" in out, err
    assert "_v3n" not in out


@pytest.mark.parametrize("shell", SHELLS)
def test_a_program_never_finds_the_nonce_in_its_environment(tmp_path: Path, shell: str) -> None:
    out, _ = _lane(tmp_path, shell, scripts.lane_request(NONCE, "env"), _v3n="x", _v3c="x", _v3p="x")
    assert "V3_LANE=a1" in out
    assert "_v3" not in out
