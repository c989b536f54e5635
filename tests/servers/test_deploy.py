"""docs/deploy as it stands there: the units are run with their rights, and Caddy before them for real.

One computer has it all: hub, PostgreSQL, Caddy, a bench that joined, and a board at the bench's own address.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

pytest.importorskip("nats", reason="nats-py is not installed: see requirements-lab.txt")

from tests import postgres
from tests.faults import netns
from tests.servers.machine import DEPLOY, Computer, Service, unit
from tests.servers.servers import Sshd, User, set_password, throwaway_user
from tests.waiting import wait_until
from utils.lab.people import People
from utils.model.roles import Role

UNITS = ("v3-hub.service", "v3-station.service")
NAME, PASSWORD = "lab-pc.example", "words of ada here"
BOARD = "192.168.55.1"
LEAST = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
    "UMask": "0077",
    "CapabilityBoundingSet": "", "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes", "KillMode": "mixed",
    "MemoryDenyWriteExecute": "yes", "SystemCallFilter": "@system-service", "StateDirectoryMode": "0700",
}  # fmt: skip


@pytest.fixture(scope="module")
def pc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computer]:
    if os.geteuid() != 0 or not netns.available() or not shutil.which("caddy"):
        pytest.skip("needs root, network namespaces and caddy (make deps)")
    with Computer(tmp_path_factory.mktemp("pc")) as made:
        made.append("/etc/hosts", f"127.0.0.1 {NAME}\n")
        netns.run("ip", "-n", made.net, "addr", "add", f"{BOARD}/32", "dev", "lo")
        for file in ("hub.env", "station.env"):
            made.append(f"/etc/v3-diagnostics/{file}", (DEPLOY / file).read_text())
        yield made


@pytest.fixture(scope="module")
def hub(pc: Computer) -> Iterator[Service]:
    """The hub, with the database of its unit's settings and its first person."""
    if postgres.PROGRAMS is None:
        pytest.skip("needs PostgreSQL (make deps)")
    state = pc.user("v3-hub", 60731)
    with postgres.running() as database:
        folder = database.folder
        folder.chmod(0o755)
        for program, *more in (("createuser", "v3-hub"), ("createdb", "--owner=v3-hub", "v3-hub")):
            postgres.as_user(folder, program, "-h", str(folder), "-U", "v3", *more)
        pc.binds["/run/postgresql"] = str(folder)
        People(state / "hub").add("ada", Role.ADMIN, PASSWORD)
        subprocess.run(["chown", "-R", "60731:60731", state], check=True)
        made = pc.start("v3-hub.service")
        yield made
        status, said = made.stop()
        assert (status, made.left()) == (0, {}), said
        first, *more = said.splitlines()
        assert first == "V3 Diagnostics: http://127.0.0.1:5055/"
        assert [
            line for line in more if not re.match(r"[\d:.TZ-]+ (WARNING|ERROR) ", line)
        ] == []  # for the journal


@pytest.fixture(scope="module")
def proxy(pc: Computer, hub: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssl.SSLContext]:
    """Caddy with the example. What a browser has that was given the authority's certificate."""
    data = tmp_path_factory.mktemp("caddy")
    process = pc.background(
        "caddy", "run", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile",
        XDG_DATA_HOME=str(data), XDG_CONFIG_HOME=str(data),
    )  # fmt: skip
    root = data / "caddy/pki/authorities/local/root.crt"
    assert wait_until(root.exists, 60)
    context = ssl.create_default_context(cafile=root)
    assert wait_until(lambda: answered(pc, context), 60, every_s=0.1)
    yield context
    process.terminate()
    assert process.wait(20) == 0


def answered(pc: Computer, context: ssl.SSLContext) -> bool:
    try:
        return asked(pc, context, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def opened(to: ssl.SSLContext | int, source: str = "127.0.0.1") -> http.client.HTTPConnection:
    """A browser's connection to the page: by Caddy, or straight to the program at a port."""
    if isinstance(to, int):
        return http.client.HTTPConnection("127.0.0.1", to, timeout=60)
    made = http.client.HTTPSConnection(NAME, timeout=60, context=to)
    made.sock = to.wrap_socket(
        socket.create_connection(("127.0.0.1", 443), 60, (source, 0)), server_hostname=NAME
    )
    return made


def asked(
    pc: Computer, to: ssl.SSLContext | int, method: str, path: str, body: str = "", *,
    source: str = "127.0.0.1", **headers: str,
) -> tuple[int, http.client.HTTPMessage, str]:  # fmt: skip
    """Status, headers and body of what the page answers."""

    def ask() -> tuple[int, http.client.HTTPMessage, str]:
        connection = opened(to, source)
        try:
            connection.request(
                method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    return pc.inside(ask)


def log_in(pc: Computer, context: ssl.SSLContext) -> str:
    """The session's cookie; a browser's request, as it stands on the wire."""
    form = urlencode({"name": "ada", "password": PASSWORD})
    status, headers, _ = asked(
        pc, context, "POST", "/login", form, Origin=f"https://{NAME}", Sec_Fetch_Site="same-origin",
        Content_Type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert status == 303
    assert "; Secure" in headers["Set-Cookie"]
    return headers["Set-Cookie"].partition(";")[0]


def test_systemd_takes_the_units_and_they_give_no_more_than_is_needed(pc: Computer) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze (Debian: systemd)")
    files = [f"/opt/v3-diagnostics/docs/deploy/{name}" for name in UNITS]
    done = subprocess.run(
        pc.argv(["systemd-analyze", "verify", "--man=no", *files]),
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "v3-" in line]
    assert (done.returncode, ours) == (0, []), done.stderr
    for name in UNITS:
        said = unit(name)
        assert {key: said.get(key, ["none"])[0] for key in LEAST} == LEAST, name
        assert said["RestrictAddressFamilies"] == ["AF_UNIX AF_INET AF_INET6 AF_NETLINK"]


def test_through_the_proxy_the_page_opens_for_people_and_events_come_at_once(
    pc: Computer, proxy: ssl.SSLContext
) -> None:
    cookie = log_in(pc, proxy)
    status, _, page = asked(pc, proxy, "GET", "/lab", Cookie=cookie)
    assert (status, "<h1" in page) == (200, True)
    assert asked(pc, proxy, "GET", "/lab")[0] == 303
    assert asked(pc, proxy, "POST", "/logout", Origin=f"http://{NAME}", Cookie=cookie)[0] == 403

    def first_events() -> bytes:
        connection = opened(proxy)
        try:
            told = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin", "Accept-Encoding": "gzip, br, zstd"}
            connection.request("GET", "/api/v1/events", headers=told)
            answer, found = connection.getresponse(), b""
            while b'"beat_s"' not in found:  # the greeting, while the stream stays open
                found += answer.read1()
            return found
        finally:
            connection.close()

    assert pc.inside(first_events).startswith(b"retry: 2000\n\nevent: hello\n")


def test_through_the_proxy_each_browser_has_guesses_of_its_own(pc: Computer, proxy: ssl.SSLContext) -> None:
    """And what a browser says of its address counts for nothing."""

    def guessed(number: int, source: str) -> int:
        told = {"Authorization": f"Bearer guess-{number}", "X_Forwarded_For": f"10.0.0.{number}"}
        return asked(pc, proxy, "GET", "/api/v1/lab", source=source, **told)[0]

    one, another = (f"127.{secrets.randbelow(250) + 1}.{number}.7" for number in (1, 2))
    assert [guessed(number, one) for number in range(6)] == [403] * 5 + [429]
    assert guessed(7, another) == 403


class Board(Sshd):
    """A real sshd where a bench looks for its board."""

    def __init__(self, user: User, pc: Computer) -> None:
        self._pc = pc
        super().__init__(user, port=22)

    def argv(self) -> list[str]:
        argv = super().argv()
        config = self.folder / "sshd_config"
        config.write_text(config.read_text().replace("ListenAddress 127.0.0.1", f"ListenAddress {BOARD}"))
        return ["ip", "netns", "exec", self._pc.net, *argv]

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.argv(), stdout=log, stderr=log, start_new_session=True)
        assert wait_until(lambda: "Server listening" in self.log.read_text(), 20), self.log.read_text()


def test_a_bench_joins_and_asks_its_board_by_the_systems_ssh(
    pc: Computer, hub: Service, proxy: ssl.SSLContext
) -> None:
    """By ssh alone: that has most to lose by the unit's rights (askpass, sockets, its folder in /tmp)."""
    state, bench = pc.user("v3-station", 60732), f"bench-{secrets.token_hex(3)}"
    joins = state / "bench-3.v3join"
    joins.write_text(pc.run("sh", "/opt/v3-diagnostics/docs/deploy/v3-hub", "invite", bench))
    joins.chmod(0o600)
    os.chown(joins, 60732, 60732)
    with throwaway_user("dash") as user, Board(user, pc):
        for file in ("passwd", "group"):  # that of the computer was made before
            (line,) = [
                each
                for each in Path("/etc", file).read_text().splitlines()
                if each.startswith(f"{user.name}:")
            ]
            pc.append(f"/etc/{file}", f"{line}\n")
        set_password(user.name, PASSWORD)
        pc.append(
            "/etc/v3-diagnostics/station.env",
            f"SSH_USER={user.name}\nSSH_PASSWORD='{PASSWORD}'\nSSH_HOST_KEYS=trust-new\n"
            "SSH_USE_PERSISTENT=false\nV3_PORT=5056\n",
        )
        station = pc.start("v3-station.service")
        run = "/api/v1/diagnostics/uptime/run"
        told = {"Content_Type": "application/json", "Sec_Fetch_Site": "same-origin"}
        status, _, said = asked(pc, 5056, "POST", run, "{}", **told)
        assert (status, json.loads(said).get("exit_status")) == (200, 0), said
        cookie = log_in(pc, proxy)

        def is_here() -> bool:
            told = asked(pc, proxy, "GET", "/api/v1/lab", Cookie=cookie, Sec_Fetch_Site="same-origin")[2]
            return [each["here"] for each in json.loads(told)["benches"] if each["id"] == bench] == [True]

        assert wait_until(is_here, 60, every_s=0.2)
        status, said = station.stop()
        assert (status, station.left()) == (0, {}), said
        assert "V3 Diagnostics: http://127.0.0.1:5056/" in said
