"""Who may ask: Host, origin, token, login; and the headers of every answer.

Against whom: any web page the technician has open (cross-site requests, DNS rebinding, framing),
and, once V3_PASSWORD is set, everybody on the network. Other users of the laptop itself are out of
scope on loopback unless V3_PASSWORD is set. Each check stands with its threat in `guard`.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from utils.errors import ConfigError, Forbidden, LoginRequired, TokenNeeded
from utils.lab.subjects import THROUGH_LAB
from utils.model.roles import Role
from utils.settings import Settings
from utils.web import people, roles
from utils.web.context import context
from utils.web.proxy import ORIGIN
from utils.web.within import first_script, styles

if TYPE_CHECKING:
    from utils.lab.people import People

FEWEST_IN_PASSWORD = 8
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
MAX_BODY_BYTES = 64 << 10
FROM_ELSEWHERE = {"login.provider.back"}
"""What another site may lead a browser to. It answers only a login that this browser began here."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src {script}; style-src {styles}; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to this address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_binding(settings: Settings, *, by_name: bool = False) -> None:
    """ConfigError when the page would be open to a network. by_name: people log in, at a hub."""
    if by_name or (is_loopback(settings.v3_host) and not settings.v3_trusted_proxies):
        return
    near = is_loopback(settings.v3_host)
    way = "A reverse proxy (V3_TRUSTED_PROXIES)" if near else f"V3_HOST={settings.v3_host}"
    rather = "leave V3_TRUSTED_PROXIES empty" if near else "leave V3_HOST at 127.0.0.1"
    if settings.v3_password is not None:
        if len(settings.v3_password.get_secret_value()) < FEWEST_IN_PASSWORD:
            raise ConfigError(
                f"V3_PASSWORD is too short for a network: it needs {FEWEST_IN_PASSWORD} characters at least.",
                hint=f"Set a longer V3_PASSWORD in .env, or {rather}.",
            )
        return
    raise ConfigError(
        f"{way} would let everybody on the network run commands on the device.",
        hint=f"Set V3_PASSWORD in .env, or {rather}."
        " A hub may have people instead: v3 hub user add NAME --role admin.",
    )


def register(app: Flask) -> None:
    """Guard every route of the app, static files and streams included."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.before_request(guard)
    app.after_request(add_headers)


def guard() -> AnyResponse | None:
    """None when the request may go on; raises Forbidden or LoginRequired, or leads to the login page."""
    if THROUGH_LAB in request.environ:  # the hub let them in; utils/lab/look.py says for what
        return None
    _check_host()  # DNS rebinding: a foreign name that resolves to 127.0.0.1
    _check_site()  # another web page, also one on another port of this host
    token = _token_given()  # scripts
    if not token and not _from_browser() and request.method not in ("GET", "HEAD", "OPTIONS"):
        raise TokenNeeded  # a client that shows neither origin nor token could be anything
    named = people.here()
    if not token and not _open_to_all(named):
        if not _logged_in():
            return _to_login()
        _check_page()
    if named is not None:
        people.check_role()  # a person who may do less
    return None


def _open_to_all(named: People | None) -> bool:
    nobody_logs_in = named is None and context().settings.v3_password is None
    return nobody_logs_in or roles.least(current_app, request.endpoint) is Role.ANYBODY


def _logged_in() -> bool:
    here, name = people.here(), request.cookies.get(cookie_name(), "")
    return context().logins.valid(name) if here is None else people.by_session(here, name)


def _to_login() -> AnyResponse:
    if request.method == "GET" and not request.path.startswith(("/api", "/metrics")):
        asked = request.full_path.rstrip("?")
        return redirect(url_for("login.form", next=None if asked == "/" else asked), 303)
    raise LoginRequired


def _check_host() -> None:
    host = request.environ.get("HTTP_HOST", "")
    if not host_allowed(host, request.environ.get("SERVER_PORT", ""), context().settings):
        raise Forbidden(
            "This address of the page is not known here.",
            hint="Open it as http://127.0.0.1 with its port, or add the name to V3_ALLOWED_HOSTS."
            " Behind a reverse proxy, V3_TRUSTED_PROXIES names the proxy's address too.",
        )


def host_allowed(host: str, own_port: str, settings: Settings) -> bool:
    """Whether a Host header names this server: a known name with the server's own port.

    An entry "name:port" of V3_ALLOWED_HOSTS allows exactly that. Bound to all addresses, any
    IP address is this server: rebinding needs a name.
    """
    host = host.lower()
    if host in {entry.lower() for entry in settings.v3_allowed_hosts if ":" in entry.strip("[]")}:
        return True
    name, port = _split_port(host)
    if port not in ((own_port, "") if own_port in ("80", "443") else (own_port,)):
        return False
    known = {*LOOPBACK_NAMES, *(_bare(entry) for entry in (settings.v3_host, *settings.v3_allowed_hosts))}
    if name in known - {""}:
        return True
    return _bare(settings.v3_host) in ("0.0.0.0", "::") and _is_address(name)  # noqa: S104 - compared only


def _split_port(host: str) -> tuple[str, str]:
    if host.startswith("["):
        name, bracket, rest = host[1:].partition("]")
        valid = bool(bracket) and (not rest or rest.startswith(":"))
        return (name, rest[1:]) if valid else ("", "")
    name, _, port = host.partition(":")
    return name, port


def _bare(host: str) -> str:
    return host.strip().strip("[]").lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _check_site() -> None:
    """Sec-Fetch-Site where the browser sends it, Origin everywhere; both must agree with us."""
    if request.endpoint in FROM_ELSEWHERE and _is_navigation():
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site != "same-origin" and not (site == "none" and _is_navigation()):
        raise Forbidden("Another web page sent this request.", hint="Open the dashboard itself.")
    if origin is not None and origin.lower() not in _own_origins():
        raise Forbidden("Another web page sent this request.", hint="Open the dashboard itself.")


def _check_page() -> None:
    """Where a browser sends no Sec-Fetch-Site (plain http, not on loopback): only our own pages use the API.

    The cookie goes along with any request of another port of this host, and an image's request has no
    Origin. Our pages always send a Referer (Referrer-Policy: same-origin), which no other page can imitate.
    """
    if _from_browser() or not request.path.startswith("/api"):
        return
    referer = urlsplit(request.headers.get("Referer", "").lower())
    if f"{referer.scheme}://{referer.netloc}" not in _own_origins():
        raise Forbidden("Another web page sent this request.", hint="Open the dashboard itself.")


def still_welcome() -> Callable[[], bool]:
    """Whether who sent this request may still be answered, for answers that go on: a session may end."""
    if THROUGH_LAB in request.environ:
        return lambda: True
    here, name, named = context(), request.cookies.get(cookie_name(), ""), people.here()
    if named is not None:
        return people.still(named, name)
    by_session = here.settings.v3_password is not None and "Authorization" not in request.headers
    open_still = people.nobody_yet()
    return lambda: open_still() and (not by_session or here.logins.valid(name))


def _is_navigation() -> bool:
    """Typed into the address bar, or a bookmark."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return request.method in ("GET", "HEAD") and mode == "navigate"


def _own_origins() -> tuple[str, ...]:
    told: str | None = request.environ.get(ORIGIN)
    if told is not None:
        return (told,)
    host = request.environ.get("HTTP_HOST", "").lower()
    return f"http://{host}", f"https://{host}"


def _from_browser() -> bool:
    return "Sec-Fetch-Site" in request.headers or "Origin" in request.headers


def _token_given() -> bool:
    """Whether the right token came; Forbidden for a wrong one, TooManyAttempts after many."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    named, address, given = people.here(), request.remote_addr or "", token.strip()
    if named is None:
        right = context().attempts.right(address, given, context().token)
    else:
        right = context().attempts.looked((address,), lambda: people.by_token(named, given))
    if right:
        return True
    raise TokenNeeded("The API token is wrong.")


def cookie_name() -> str:
    """Cookies do not tell ports apart, so two servers on one host need two names."""
    return f"v3_session_{request.environ.get('SERVER_PORT', '')}"


def who() -> str:
    """Who asks, for the audit log."""
    looker = request.environ.get(THROUGH_LAB)
    if looker is not None:
        return f"hub: {looker}"
    way = f"{'page' if _from_browser() else 'token'} {request.remote_addr or '?'}"
    found = people.asker()
    return way if found is None else f"{found.name} ({way})"


def caller() -> str:
    """Who asks, for benches: the name where people have names."""
    found = people.asker()
    return who() if found is None else found.name


def allow_nonced_styles() -> str:
    """For this one answer, allow a page's scripts to make style sheets.

    Allows style attributes, and sheets that carry the nonce given back. xterm.js needs both for its colours;
    scripts stay as they are.
    """
    g.style_nonce = secrets.token_urlsafe(18)
    return str(g.style_nonce)


def _policy() -> str:
    nonce = g.get("style_nonce")
    more = "" if nonce is None else f" 'nonce-{nonce}'; style-src-attr 'unsafe-inline'"
    return CONTENT_SECURITY_POLICY.format(
        script=f"'self' {first_script().source}", styles=f"'self' {styles().source}{more}"
    )


def add_headers(response: Response) -> Response:
    """The security headers of every answer; pages and API answers are not stored."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers["Content-Security-Policy"] = _policy()
    if request.endpoint == "static":
        response.headers["Cache-Control"] = (
            "no-cache"  # kept, but asked for again: files change with a release
        )
    else:
        response.headers["Cache-Control"] = "no-store"
    return response
