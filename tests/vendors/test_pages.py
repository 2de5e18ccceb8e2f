"""What each of five vendors is told that streams exactly as its page documents, and why that is fair."""

from collections import defaultdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from conformance.capture.run import Job, capture
from conformance.catalogue import Level, Outcome, Verdict
from conformance.judge import judge
from conformance.plan import plan
from conformance.providers import Provider, find_providers, variable
from conformance.requirements import by_id
from tests.vendors.pages import KEY, MODELS, PAGES, serving

SHOWN = "the page's own example lacks it, and a client that is typed by OpenAI's description needs it"
ASKED = "nothing is documented, the request asks for it, and no word says that it is ignored"
DECLARED = "the entry declares the dialect, with the page as its source"
NAMELESS = "no page says by which header a request is named"
ADDED = "the documentation says so; clients that know OpenAI's form only miss it"

TOLD: dict[str, dict[str, tuple[Outcome, str]]] = {
    "zenmux": {
        "error-request-id": (Outcome.INFO, NAMELESS),
        "event-line-type": (Outcome.WARN, DECLARED),
        "sequence-number-start": (Outcome.INFO, ADDED),
        "usage-null-elsewhere": (Outcome.INFO, ADDED),
        "error-fields": (Outcome.WARN, ADDED),
        "error-status-options": (Outcome.WARN, ASKED),
        "max-tokens-honoured": (Outcome.WARN, ASKED),
        "finish-reason-length": (Outcome.WARN, ASKED),
        "response-length-status": (Outcome.WARN, ASKED),
        "response-max-tokens": (Outcome.WARN, ASKED),
        "response-echo": (Outcome.WARN, ASKED),
        "n-honoured": (Outcome.WARN, ASKED),
        "logprobs-present": (Outcome.WARN, ASKED),
    },
    "mume": {
        "error-request-id": (Outcome.INFO, NAMELESS),
        "usage-present": (Outcome.WARN, ASKED),
        "error-status-options": (Outcome.WARN, ASKED),
        "tool-choice-honoured": (Outcome.WARN, ASKED),
        "response-length-status": (Outcome.WARN, ASKED),
        "response-max-tokens": (Outcome.WARN, ASKED),
        "response-echo": (Outcome.WARN, ASKED),
        "max-tokens-honoured": (Outcome.WARN, ASKED),
        "finish-reason-length": (Outcome.WARN, ASKED),
        "n-honoured": (Outcome.WARN, ASKED),
        "logprobs-present": (Outcome.WARN, ASKED),
    },
    "yuhuan-studio": {
        "error-request-id": (Outcome.INFO, NAMELESS),
        "chunk-schema": (Outcome.FAIL, SHOWN),
        "finish-reason-key": (Outcome.FAIL, SHOWN),
        "finish-reason-present": (Outcome.FAIL, SHOWN),
        "event-foreign": (Outcome.FAIL, "the page prints the final chunk with usage alone"),
        "usage-null-elsewhere": (Outcome.INFO, ADDED),
        "error-status-options": (Outcome.WARN, ASKED),
        "max-tokens-honoured": (Outcome.WARN, ASKED),
        "n-honoured": (Outcome.WARN, ASKED),
        "logprobs-present": (Outcome.WARN, ASKED),
    },
    "inferex": {
        "error-request-id": (Outcome.INFO, NAMELESS),
        "error-envelope": (Outcome.WARN, DECLARED),
        "usage-present": (Outcome.WARN, ASKED),
        "error-status-options": (Outcome.WARN, ASKED),
        "tool-choice-honoured": (Outcome.WARN, ASKED),
        "max-tokens-honoured": (Outcome.WARN, ASKED),
        "finish-reason-length": (Outcome.WARN, ASKED),
        "n-honoured": (Outcome.WARN, ASKED),
        "logprobs-present": (Outcome.WARN, ASKED),
    },
    "onysoft": {
        "error-request-id": (Outcome.INFO, NAMELESS),
        "role-first": (Outcome.FAIL, SHOWN),
        "choice-index": (Outcome.FAIL, SHOWN),
        "chunk-schema": (Outcome.FAIL, SHOWN),
        "finish-reason-key": (Outcome.FAIL, SHOWN),
        "finish-reason-present": (Outcome.FAIL, SHOWN),
        "usage-unasked": (Outcome.WARN, DECLARED),
        "usage-null-elsewhere": (Outcome.INFO, ADDED),
        "error-status-options": (Outcome.WARN, ASKED),
        "max-tokens-honoured": (Outcome.WARN, ASKED),
        "n-honoured": (Outcome.WARN, ASKED),
        "logprobs-present": (Outcome.WARN, ASKED),
    },
}
"""By vendor and requirement: the worst outcome anywhere in a run, and why it is fair."""
NAMED_FOR_REASONING = {"zenmux"}
"""The vendors that document reasoning beside the text; the run names a model of theirs for it."""


def entry(name: str, base_url: str) -> Provider:
    """A vendor's entry with the address and the models of its server in place of its own."""
    environment = {variable(name, "BASE_URL"): base_url, variable(name, "MODEL"): MODELS[0]}
    if name in NAMED_FOR_REASONING:
        environment[variable(name, "MODEL_REASONING")] = MODELS[1]
    return find_providers(folder=Path("/nowhere"), environment=environment).named(name)


@cache
def judged(name: str) -> tuple[Verdict, ...]:
    """All verdicts on a whole run against the server of a vendor's page, by the vendor's own entry."""
    with serving(name) as server, TemporaryDirectory() as folder:
        provider = entry(name, server.base_url)
        job = Job(plan=plan(provider), evidence=Path(folder), key=KEY)
        return tuple(judge(capture([job]).exchanges[name], provider.dialects))


@pytest.mark.parametrize("name", PAGES)
def test_what_a_vendor_is_told_that_streams_as_its_page_documents(name: str) -> None:
    """No more than the table says, and no less: each row has its reason."""
    outcomes: dict[str, set[Outcome]] = defaultdict(set)
    for verdict in judged(name):
        if verdict.outcome in (Outcome.FAIL, Outcome.WARN, Outcome.INFO, Outcome.ERROR):
            outcomes[verdict.requirement].add(verdict.outcome)
    assert outcomes == {rule: {outcome} for rule, (outcome, _) in TOLD[name].items()}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_red_that_was_never_promised(name: str) -> None:
    """What is ignored without a claim is a SHOULD, and names the line that switches the request off."""
    asked = {rule for rule, (_, why) in TOLD[name].items() if why is ASKED}
    claims = entry(name, "http://127.0.0.1/v1").claims
    for verdict in judged(name):
        capability = by_id(verdict.requirement).capability
        if not verdict.violations or not capability or claims.get(capability):
            continue
        assert verdict.requirement in asked
        assert (verdict.outcome, verdict.level) == (Outcome.WARN, Level.SHOULD)
        assert f"`{capability} = false`" in verdict.reason


@pytest.mark.parametrize("name", PAGES)
def test_what_a_vendor_documents_is_kept(name: str) -> None:
    """Every claim of its entry is tested, and none of them is broken by what its page shows."""
    kept = {
        verdict.subject: verdict.outcome for verdict in judged(name) if verdict.requirement == "claim-kept"
    }
    assert set(kept.values()) <= {Outcome.PASS}
    assert ("claim-reasoning" in kept) is (name in NAMED_FOR_REASONING)
    for verdict in judged(name):
        if verdict.requirement in ("stream-honoured", "status-ok", "done-present", "endpoint-streams"):
            assert verdict.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE)
