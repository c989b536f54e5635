"""Who may not do this: passwords, tokens, roles, logins at a provider."""

from __future__ import annotations

from utils.errors.base import V3Error


class Forbidden(V3Error):
    code = "forbidden"
    default_message = "Blocked: unknown host name or missing token."
    default_hint = "Open the dashboard itself."


class TokenNeeded(Forbidden):
    default_message = "This request needs the API token."
    for_scripts = (
        "Send 'Authorization: Bearer <token>': V3_TOKEN, or what the data folder's file 'token' holds. "
        "At a hub with people: a token of your own."
    )


class RoleNeeded(Forbidden):
    code = "role-needed"
    default_message = "Your role at this hub is not enough for this."
    default_hint = "Ask an admin of this hub to do it, or for the role."
    for_scripts = "Send a Bearer token whose scope allows it."


class UnknownPerson(V3Error):
    code = "unknown-person"
    default_message = "Nobody has this name at this hub."
    default_hint = "Look at the list of people."


class SignInRefused(V3Error):
    """details.reason: which of its facts does not hold."""

    code = "sign-in-refused"
    default_message = "The login at the provider was not accepted here."
    default_hint = "Log in again. If it stays so, tell an admin of this hub what stands here."


class LoginRequired(V3Error):
    code = "login-required"
    default_message = "This page is protected by a password."
    default_hint = "Open the dashboard and log in."
    for_scripts = TokenNeeded.for_scripts


class TooManyAttempts(V3Error):
    """details: retry_after_s."""

    code = "too-many-attempts"
    default_message = "Too many wrong passwords or tokens."
    default_hint = "Wait a minute, then try again."
    retryable = True
