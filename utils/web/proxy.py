"""What a reverse proxy in front of the page tells of the browser: its address, scheme and host.

Only a proxy of V3_TRUSTED_PROXIES is believed; anybody could send such headers. waitress leaves them in place
where there is such a proxy (server.py). Knows no Flask.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ORIGIN = "v3.proxy.origin"
"""In the environ: scheme://host of the browser's address, where a trusted proxy told its scheme."""
_PORTS = {"http": "80", "https": "443"}
_WRITTEN = re.compile(r"\[(.*)\](?::\d+)?|([\d.]+):\d+")  # [::1], [::1]:4711, 10.0.0.7:4711


class FromProxy:
    """The app, asked as the browser asked. trusted: addresses of proxies, as the server sees them."""

    def __init__(self, app: WSGIApplication, trusted: Iterable[str]) -> None:
        self._app, self._trusted = app, frozenset(trusted)
        self._told = ProxyFix(self._by_proxy, x_for=1, x_proto=1, x_host=1)

    def __call__(self, asked: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Believe the headers if the request comes from such a proxy."""
        trusted = plain_address(asked.get("REMOTE_ADDR", "")) in self._trusted
        return (self._told if trusted else self._app)(asked, start_response)

    def _by_proxy(self, asked: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Port and origin follow from the host and scheme that the browser used."""
        asked["REMOTE_ADDR"] = plain_address(asked["REMOTE_ADDR"])
        scheme, host = asked["wsgi.url_scheme"], asked.get("HTTP_HOST", "")
        port = host.rpartition(":")[2]
        asked["SERVER_PORT"] = port if port.isdecimal() and host != port else _PORTS.get(scheme, "")
        if "HTTP_X_FORWARDED_PROTO" in asked:
            asked[ORIGIN] = f"{scheme}://{host}".lower()
        return self._app(asked, start_response)


def plain_address(text: str) -> str:
    """An IP address in the one way to write it, without a port; anything else as it is."""
    written = _WRITTEN.fullmatch(text)
    try:
        address = ipaddress.ip_address((written[1] or written[2]) if written else text)
    except ValueError:
        return text
    return str(getattr(address, "ipv4_mapped", None) or address)
