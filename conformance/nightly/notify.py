"""Sends the news of a night to a webhook. Its address is a secret: no message, error or file shows it.

Not even its host, which at some services is the whole secret: a webhook is told by where it was named.
"""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import NotAnAddressError
from conformance.nightly.errors import NotifyAddressError
from conformance.nightly.reached import unreached
from conformance.providers import host_and_port

__all__ = ["VARIABLE", "WebhookForm", "addresses", "form_of", "notify"]

VARIABLE = "CONFORMANCE_NOTIFY"
"""The environment variable that may hold the address of a webhook."""

_SECONDS = 20.0
_HEADERS = {"Content-Type": "application/json"}
_SLACK = "hooks.slack.com"


class WebhookForm(StrEnum):
    """What a webhook is sent."""

    SLACK = "slack"  # {"text": ...}
    JSON = "json"  # the document of night.json


def addresses(options: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The addresses of the webhooks by where each was named, such as `--notify, number 2`.

    Raises NotifyAddressError, which holds no address, where no request can be made of one.
    """
    alone = len(options) == 1
    found = {
        "--notify" if alone else f"--notify, number {count}": url for count, url in enumerate(options, 1)
    }
    if url := environment.get(VARIABLE, "").strip():
        found[VARIABLE] = url
    return {where: _checked(url, where) for where, url in found.items()}


def _checked(url: str, where: str) -> str:
    try:
        host_and_port(url, where)
    except NotAnAddressError:
        raise NotifyAddressError(where) from None
    return url


def form_of(url: str) -> WebhookForm:
    """What the host of a webhook expects, if nobody says."""
    return WebhookForm.SLACK if urlsplit(url).hostname == _SLACK else WebhookForm.JSON


def notify(url: str, message: Mapping[str, Any], *, seconds: float = _SECONDS) -> str:
    """Posts a message as JSON; returns "" if it was taken, and else what the webhook did."""
    import httpx  # noqa: PLC0415 - nights without a webhook need no client

    try:
        # In ASCII alone no text of an endpoint has a character that is invisible, or half of one.
        body = json.dumps(dict(message)).encode("ascii")
        # A redirect may lead anywhere, so none is followed; a body may have no end, so none is read.
        with httpx.stream("POST", url, content=body, headers=_HEADERS, timeout=seconds) as answer:
            taken, status = answer.is_success, answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        return f"could not be reached: {unreached(error, seconds)}"
    return "" if taken else f"refused the message with status {status}"
