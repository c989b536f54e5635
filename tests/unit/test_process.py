"""The program as a process: what signals do to it, whom it tells that it is ready, and its end."""

from __future__ import annotations

import ast
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.busy import BUSY
from tests.waiting import wait_until
from utils.process import tied, ties
from utils.settings import PROJECT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of a POSIX system")
HEAD = "import os, signal, sys\nfrom utils.process import Stopping, leave\nme = os.getpid()\n"


def played(code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HEAD + textwrap.dedent(code)],
        cwd=PROJECT, env={**os.environ, **environ}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_before_the_start_is_whole_leaves_nothing_half_begun(name: str) -> None:
    done = played(f"""
        stopping = Stopping()
        os.kill(me, signal.{name})
        print("begun")
        stopping.serve(lambda: print("served"), first=lambda: print("first"))
        print("ended")
    """)
    assert (done.returncode, done.stdout.split()) == (0, ["begun", "ended"]), done.stderr


def test_one_end_however_many_signals_come() -> None:
    done = played("""
        stopping = Stopping()
        try:
            stopping.serve(lambda: os.kill(me, signal.SIGINT), first=lambda: print("first"))
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                os.kill(me, number)
            print("cleaned")
    """)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["first", "cleaned"], "")


def test_under_nohup_the_end_of_the_terminal_is_none() -> None:
    done = played("""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        stopping = Stopping()
        stopping.serve(lambda: os.kill(me, signal.SIGHUP), first=lambda: print("first"))
        print("lives")
    """)
    assert done.stdout.split() == ["lives"], done.stderr


@pytest.mark.parametrize(("status", "code"), [("5", 5), ("0", 0), ("None", 0), ("'words'", 1)])
def test_the_end_waits_for_no_thread_and_aborts_in_none(status: str, code: int) -> None:
    end = f'import atexit; atexit.register(print, "last"); print("said", end=" "); leave({status})'
    done = played(BUSY + end)
    assert (done.returncode, done.stdout, done.stderr) == (code, "said last\n", "")


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told_once_that_the_page_answers(abstract: bool, tmp_path: Path) -> None:
    name = f"v3-test-{os.getpid()}" if abstract else str(tmp_path / "told")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0{name}" if abstract else name)
        systemd.settimeout(30)
        done = played(
            "Stopping().serve(lambda: print(os.environ.get('NOTIFY_SOCKET')), first=int)",
            NOTIFY_SOCKET=f"@{name}" if abstract else name,
        )
        assert done.stdout.split() == ["None"], done.stderr
        assert systemd.recv(100) == b"READY=1"


def test_where_nobody_listens_the_program_runs_all_the_same(tmp_path: Path) -> None:
    done = played(
        "Stopping().serve(lambda: print('served'), first=int)", NOTIFY_SOCKET=str(tmp_path / "none")
    )
    assert done.stdout.split() == ["served"], done.stderr


CHILDREN = """
import os, signal, threading, time
from subprocess import PIPE
from utils.laptop import child
def begin():
    made = child.start(["sleep", "600"], stdin=PIPE, stdout=PIPE, start_new_session=True)
    print(made.pid, flush=True)
beginning = threading.Thread(target=begin)
beginning.start()
beginning.join()
waited_for = ["sh", "-c", "echo $$; exec sleep 600"]
threading.Thread(target=child.run, args=(waited_for,), daemon=True).start()
time.sleep(600)
"""


@pytest.mark.skipif(not ties(), reason="only Linux ends children with a killed program, by setpriv")
def test_children_end_with_a_program_that_is_killed_and_not_with_the_thread_that_began_them() -> None:
    with subprocess.Popen([sys.executable, "-c", CHILDREN], cwd=PROJECT, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        children = [Path("/proc", program.stdout.readline().decode().strip()) for _ in range(2)]
        assert wait_until(lambda: [(each / "comm").read_text() for each in children] == ["sleep\n"] * 2)
        program.kill()
    assert wait_until(lambda: not any(each.exists() for each in children), 20)


def test_a_missing_program_is_told_as_ever() -> None:
    with pytest.raises(FileNotFoundError):
        subprocess.run(tied(["v3-no-such-program"]))


def begins(call: ast.Call) -> bool:
    """Whether a process is begun there that nothing ties to this program."""
    named = ast.unparse(call.func)
    if named.startswith(("os.spawn", "os.posix_spawn")) or named in ("os.system", "os.popen", "pty.spawn"):
        return True
    if not named.startswith(("subprocess.", "asyncio.create_subprocess")) or named.endswith("Expired"):
        return False
    return not (call.args and ast.unparse(call.args[0]).startswith("tied("))


def test_every_program_that_is_started_is_tied_to_this_one() -> None:
    """utils/laptop/child.py and `tied` see to it. The kit's tools start what ends by itself."""
    files = [*(PROJECT / "utils").rglob("*.py"), PROJECT / "app.py", PROJECT / "tools/demo_lab.py"]
    found = {
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for path in files
        if path.name != "child.py" or path.parent.name != "laptop"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and begins(node)
    }
    assert [each for each in sorted(found) if not each.startswith("utils/process.py")] == []
