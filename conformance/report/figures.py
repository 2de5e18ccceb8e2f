"""What a run cost and how fast the answers came, as plain figures without judgement. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from conformance.exchange import Ended
from conformance.report.records import ExchangeLine
from conformance.subject import Answer, ChatStream, Document, ResponsesStream
from conformance.text import counted

__all__ = ["figures", "first_token", "usage_of"]

_UNSENT = (Ended.NOT_SENT, Ended.UNBUILT)
_IN, _OUT = ("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens")
_MOST = 1e12
_ENOUGH = 8  # tokens, from which on a rate says something


def figures(lines: Sequence[ExchangeLine], streams: Iterable[Answer]) -> list[tuple[str, str]]:
    """Requests, tokens, money, the first token and the rate: each with what it is, where it is known."""
    known = list(streams)
    used = [usage for stream in known if (usage := usage_of(stream))]
    firsts = [at for stream in known if (at := first_token(stream)) is not None]
    rates = [rate for stream in known if (rate := _rate(stream)) is not None]
    rows = [
        ("Requests", _requests(lines)),
        ("Tokens", _tokens(used, len(known))),
        ("Money", _money(used)),
        ("First token", _spread(firsts, "s after the request", "stream")),
        ("Output tokens a second", _spread(rates, "", "stream")),
    ]
    return [(name, text) for name, text in rows if text]


def usage_of(stream: Answer) -> Mapping[str, Any]:
    """The last usage that an answer states; empty if it states none."""
    found: Any = None
    match stream:
        case ChatStream():
            found = stream.chat.usage.seen[-1].value if stream.chat.usage.seen else None
        case ResponsesStream():
            ends = stream.responses.lifecycle.terminals
            found = ends[-1].response.get("usage") if ends else None
        case Document(document=dict() as document):
            found = document.get("usage")
        case _:
            pass
    return found if isinstance(found, dict) else {}


def first_token(stream: Answer) -> float | None:
    """When the first text, thought or call of a stream came, in seconds since the request; None if unknown.

    It is unknown for a long answer, of whose texts nobody kept the events.
    """
    event = stream.event(min((number for number in _events(stream) if number), default=None))
    return event.at if event and event.data else None


def _events(stream: Answer) -> Iterator[int]:
    """The events with something for the reader: of each text and call the first."""
    if isinstance(stream, ChatStream):
        for choice in stream.choices:
            yield from (*choice.content.events[:1], *choice.refusal.events[:1], choice.reasoning.event)
            yield from (call.event for call in choice.calls.made[:1])
    elif isinstance(stream, ResponsesStream):
        for item in stream.responses.output.items:
            for text in item.texts.values():
                yield from text.deltas.events[:1]


def _requests(lines: Sequence[ExchangeLine]) -> str:
    sent = [line for line in lines if line.ended not in _UNSENT]
    more = sum(line.attempts - 1 for line in sent)
    return f"{len(sent):,}" + (f", and {more:,} again after a failed attempt" if more > 0 else "")


def _tokens(used: Sequence[Mapping[str, Any]], answers: int) -> str:
    if not used:
        return ""
    sums = [sum(_number(usage, *keys) or 0 for usage in used) for keys in (_IN, _OUT)]
    return f"{sums[0]:,.0f} in and {sums[1]:,.0f} out, as {len(used)} of {counted(answers, 'answer')} state"


def _money(used: Sequence[Mapping[str, Any]]) -> str:
    costs = [cost for usage in used if (cost := _number(usage, "cost")) is not None]
    if not costs:
        return ""
    return f"{sum(costs):.6g}, the sum of `usage.cost` in {counted(len(costs), 'answer')}"


def _number(usage: Mapping[str, Any], *keys: str) -> float | None:
    """The first of these keys whose value is a number that anybody could mean."""
    for key in keys:
        value = usage.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _MOST:
            return value
    return None


def _rate(stream: Answer) -> float | None:
    """The output tokens a second from the first of them to the last event; None if that says nothing."""
    start, tokens = first_token(stream), _number(usage_of(stream), *_OUT)
    end = next((event.at for event in reversed(stream.wire.events) if event.at is not None), None)
    if start is None or end is None or end <= start or tokens is None or tokens < _ENOUGH:
        return None
    return tokens / (end - start)


def _spread(values: Sequence[float], unit: str, noun: str) -> str:
    if not values:
        return ""
    low, middle, high = (_figure(value) for value in (min(values), median(values), max(values)))
    told = " ".join(filter(None, [middle, unit]))
    return (
        told if len(values) == 1 else f"{told}, the middle of {counted(len(values), noun)} ({low} to {high})"
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
