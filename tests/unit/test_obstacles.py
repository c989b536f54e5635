"""The device's own words -> cause, sentence, next step. Words as real programs print them."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from utils import errors
from utils.link import obstacles

# What real shells and servers wrote, and what it means.
SHELLS = [
    ("rbash: line 1: exec: restricted", "restricted-shell"),
    ("rbash: /bin/sh: restricted: cannot specify `/' in command names", "restricted-shell"),
    ("ksh: exec: restricted", "restricted-shell"),
    ("\nThis account is restricted by rssh.\nAllowed commands: scp sftp\n", "transfer-only"),
    ("fatal: unrecognized command 'exec env V3_LANE=1 sh'", "transfer-only"),
    ("*** forbidden command: exec", "transfer-only"),
    ("This service allows sftp connections only.", "sftp-only"),
    ("This account is currently not available.", "nologin"),
    ("This account is not available", "nologin"),
    ("\"System is booting up. Unprivileged users are not permitted to log in yet.\"", "no-logins-now"),
    ('Please login as the user "ubuntu" rather than the user "root".', "wrong-user"),
    ("There were too many logins for 'ubuntu'.", "too-many-logins"),
    ("'exec' is not recognized as an internal or external command,\r\noperable program or batch file.",
     "windows"),
    ("exec : The term 'exec' is not recognized as the name of a cmdlet, function, script file, or operable "
     "program.\r\n    + FullyQualifiedErrorId : CommandNotFoundException", "windows"),
    ("Der Befehl \"exec\" ist entweder falsch geschrieben oder\r\nkonnte nicht gefunden werden.", "windows"),
    ("exec: The term 'exec' is not recognized as a name of a cmdlet, function, script file.", "windows"),
    ("Line has invalid autocommand \"exec env\"", "no-linux-shell"),
    ("              ^\n% Invalid input detected at '^' marker.", "no-linux-shell"),
    ("bad command name exec (line 1 column 1)", "no-linux-shell"),
    ("Error: nu::parser::unexpected_keyword", "other-shell"),
    ("bash: fork: retry: Resource temporarily unavailable", "no-processes"),
    ("-bash: fork: retry: No child processes", "no-processes"),
    ("sh: 1: Cannot fork", "no-processes"),
    ("sh: can't fork: Resource temporarily unavailable", "no-processes"),
    ("zsh: fork failed: resource temporarily unavailable", "no-processes"),
    ("bash: fork: Cannot allocate memory", "no-memory"),
    ("sh: error while loading shared libraries: libc.so.6: failed to map segment from shared object: "
     "Cannot allocate memory", "no-memory"),
    ("sh: 0: Pipe call failed", "no-files"),
    ("bash: /dev/null: Too many open files", "no-files"),
    ("open terminal failed: not a terminal", "needs-terminal"),
    ("Must be connected to a terminal.", "needs-terminal"),
    ("stty: 'standard input': Inappropriate ioctl for device", "needs-terminal"),
    ("Error opening terminal: dumb.", "needs-terminal"),
    ("sh: error while loading shared libraries: libfoo.so.1: cannot open shared object file", "library"),
    ("bash: exec: env: not found", "no-programs"),
    ("dash: 1: exec: env: not found", "no-programs"),
    ("sh: exec: line 0: env: not found", "no-programs"),
    ("Could not chdir to home directory /home/ubuntu: No such file or directory", "no-home"),
    ("ps, ask Bob in building 7 room 12", "ended"),
    ("Welcome to the fork lift. Free memory: lots.", "ended"),
    ("", "ended-silently"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "cause"), SHELLS)
def test_each_refusal_has_its_own_cause_sentence_and_next_step(said: str, cause: str) -> None:
    error = obstacles.shell_error(said.encode(), status=1)
    assert isinstance(error, errors.ShellUnusable)
    assert error.details["cause"] == cause
    assert error.hint
    for word in re.findall(r"[\w']{4,}", said):
        assert word in str(error), "the device's words are whole"


def test_causes_do_not_share_a_sentence_or_a_next_step_by_accident() -> None:
    seen = {value.cause: value for value in vars(obstacles).values() if isinstance(value, obstacles.Obstacle)}
    for _, each in obstacles.SUDO:
        seen.setdefault(each.cause, each)
    assert len({each.sentence for each in seen.values()}) == len(seen) >= 30
    assert all(each.sentence.endswith(".") and each.next_step for each in seen.values())


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("Main menu\n 1) Status\n 2) Reboot\nYour choice: ", "asks"),
        ("Press Enter to continue>", "asks"),
        ("", "hangs"),
        ("Loading ROS…", "hangs"),
        ("bash: fork: retry: Resource temporarily unavailable\n" * 3, "no-processes"),
    ],
)
def test_what_never_became_ready_is_told_apart(said: str, cause: str) -> None:
    error = obstacles.shell_error(said, hangs=True)
    assert (error.details["cause"], error.details["slow"]) == (cause, True)


def test_the_servers_own_signs_are_used() -> None:
    maintenance = obstacles.shell_error("Back at 5 pm.", status=254)  # sshd's status with /etc/nologin
    assert maintenance.details["cause"] == "no-logins-now"
    assert "Back at 5 pm." in str(maintenance)
    assert obstacles.shell_error("", refused=True).details["cause"] == "exec-refused"
    killed = obstacles.shell_error("", signal="KILL")
    assert killed.details["cause"] == "killed"
    assert "(signal KILL)" in str(killed)


@pytest.mark.parametrize(
    ("server", "cause"),
    [
        ("SSH-2.0-OpenSSH_for_Windows_9.5", "windows"),
        ("SSH-2.0-7.34 FlowSsh: Bitvise SSH Server (WinSSHD) 7.34", "windows"),
        ("SSH-2.0-Cisco-1.25", "no-linux-shell"),
        ("SSH-2.0-ROSSSH", "no-linux-shell"),
        ("SSH-2.0-OpenSSH_9.2p1 Debian-2", "ended"),
        ("SSH-2.0-dropbear_2022.83", "ended"),
    ],
)
def test_the_server_tells_where_the_words_are_of_another_language(server: str, cause: str) -> None:
    said = "'exec' n'est pas reconnu en tant que commande interne"
    assert obstacles.shell_error(said, status=1, server=server).details["cause"] == cause
    assert (
        obstacles.shell_error("rbash: exec: restricted", server=server).details["cause"] == "restricted-shell"
    )


@pytest.mark.parametrize(
    "said",
    ["WARNING: Your password has expired.\nPassword change required but no TTY available.",
     "Password change required"],
)  # fmt: skip
def test_an_expired_password_is_its_own_error(said: str) -> None:
    assert isinstance(obstacles.shell_error(said), errors.PasswordExpired)


SUDOS = [
    ("sudo: a password is required", False, "password-wanted"),
    ("sudo: interactive authentication is required", False, "password-wanted"),  # sudo-rs
    ("sudo: Authentication required but not attempted", False, "password-wanted"),  # sudo-rs
    ("Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt", True,
     "wrong-password"),
    ("sudo: Authentication failed, try again.\nsudo: Maximum 3 incorrect authentication attempts", True,
     "wrong-password"),  # sudo-rs
    ("sudo: Incorrect authentication attempt", True, "wrong-password"),  # sudo-rs
    ("sudo: sorry, you must have a tty to run sudo", True, "requiretty"),
    ("sudo: sorry, you must have a tty to run sudo", False, "requiretty"),
    ("bob is not in the sudoers file.  This incident will be reported.", True, "not-in-sudoers"),
    ("Sorry, user bob is not allowed to execute '/usr/bin/true' as root on v3.", True, "not-in-sudoers"),
    ("Sorry, user bob may not run sudo on v3.", False, "not-in-sudoers"),
    ("sudo: I'm sorry bob. I'm afraid I can't do that", True, "not-in-sudoers"),  # sudo-rs
    ("The account is locked due to 3 failed logins.\n(10 minutes left to unlock)", True, "locked"),
    ("sudo: Account validation failure, is your account locked?", True, "locked"),
    ("sudo: Account or password is expired, reset your password and try again", True, "expired"),
    ("sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set", True, "no-setuid"),
    ('sudo: The "no new privileges" flag is set, which prevents sudo from running as root.', False,
     "no-setuid"),
    ("/etc/sudoers:31:9: syntax error\nsudo: no valid sudoers sources found, quitting", True,
     "sudoers-broken"),
    ("/etc/sudoers:3:9: syntax error\nthis is no rule\n     ^~\nbob is not in the sudoers file.", True,
     "sudoers-broken"),
    ("sudo: unable to fork: Resource temporarily unavailable", True, "no-processes"),
    ("sudo: unable to resolve host v3: Name or service not known\nsudo: a password is required", False,
     "password-wanted"),
    ("something nobody knows", True, "sudo-refused"),
    ("something nobody knows", False, "sudo-refused"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "given", "cause"), SUDOS)
def test_each_refusal_of_sudo_has_its_own_cause(said: str, given: bool, cause: str) -> None:
    seen = obstacles.sudo(said, "bob", given=given)
    assert seen.cause == cause
    assert "USER" not in seen.next_step
    assert ("SSH_SUDO_PASSWORD" in seen.next_step) == (cause in ("wrong-password", "password-wanted"))
    assert said.splitlines()[-1].split()[-1] in seen.sentence


def test_a_password_of_another_user_is_named() -> None:
    seen = obstacles.sudo("Sorry, try again.", "bob", given=True, asked_for="root")
    assert seen.cause == "other-password"
    assert "password of root" in seen.next_step
    assert obstacles.sudo("Sorry, try again.", "bob", given=True, asked_for="bob").cause == "wrong-password"


def test_words_are_shown_whole_to_500_characters_and_without_control_characters() -> None:
    text = "a" * 200 + " middle " + "b" * 290
    assert text in str(obstacles.shell_error(text, status=1))
    long = str(obstacles.shell_error("x" * 5000 + " the end", status=1))
    assert long.endswith("the end")
    assert len(long.partition("It said: ")[2]) == obstacles.SAID_MOST
    dirty = "\x1b[31mred\x1b[0m\x07 \x1b]0;title\x07bell\r\n\x00\u202enext\x1e0123 b\x1e"
    assert obstacles.cleaned(dirty) == "red bell | next"
    assert obstacles.cleaned(b"\xff\xfe caf\xc3\xa9").endswith("café")
    assert obstacles.cleaned(b"") == ""


def test_mere_talk_of_a_login_file_is_no_obstacle() -> None:
    assert obstacles.noise("Welcome to bench 7") is None
    seen = obstacles.noise("Could not chdir to home directory /home/x: No such file or directory\n")
    assert seen is not None
    assert seen.cause == "no-home"


# -- the same, out of the mouths of the programs that are here ---------------------------------------

HERE = [
    ("rbash", ["rbash", "-c", "exec env true"], "restricted-shell"),
    ("git-shell", ["git-shell", "-c", "exec env true"], "transfer-only"),
    ("tmux", ["tmux"], "needs-terminal"),
    ("stty", ["stty"], "needs-terminal"),
    ("/usr/sbin/nologin", ["/usr/sbin/nologin"], "nologin"),
    ("/bin/false", ["/bin/false"], "ended-silently"),
    ("bash", ["bash", "-c", "PATH=/nowhere; exec env true"], "no-programs"),
    ("dash", ["dash", "-c", "PATH=/nowhere; exec env true"], "no-programs"),
    ("busybox", ["busybox", "sh", "-c", "PATH=/nowhere; exec env true"], "no-programs"),
    ("bash", ["bash", "-c", "ulimit -n 4; exec dash -c 'true | true'"], "no-files"),
]


@pytest.mark.parametrize(("program", "argv", "cause"), HERE, ids=[" ".join(argv) for _, argv, _ in HERE])
def test_programs_of_this_computer_are_understood(program: str, argv: list[str], cause: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"{program} is not on this computer")
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=20,
        env={"PATH": "/usr/sbin:/usr/bin:/bin", "LC_ALL": "C", "HOME": "/"},
    )  # fmt: skip
    error = obstacles.shell_error(done.stdout + done.stderr, status=done.returncode)
    assert error.details["cause"] == cause, str(error)


@pytest.fixture
def nobodys() -> str:
    done = subprocess.run(["su", "nobody", "-s", "/bin/sh", "-c", "true"], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("needs root, for a user with a limit of processes")
    return "nobody"


@pytest.mark.parametrize("shell", ["dash -c '(true); true'", "busybox sh -c '(true); ls'"])
def test_shells_without_room_for_a_process_are_understood(nobodys: str, shell: str) -> None:
    done = subprocess.run(
        ["su", nobodys, "-s", "/bin/bash", "-c", f"ulimit -u 1; exec {shell}"], capture_output=True,
        check=False,
    )  # fmt: skip
    assert obstacles.shell_error(done.stderr, status=2).details["cause"] == "no-processes", done.stderr
