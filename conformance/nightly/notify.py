"""Sends the news of a night to a webhook. Its address is a secret: no message, error or file shows it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import NotAnAddressError
from conformance.nightly.errors import NotifyAddressError
from conformance.providers import host_and_port

__all__ = ["VARIABLE", "WebhookForm", "checked_address", "form_of", "notify"]

VARIABLE = "CONFORMANCE_NOTIFY"
"""The environment variable that may hold the address of a webhook."""

_SECONDS = 20.0
_SLACK = "hooks.slack.com"


class WebhookForm(StrEnum):
    """What a webhook is sent."""

    SLACK = "slack"  # {"text": ...}
    JSON = "json"  # the document of night.json


def checked_address(url: str, where: str) -> str:
    """The address, if a request can be made of it. Raises NotifyAddressError, which names `where` alone."""
    try:
        host_and_port(url, where)
    except NotAnAddressError:
        raise NotifyAddressError(where) from None
    return url


def form_of(url: str) -> WebhookForm:
    """What the host of a webhook expects, if nobody says."""
    return WebhookForm.SLACK if urlsplit(url).hostname == _SLACK else WebhookForm.JSON


def notify(url: str, message: Mapping[str, Any], *, seconds: float = _SECONDS) -> str:
    """Posts a message as JSON; returns "" if it was taken, and else why not, without the address."""
    import httpx  # noqa: PLC0415 - nights without a webhook need no client

    try:
        # A redirect may lead anywhere, so none is followed; a body may have no end, so none is read.
        with httpx.stream("POST", url, json=dict(message), timeout=seconds) as answer:
            taken, status = answer.is_success, answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        # The texts of these errors may quote the address.
        return f"the webhook could not be reached ({type(error).__name__})"
    return "" if taken else f"the webhook refused the message with status {status}"
