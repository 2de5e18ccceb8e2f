"""What a request asks for: its API, by its method and address, and by what it is known again. Pure."""

import hashlib
import json
import re
from urllib.parse import parse_qs

from conformance.exchange import Api, Exchange

__all__ = ["api_asked", "request_digest", "without_model"]

_PATHS = ((Api.CHAT, re.compile(r"/chat/completions/?\Z")), (Api.RESPONSES, re.compile(r"/responses/?\Z")))
_RESUMED = re.compile(r"/responses/[^/]+\Z")
_DIGITS = 16  # of a digest


def api_asked(method: str, path: str, query: str) -> Api | None:
    """The API of a request whose answer can be judged; None for any other request.

    That is a POST for an answer, or a GET for the rest of a stream of Responses that was begun before.
    """
    if method == "POST":
        return next((api for api, form in _PATHS if form.search(path)), None)
    resumed = method == "GET" and _RESUMED.search(path) and parse_qs(query).get("stream") == ["true"]
    return Api.RESPONSES if resumed else None


def request_digest(exchange: Exchange) -> str:
    """By what the same request is known again in another run; "" if the request is not known.

    A digest of its body, whatever the order of the keys, without the name of the model, then a full stop and
    a digest of that name.
    """
    request = exchange.request
    if request is None or not (request.body or request.method == "GET"):
        return ""
    asked = {key: value for key, value in exchange.asked.items() if key != "model"}
    try:
        text = json.dumps(asked, sort_keys=True) if exchange.asked else request.body
    except RecursionError:  # nested more deeply than it was read
        text = request.body
    if not request.body:  # the id in the path of a response that is resumed is of one run alone
        text = request.url.partition("?")[2]
    return f"{_short(f'{exchange.api} {request.method} {text}')}.{_short(str(exchange.asked.get('model')))}"


def without_model(digest: str) -> str:
    """The part of a digest that is the same whatever the model; "" for none."""
    return digest.partition(".")[0]


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
