"""Advice for endpoints that answered no request with a stream. Pure."""

import json
from collections.abc import Iterable

from conformance.exchange import Exchange
from conformance.report.visible import one_line
from conformance.subject import Answer
from conformance.text import unended
from conformance.trouble import ACCOUNT

__all__ = ["advice", "said"]

_MESSAGE = 160  # characters of an error message
_PARSED = 1_000_000  # characters of a body up to which its message is looked for


def advice(streams: Iterable[Answer]) -> str:
    """The first answer that was not a stream, and what to check; "" if any stream came.

    Shown with the finding that stands before all others.
    """
    asked = [stream for stream in streams if stream.exchange.expects in ("", "stream")]
    answered = [stream for stream in asked if stream.exchange.answered]
    if not answered or any(stream.streamed for stream in answered):
        return ""
    first = next((stream for stream in answered if stream.exchange.refused), answered[0]).exchange
    words = one_line(said(first), _MESSAGE)
    told = f"{first.id} was answered with status {first.status}{': ' if words else ''}{words}"
    check = ACCOUNT.get(first.status or 0, "look at the base URL and the model")
    return f"{unended(told)}; {check}"


def said(exchange: Exchange) -> str:
    """The message of an error in OpenAI's form, or else the body as it is, also if it is very long."""
    text = exchange.body.decode(errors="replace").strip()
    if len(text) > _PARSED:
        return text
    try:
        message = json.loads(text)["error"]["message"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return text
    return message if isinstance(message, str) else text
