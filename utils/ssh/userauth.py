"""A login's requests in the flight that ends the key exchange: none waits for the service to be accepted.

RFC 4252 lets a client send a request before the one before it was answered, and a server answers each in
order. paramiko waits a round trip for SERVICE_ACCEPT, and once more for each further method.
"""

from __future__ import annotations

from typing import Any

from paramiko.auth_handler import AuthHandler
from paramiko.message import Message

SERVICE = "ssh-userauth"


class EagerAuth(AuthHandler):
    """paramiko's handler of one login method, which asks at once.

    The transport says by `service_asked` whether an earlier method has asked for the service already.
    """

    transport: Any
    _waits = False

    def _request_auth(self) -> None:
        if not self.transport.service_asked:
            self.transport.service_asked = True
            super()._request_auth()  # type: ignore[misc]
            self._waits = self._depends_on_what_the_server_says()
        if not self._waits:
            self._send_request()

    def _depends_on_what_the_server_says(self) -> bool:
        """An RSA key signs by an algorithm that the server names behind its keys: it may not be here yet."""
        key = self.private_key
        return key is not None and "rsa" in key.get_name() and not self.transport.server_extensions

    def _parse_service_accept(self, message: Message) -> None:
        if self._waits:
            self._waits = False
            super()._parse_service_accept(message)  # type: ignore[misc]

    def _send_request(self) -> None:
        """paramiko builds the request when the service is accepted; it is told so."""
        accepted = Message()
        accepted.add_string(SERVICE)
        accepted.rewind()
        super()._parse_service_accept(accepted)  # type: ignore[misc]
