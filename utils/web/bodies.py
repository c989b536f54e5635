"""What request bodies may hold. Unknown keys and wrong types are refused; nothing is guessed."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from flask import request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from utils.errors import BadRequest
from utils.settings import in_words

Text = Annotated[str, Field(max_length=1000)]


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("should hold letters, digits and signs alone")
    return " ".join(text.split())


class Body(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        defer_build=True,  # most starts see few of them
    )


class EmptyBody(Body):
    """Nothing, or {}."""


class RunBody(Body):
    """timeout: seconds, in place of the diagnostic's own."""

    timeout: float | None = Field(default=None, gt=0, le=600)


class CheckupBody(Body):
    """diagnostics: which ones; left out: all that disturb nothing. bays: in which bays, or "all"; left out:
    in the one that the address names."""

    diagnostics: list[Text] | None = Field(default=None, min_length=1, max_length=500)
    bays: Literal["all"] | list[Text] | None = Field(default=None, min_length=1, max_length=500)


class GoldenBody(Body):
    """golden: whether the board is compared with this check-up from now on."""

    golden: bool = True


class ManifestBody(Body):
    """name: of the profile that is written; "": made from the board's name."""

    name: str = Field(default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9 ._-]{0,39})?$")


class NormalBody(Body):
    """started_at: of the result whose unknown messages are normal for the board."""

    started_at: Text


class NicknameBody(Body):
    """nickname: what people call the board; "" for its own name."""

    nickname: Annotated[str, Field(max_length=40), AfterValidator(_one_line)]


class ForgetNormalBody(Body):
    """shapes: of the messages that are normal no longer, as GET lists them."""

    shapes: list[Text] = Field(min_length=1, max_length=2000)


class TrustBody(Body):
    """fingerprint: the one that is being asked about. reflashed: it replaces the key it was known by."""

    fingerprint: Text = Field(min_length=1)
    reflashed: bool = False


class CredentialsBody(Body):
    """What is left out stays as it is. sudo_password: "" for none. Kept in memory only."""

    user: Text | None = None
    host: Text | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    password: Text | None = None
    passphrase: Text | None = None
    sudo_password: Text | None = None


class AnswersBody(Body):
    """answers: one for each prompt of the open question, in its order. question: to this one alone."""

    answers: list[Text] = Field(min_length=1, max_length=20)
    question: Text | None = None


Some = TypeVar("Some", bound=Body)


def read(model: type[Some]) -> Some:
    """The request's JSON body as this model; no body at all is {}. BadRequest names every fault."""
    raw = request.get_data(cache=False)
    if raw and request.content_type != "application/json" and not request.is_json:
        raise BadRequest("The body is not JSON.", hint="Send JSON, with Content-Type: application/json.")
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False)
    kinds = {error["type"] for error in errors}
    if "json_invalid" in kinds:
        raise BadRequest("The body is not JSON.")
    if "model_type" in kinds:
        raise BadRequest("The body is not a JSON object.")
    faults = [
        {"field": ".".join(str(part) for part in error["loc"]), "message": in_words(error)}
        for error in errors
    ]
    text = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
    raise BadRequest(f"Not accepted: {text}."[:2000], faults=faults[:50])


def wait_wanted() -> bool:
    """The query's ?wait=0 or 1 (default 1)."""
    return flag("wait")


def flag(name: str) -> bool:
    """A 0 or 1 of the query, 1 when it names none. BadRequest."""
    value = request.args.get(name, "1") if request.query_string else "1"
    if value not in ("0", "1"):
        raise BadRequest(f"{name} is 0 or 1.")
    return value == "1"


def bay_wanted() -> str:
    """The query's ?bay=ID; "" when it names none."""
    return request.args.get("bay", "")


def asked(name: str, longest: int) -> str:
    """A text of the query, "" when it names none. BadRequest when it is too long."""
    text = request.args.get(name, "")
    if len(text) > longest:
        raise BadRequest(f"{name} is longer than {longest} characters.")
    return text


def number(name: str) -> int:
    """A number of the query, 0 when it names none. BadRequest."""
    value = request.args.get(name, "0")
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise BadRequest(f"{name} is a number.")
    return int(value)


def page_wanted() -> tuple[str, int]:
    """The query's ?before= ("" when it names none) and ?limit= (20; 1 to 200)."""
    limit = request.args.get("limit", "20")
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= 200):
        raise BadRequest("limit is a number from 1 to 200.")
    return request.args.get("before", ""), int(limit)


def last_event_id() -> int | None:
    """The Last-Event-ID header; None when there is none."""
    value = request.headers.get("Last-Event-ID", "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise BadRequest("Last-Event-ID is not a number of this server.")
    return int(value)
