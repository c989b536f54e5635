"""Tells others two things about a line of text: the known message that it is, and its plain form."""

from __future__ import annotations

from utils.judging.parsers._kernel_signature import NONE, Recognition, signature, signature_of_text
from utils.judging.parsers._text import plain

__all__ = ["NONE", "Recognition", "plain", "signature", "signature_of_text"]
