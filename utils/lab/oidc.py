"""Login at a provider (OpenID Connect): code flow with PKCE, state and nonce, by Authlib.

    provider = Provider(issuer, client_id, secret, role_claim)
    begun = provider.begin("https://hub.example/login/oidc/callback")     # lead to begun.url
    told = provider.finish(begun, callback, {"code": …, "state": …})      # Told; SignInRefused

Each login asks the provider anew for its addresses and its keys. So a key that it changed counts at once, and
one that it took back counts no more.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from utils.errors import SignInRefused
from utils.model.roles import GIVEN, Role

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

log = logging.getLogger(__name__)

BEGUN_S = 600.0
"""How long a person may take at the provider."""
_MOST_BEGUN = 200
_TIMEOUT_S = 5.0
_LEEWAY_S = 60
_ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""Signatures by a key of which the provider keeps the private half."""


@dataclass(frozen=True)
class PendingLogin:
    """A login that a browser began. next: the page that it wants."""

    url: str
    state: str
    nonce: str
    verifier: str
    at: float
    next: str


@dataclass(frozen=True)
class Claims:
    """Whom the provider means. role: None where it does not tell roles."""

    name: str
    issuer: str
    subject: str
    role: Role | None


class Provider:
    """Of one hub. Thread-safe."""

    def __init__(self, issuer: str, client_id: str, secret: str = "", role_claim: str = "") -> None:
        self.issuer, self._client_id, self._secret, self._role_claim = issuer, client_id, secret, role_claim
        self._begun: dict[str, PendingLogin] = {}
        self._lock = threading.Lock()

    # --- to the provider

    def begin(self, callback: str, next_page: str = "/") -> tuple[str, PendingLogin]:
        """A new login, and the key by which its browser is known. SignInRefused: nobody is there."""
        told, verifier, nonce = self._discovered(), secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        session = self._session(callback)
        url, state = session.create_authorization_url(
            told["authorization_endpoint"],
            code_verifier=verifier,
            nonce=nonce,
            state=secrets.token_urlsafe(24),
        )
        begun, key = (
            PendingLogin(url, state, nonce, verifier, time.monotonic(), next_page),
            secrets.token_urlsafe(24),
        )
        with self._lock:
            while len(self._begun) >= _MOST_BEGUN:
                del self._begun[next(iter(self._begun))]
            self._begun[key] = begun
        return key, begun

    def take(self, key: str) -> PendingLogin:
        """The login that this browser began, once. SignInRefused."""
        with self._lock:
            begun = self._begun.pop(key, None)
        if begun is None or time.monotonic() - begun.at > BEGUN_S:
            raise refused("state", "This login was not begun in this browser, or it is too long ago.")
        return begun

    # --- and back

    def finish(self, begun: PendingLogin, callback: str, came: Mapping[str, str]) -> Claims:
        """Who logged in. SignInRefused, with the fact that does not hold."""
        if not hmac.compare_digest(came.get("state", "").encode(), begun.state.encode()):
            raise refused("state", "The answer belongs to another login than the one begun here.")
        if came.get("iss", self.issuer) != self.issuer:
            raise refused("issuer", "Another provider answered than the one that was asked.")
        if "code" not in came:
            raise refused("provider", f"The provider let nobody in ({_plain(came.get('error', 'no code'))}).")
        told = self._discovered()
        token = self._fetched(told, callback, came["code"], begun.verifier)
        return self._person(self._claims(told, token, begun.nonce))

    def _fetched(self, told: Mapping[str, Any], callback: str, code: str, verifier: str) -> dict[str, Any]:
        from authlib.common.errors import AuthlibBaseError
        from requests import RequestException

        session = self._session(callback, told)
        asked = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        try:
            token = session.fetch_token(
                told["token_endpoint"], **asked, timeout=_TIMEOUT_S, allow_redirects=False
            )
        except AuthlibBaseError as exc:
            said = _plain(exc.error or "")
            raise refused("provider", f"The provider gave nothing for its code ({said}).") from exc
        except (RequestException, ValueError, TypeError) as exc:
            raise self._away() from exc
        return dict(token)

    def _claims(self, told: Mapping[str, Any], token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """What the token says, once signature and every fact of it hold."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import BadSignatureError, ExpiredTokenError, InvalidKeyIdError, JoseError

        text = token.get("id_token")
        if not isinstance(text, str):
            raise refused("token", "The provider sent no token that says who logged in.")
        needed = {
            "iss": {"essential": True, "value": self.issuer},
            "sub": {"essential": True},
            "aud": {"essential": True, "value": self._client_id},
        }
        asked = {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")}
        try:
            read = jwt.decode(text, self._keys(told), algorithms=list(_ALGORITHMS))
            claims = CodeIDToken(read.claims, read.header, needed, asked)
            claims.validate(leeway=_LEEWAY_S)
        except (BadSignatureError, InvalidKeyIdError) as exc:
            raise refused("key", "No key that the provider shows now has signed its token.") from exc
        except ExpiredTokenError as exc:
            raise refused("expired", "The provider's token is over, or the clocks differ by far.") from exc
        except JoseError as exc:
            raise _of_claim(getattr(exc, "claim", "")) from exc
        except (ValueError, TypeError, KeyError) as exc:
            raise refused("token", "The provider's token cannot be read.") from exc
        return dict(claims)

    def _keys(self, told: Mapping[str, Any]) -> Any:
        """The keys that the provider shows now; what is no key for signatures is left out."""
        from joserfc.errors import JoseError
        from joserfc.jwk import JWKRegistry, KeySet

        found = []
        for each in self._got(told["jwks_uri"]).get("keys", []):
            try:
                if each.get("use", "sig") == "sig" and each.get("kty") in ("RSA", "EC", "OKP"):
                    found.append(JWKRegistry.import_key(each))
            except (JoseError, ValueError, TypeError, KeyError, AttributeError):
                log.warning("A key of %s cannot be read", self.issuer)
        if not found:
            raise refused("key", "The provider shows no key that could have signed its token.")
        return KeySet(found)

    def _person(self, claims: Mapping[str, Any]) -> Claims:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
            raise refused("token", "The provider's token does not say who logged in.")
        email = claims.get("email") if claims.get("email_verified") is not False else None
        named = next(
            (each for each in (claims.get("preferred_username"), email) if isinstance(each, str)), subject
        )
        name = re.sub(r"[^a-z0-9._@+-]", "", named.lower())[:64]
        if "@" not in name:
            name = f"{name[:31]}@{urlsplit(self.issuer).hostname}"[:64]
        return Claims(name, self.issuer, subject, self._role(claims))

    def _role(self, claims: Mapping[str, Any]) -> Role | None:
        """The highest role that the claim names; None where no claim is asked for."""
        if not self._role_claim:
            return None
        said = claims.get(self._role_claim, _within(claims, self._role_claim))
        words = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
        names = {str(each).lower().removeprefix("v3-") for each in words}
        return next((role for role in reversed(GIVEN) if role.value in names), Role.VIEWER)

    # --- the provider's own words

    def _discovered(self) -> Mapping[str, Any]:
        told = self._got(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != self.issuer:
            raise refused(
                "issuer", f"The provider does not call itself {self.issuer}, as V3_OIDC_ISSUER does."
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(told.get(name), str):
                raise refused("provider", f"The provider does not say its {name}.")
            _private(told[name])
        return told

    def _got(self, url: str) -> dict[str, Any]:
        import requests

        _private(url)
        try:
            answer = requests.get(url, timeout=_TIMEOUT_S, allow_redirects=False)
            answer.raise_for_status()
            told = answer.json()
        except (requests.RequestException, ValueError) as exc:
            raise self._away() from exc
        if answer.status_code != 200 or not isinstance(told, dict):
            raise self._away()
        return told

    def _away(self) -> SignInRefused:
        return refused("provider", f"{self.issuer} does not answer as a provider does.")

    def _session(self, callback: str, told: Mapping[str, Any] | None = None) -> OAuth2Session:
        from authlib.integrations.requests_client import OAuth2Session

        ways = (told or {}).get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        return OAuth2Session(
            self._client_id, self._secret or None, scope="openid profile email", redirect_uri=callback,
            code_challenge_method="S256", token_endpoint_auth_method=way if self._secret else "none",
        )  # fmt: skip


def refused(reason: str, message: str) -> SignInRefused:
    """The error; reason: which fact does not hold."""
    return SignInRefused(message, reason=reason)


def _of_claim(claim: str) -> SignInRefused:
    match claim:
        case "iss":
            return refused("issuer", "The token is of another provider.")
        case "aud" | "azp":
            return refused("audience", "The token is for another program than this hub.")
        case "nonce":
            return refused("nonce", "The token belongs to another login than the one begun here.")
        case "exp" | "iat" | "nbf":
            return refused("expired", "The token does not count now, or the clocks differ by far.")
    return refused("token", "The provider's token cannot be read, or lacks what it must say.")


def _private(url: str) -> None:
    """SignInRefused for an address where others could read along: it is https, or on this computer."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or "")):
        return
    raise refused("provider", "The provider has an address without TLS.")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _plain(text: str) -> str:
    """A word of the provider, for people."""
    return re.sub(r"[^A-Za-z0-9_. -]", "", str(text))[:64]


def _within(claims: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted place: realm_access.roles."""
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
