"""A lab for tests: a real nats-server with the hub's configuration on loopback, and benches' keys."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.ports import HOST, free_port
from tests.waiting import wait_until
from utils.lab import server, subjects
from utils.lab.invitation import Invitation
from utils.lab.link import Access, Answering, NatsConnection
from utils.lab.register import Register

CONNECTED_S = 40
"""Whoever comes before the server has read that he may is refused, and rests for 15 s."""


class Lab:
    """A folder of a hub, and its server."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.register = Register(folder)
        self.server = server.Server(folder, HOST, self.port)
        self.links: list[NatsConnection] = []
        self.hub: NatsConnection | None = None

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def invite(self, station: str) -> Invitation:
        invitation = self.register.invite(station, self.address)
        server.reload(self.folder)
        return invitation

    def revoke(self, station: str) -> None:
        self.register.revoke(station)
        server.reload(self.folder)

    def link(
        self, invitation: Invitation, answers: dict[str, Answering] | None = None, inbox: str = ""
    ) -> NatsConnection:
        """A connected link with this file, whoever has it."""
        access = Access(invitation.address, invitation.certificate, invitation.seed)
        found = NatsConnection(
            access, name="test", inbox=inbox or subjects.inbox(invitation.station), answers=answers or {}
        )
        self.links.append(found)
        found.start()
        return found

    def hub_link(self, answers: dict[str, Answering] | None = None) -> NatsConnection:
        """The hub's own link, in place of the one before."""
        if self.hub is not None:
            self.hub.close()
        certificate = (self.folder / "hub.crt").read_text()
        access = Access(self.address, certificate, server.hub_seed(self.folder))
        found = NatsConnection(access, name="hub", inbox=subjects.HUB_INBOX, answers=answers or {})
        self.links.append(found)
        self.hub = found
        found.start()
        assert wait_until(lambda: found.connected)
        return found


@contextlib.contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """A running server, gone afterwards with all links."""
    made = Lab(folder)
    made.server.start()
    try:
        yield made
    finally:
        for link in made.links:
            link.close()
        made.server.close()
