"""What `conformance record` says in the terminal."""

from collections.abc import Iterator, Sequence

from conformance.catalogue import Outcome, Verdict
from conformance.exchange import Exchange
from conformance.record.address import base_of
from conformance.report.visible import one_line
from conformance.requirements import CATALOGUE
from conformance.subject import Answer
from conformance.text import counted, unended

__all__ = ["exchange_line", "opening_lines", "passed_line"]

_GRAVEST = (Outcome.FAIL, Outcome.ERROR, Outcome.WARN, Outcome.INFO)
_ORDER = {rule.id: place for place, rule in enumerate(CATALOGUE)}
_SAID = 140  # characters of what is quoted
_MODEL = 40


def opening_lines(upstream: str, port: int, folder: str, *, dropped: bool) -> Iterator[str]:
    """What is said before the first request. `folder` is where evidence goes."""
    yield f"records what an application says to {upstream} and what comes back; nothing else is sent"
    yield ""
    yield f"  OPENAI_BASE_URL={base_of(port)} YOUR-PROGRAM"
    yield ""
    kept = "The answers" if dropped else "The prompts and the answers"
    yield (
        f"{kept} of whoever uses the application are being stored in {folder}; credentials in headers and "
        "addresses are not."
    )
    if dropped:
        yield "The bodies of requests are not stored; rules that need them are not testable."
    yield "Ctrl-C ends it and writes the report."
    yield ""


def exchange_line(answer: Answer, verdicts: Sequence[Verdict]) -> str:
    """One exchange: API, model, status, events, and the gravest of what it breaks."""
    exchange = answer.exchange
    status = "no status" if exchange.status is None else str(exchange.status)
    parts = [exchange.api.value, one_line(exchange.model or "no model", _MODEL), status, _form(answer)]
    return f"{exchange.id}  {'  '.join(parts)}  {_verdict(exchange, verdicts)}"


def _form(answer: Answer) -> str:
    if answer.streamed:
        return counted(len(answer.wire.events), "event")
    return "document" if answer.exchange.answered else "no answer"


def _verdict(exchange: Exchange, verdicts: Sequence[Verdict]) -> str:
    for outcome in _GRAVEST:
        found = [verdict for verdict in verdicts if verdict.outcome is outcome and not verdict.because]
        if not found:
            continue
        found.sort(key=lambda verdict: _ORDER[verdict.requirement])
        first = found[0]
        if outcome is Outcome.ERROR:
            return f"{outcome.words}: {one_line(first.reason, _SAID)}"
        names = {verdict.requirement for verdict in found}
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        said = one_line(first.violations[0].observed, _SAID)
        return f"{outcome.words} {first.level} {first.requirement}{more}: {said}"
    if any(verdict.outcome is Outcome.PASS for verdict in verdicts):
        left = f" ({unended(exchange.detail)})" if exchange.detail else ""
        return f"{Outcome.PASS.words}{one_line(left, _SAID)}"
    return f"{Outcome.NOT_TESTABLE.words}: {one_line(exchange.detail or 'nothing could be judged', _SAID)}"


def passed_line(count: int) -> str:
    """What else went through."""
    return f"{counted(count, 'other request')} passed through, not recorded and not judged"
