"""What requests about bundles may hold."""

from __future__ import annotations

from flask import request
from pydantic import Field
from werkzeug.exceptions import RequestEntityTooLarge

from utils.errors import BadRequest, BundleTooLarge
from utils.web.bodies import Body, Text

MOST_OF_A_FILE = 64 << 20
MOST_KEPT = 20_000
MOST_OF_A_CHOICE = 1 << 20
"""Bytes of a body that names what is kept."""


class BundleBody(Body):
    """device: the board's identity. checkups: which ones; left out: the newest ten."""

    device: Text = Field(min_length=1)
    checkups: list[Text] | None = Field(default=None, max_length=100)


class SaveBody(Body):
    """keep: questions whose values are not replaced; left out: all are. passphrase: to seal the file with."""

    keep: list[Text] | None = Field(default=None, max_length=MOST_KEPT)
    passphrase: Text | None = None


def file_given() -> tuple[bytes, str, str]:
    """The file that was sent, its name, and the passphrase beside it. BadRequest, BundleTooLarge.

    It comes as a form's field `file`, or as the whole body.
    """
    request.max_content_length = MOST_OF_A_FILE
    try:
        if request.mimetype != "multipart/form-data":
            return request.get_data(), request.args.get("name", "bundle.zip"), ""
        sent = request.files.get("file")
        if sent is None:
            raise BadRequest("The form has no file.", hint="Choose the bundle's file.")
        return sent.read(), sent.filename or "bundle.zip", request.form.get("passphrase", "")
    except RequestEntityTooLarge as exc:
        raise BundleTooLarge("This file is larger than any bundle that is opened here.") from exc
