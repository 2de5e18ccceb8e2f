"""Recognises from the first answer that the address, the key or the model is wrong. Pure."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.evidence.headers import address
from conformance.exchange import Ended, Exchange, Expects, Mistake
from conformance.plan import PlannedRequest
from conformance.providers import Provider
from conformance.text import brief_line, clipped, counted

__all__ = ["ModelList", "UserMistake", "found", "listed_in", "opens", "plainest", "unanswered"]

_NO_PATH = (404, 405, 501)
_MOVED = (301, 302, 303, 307, 308)
_NO_MODEL_STATUS = (400, 403, 404, 422)
_SAID = 160  # characters of what the endpoint said
_NAME = 80  # characters of the name of a model
_TOO_MUCH = re.compile(r"/(chat/completions|completions|responses|models|embeddings|chat)/?$")
# Azure's addresses of one deployment have their version in the query.
_VERSION = re.compile(r"/v\d+[a-z0-9]*(/|$)|/openai/deployments/[^/]+/?$")
_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)
_TLS_ONLY = re.compile(r"plain HTTP request was sent to HTTPS|HTTP request to an HTTPS", re.IGNORECASE)
_BAD_KEY = re.compile(
    r"(incorrect|invalid|wrong|missing|expired)\W+(\w+\W+)?(api\W?)?key|api\W?key\W.{0,40}not valid",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"\bmodels?\b.{0,100}\b(not|n't)\s+(exist|found|be found|available|supported by any provider)"
    r"|\b(unknown|invalid|no such|unrecognized)\s+model|not a valid model|model.?not.?(found|exist)"
    r"|\bnot found the model|\bunable to access model|\bmodel identifier is invalid"
    r"|\bno endpoints found for|模型.{0,40}不存在",
    re.IGNORECASE | re.DOTALL,
)
# Some gateways say 503 of a model that they do not have. One that is not available with 503 is overloaded.
_NO_CHANNEL = re.compile(r"\bno available channel for|模型.{0,40}无可用渠道", re.IGNORECASE | re.DOTALL)
_MODEL_CODES = (
    "DeploymentNotFound",
    "model_not_available",
    "model_not_exist",
    "model_not_found",
    "model_not_supported",
)
_MODEL_TYPED = re.compile(r"models?: ?\S+")  # all that Anthropic says
# Errors of TLS, and the scheme that was probably meant. The first that fits counts.
_TLS = (
    (re.compile(r"WRONG_VERSION_NUMBER|wrong version number|record layer failure|HTTP_REQUEST"), "http"),
    (re.compile("illegal request line"), "https"),  # the library's error if the first byte is no letter
)


@dataclass(frozen=True, slots=True)
class UserMistake:
    """A mistake of the user, and the sentence that describes it."""

    mistake: Mistake
    words: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """The first answer as the table below sees it. `said` is the message of its error, or else its text."""

    provider: Provider
    exchange: Exchange
    status: int
    said: str
    error: dict[str, Any]


def plainest(requests: Sequence[PlannedRequest]) -> list[PlannedRequest]:
    """The plainest request of each API, in plan order: a stream with the fewest keys.

    If all requests of an API should be refused, one of them: it shows whether the server answers at all.
    """
    best: dict[str, PlannedRequest] = {}
    for item in requests:
        other = best.get(item.exchange.api)
        if other is None or _plainness(item) < _plainness(other):
            best[item.exchange.api] = item
    return list(best.values())


def _plainness(item: PlannedRequest) -> tuple[bool, bool, bool, int]:
    scenario = item.scenario
    return (
        scenario.expects is Expects.REFUSAL,
        scenario.expects is not Expects.STREAM or item.after != "",
        scenario.leaves_after > 0 or scenario.role != "text",
        len(scenario.body),
    )


def opens(status: int, content_type: str | None) -> bool:
    """Whether the head of an answer alone shows that address, key and model are right."""
    return status < 300 and not (content_type or "").lower().startswith("text/html")


def found(provider: Provider, exchange: Exchange) -> UserMistake | None:
    """The mistake that the answer to a plainest request shows; None if it shows none.

    The answer to a request that should be refused shows none.
    """
    if exchange.status is None or exchange.expects is Expects.REFUSAL:
        return None
    error = _error(exchange.body)
    said = error.get("message") or error.get("detail")
    text = said if isinstance(said, str) else exchange.body.decode(errors="replace")
    answer = _Answer(provider, exchange, exchange.status, brief_line(text, _SAID), error)
    for mistake, applies, words in _TABLE:
        if applies(answer):
            return UserMistake(mistake, words(answer))
    return None


def unanswered(provider: Provider, exchange: Exchange) -> str:
    """Why the first request got no answer, with what was probably meant; "" if it got one.

    An answer in malformed HTTP is one, which is judged.
    """
    silent = exchange.ended in (Ended.NO_CONNECTION, Ended.NO_RESPONSE) and not exchange.malformed
    if not silent or exchange.status is not None:
        return ""
    scheme, _, rest = provider.base_url.partition("://")
    for sign, meant in _TLS:
        if sign.search(exchange.detail) and scheme != meant:
            return f"{exchange.detail}; {address(f'{meant}://{rest}')} was probably meant"
    return exchange.detail


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models that `GET /models` lists, and in words what it did: `was answered with status 401`.

    `meant` is what to look at, where the answer shows that the address or the key is wrong; else "".
    """

    models: tuple[str, ...]
    words: str
    meant: str = ""


def listed_in(status: int, body: bytes, provider: Provider) -> ModelList:
    """What an answer of a provider to `GET /models` lists."""
    if status != 200:
        words = f"was answered with status {status}"
        if status in (401, 403):
            wanted = "" if provider.api_key_env else "it wants a key: "
            return ModelList((), words, f"{wanted}{_meant_key(provider)}")
        return ModelList((), words, _meant(provider) if status in _NO_PATH else "")
    if _PAGE.match(body):
        return ModelList((), "was answered with a web page", _meant(provider))
    try:
        data = json.loads(body)["data"]
        names = [item["id"] for item in data if isinstance(item, dict) and "id" in item]
    except (ValueError, TypeError, KeyError, RecursionError):
        names = []
    models = tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))
    return ModelList(models, f"lists {counted(len(models), 'model')}" if models else "lists no model")


def _error(body: bytes) -> dict[str, Any]:
    """The error object of a body, with a `message` if there is one; empty if the body is no object."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    error = value.get("error", value)
    return error if isinstance(error, dict) else {"message": error}


# The table at the end lists each mistake with its signs and its sentence. The first row that fits counts.


def _only_tls(answer: _Answer) -> bool:
    url = answer.exchange.request.url if answer.exchange.request else ""
    moved = answer.status in _MOVED and answer.exchange.header("location") == url.replace(
        "http:", "https:", 1
    )
    plain = answer.provider.base_url.startswith("http:")
    return plain and (moved or (answer.status == 400 and bool(_TLS_ONLY.search(answer.said))))


def _page(answer: _Answer) -> bool:
    kind = (answer.exchange.header("content-type") or "").lower()
    html = kind.startswith("text/html") or bool(_PAGE.match(answer.exchange.body))
    return html and answer.status < 500 and answer.status not in (*_NO_PATH, 401, 402, 429, *_MOVED)


def _unknown_model(answer: _Answer) -> bool:
    if answer.status < 400 or answer.status in (401, 402, 429):
        return False
    if answer.error.get("code") in _MODEL_CODES:
        return True
    # LiteLLM writes the absence of a parameter as a text.
    named = answer.error.get("param") in (None, "", "None", "null", "model")
    if answer.status == 404 and _MODEL_TYPED.fullmatch(answer.said):
        return True
    if _NO_CHANNEL.search(answer.said):
        return True
    return answer.status in _NO_MODEL_STATUS and named and bool(_NO_MODEL.search(answer.said))


def _bad_key(answer: _Answer) -> bool:
    return answer.status in (401, 403) or (answer.status == 400 and bool(_BAD_KEY.search(answer.said)))


def _meant(provider: Provider) -> str:
    """The address that was probably meant, if there is no API at the given one."""
    base, mark, query = address(provider.base_url).partition("#")[0].partition("?")
    if too_much := _TOO_MUCH.search(base):
        meant = f"{base[: too_much.start()]}{mark}{query}"
        return f"`{too_much[0].rstrip('/')}` is too much, {meant} was probably meant"
    if not _VERSION.search(base):
        return f"`/v1` is probably missing: {base.rstrip('/')}/v1{mark}{query}"
    return "look up its base URL, which ends before `/chat/completions`"


def _told(answer: _Answer) -> str:
    return f"status {answer.status}{': ' if answer.said else ''}{answer.said}".rstrip(". ")


def _tls_words(answer: _Answer) -> str:
    base = address(answer.provider.base_url)
    meant = base.replace("http:", "https:", 1)
    return f"{base} answers https only ({_told(answer)}); {meant} was probably meant"


def _page_words(answer: _Answer) -> str:
    base = address(answer.provider.base_url)
    return (
        f"{base} answers with a web page (status {answer.status}), not with an API; {_meant(answer.provider)}"
    )


def _model_words(answer: _Answer) -> str:
    model = clipped(answer.exchange.model, _NAME)
    return f"{answer.provider.name} does not serve the model {model} ({_told(answer)})"


def _key_words(answer: _Answer) -> str:
    provider = answer.provider
    if provider.api_key_env:
        return f"{provider.name} refuses the key in {provider.api_key_env} ({_told(answer)})"
    return f"{provider.name} wants a key, and none was sent ({_told(answer)}); {_meant_key(provider)}"


def _meant_key(provider: Provider) -> str:
    if provider.api_key_env:
        return f"look whether {provider.api_key_env} holds the key of this endpoint"
    return (
        "name the variable that holds it: `api_key_env` in providers.toml, --api-key-env on the command line"
    )


def _path_words(answer: _Answer) -> str:
    base = address(answer.provider.base_url)
    return f"there is no API at {base} ({_told(answer)}); {_meant(answer.provider)}"


_TABLE: tuple[tuple[Mistake, Callable[[_Answer], bool], Callable[[_Answer], str]], ...] = (
    (Mistake.SCHEME, _only_tls, _tls_words),
    (Mistake.PAGE, _page, _page_words),
    (Mistake.MODEL, _unknown_model, _model_words),
    (Mistake.KEY, _bad_key, _key_words),
    (Mistake.PATH, lambda answer: answer.status in _NO_PATH, _path_words),
)
