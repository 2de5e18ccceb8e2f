"""What the page says around its findings: claims, figures, courses, contents, filters, and the last run."""

import json
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from conformance.catalogue import Kind, Level, Outcome
from conformance.exchange import Ended, Exchange, Expects, Piece, Promise, Request
from conformance.gate import Deviation
from conformance.report.claims import ClaimState, claims
from conformance.report.contents import told_since
from conformance.report.figures import figures, first_token
from conformance.report.page import render
from conformance.report.records import ExchangeLine
from conformance.report.refusals import quoted, refusals
from conformance.report.since import RequirementChange, Since
from conformance.report.timeline import WIDTH, timeline
from conformance.standing import Stand, Standing
from conformance.subject import Answer

WARNED = {"outcome": Outcome.WARN}
REFUSED = {"status": 400, "headers": (), "body": b'{"error":{"message":"n is not supported"}}'}


def asked(make: SimpleNamespace, scenario: str, **fields: object) -> Answer:
    """An answer to a request of the suite."""
    answer: Answer = make.stream(scenario, **({"expects": Expects.STREAM} | fields))
    return answer


def stated(make: SimpleNamespace, answers: Sequence[Answer], *verdicts: object) -> dict[str, list[str]]:
    """The names by what became of them, with their notes."""
    rules = {
        "claim-kept": make.rule("claim-kept", Level.MUST, kind=Kind.CLAIM),
        "n-honoured": make.rule("n-honoured", Level.MUST, capability="n"),
    }
    rulings = make.report(list(verdicts), answers).rulings
    return {
        state.value: [f"{item.name} {item.note}".strip() for item in members]
        for state, members in claims(rulings, answers, rules.__getitem__)
    }


def test_a_claim_is_kept_where_it_was_tried_and_nothing_of_it_broke(make: SimpleNamespace) -> None:
    """And works, though not claimed, where the provider says nothing of it."""
    answers = [asked(make, "chat-text"), asked(make, "chat-n", unclaimed=("n",))]
    found = stated(make, answers, make.verdict("n-honoured", Outcome.PASS, "chat-n"))
    assert found["kept"] == ["chat", "usage"]
    assert found["works, though not claimed"] == ["n"]
    assert "tools" in found["not tried"]


def test_a_refusal_breaks_what_is_claimed_and_shows_that_the_rest_is_not_offered(
    make: SimpleNamespace,
) -> None:
    """With its status."""
    answers = [
        asked(make, "chat-text"),
        asked(make, "chat-n", unclaimed=("n",), **REFUSED),
        asked(make, "chat-logprobs", **REFUSED),
    ]
    found = stated(make, answers)
    assert found["not offered"] == ["n 400"]
    assert found["broken"] == ["logprobs 400"]


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        ({"requirement": "n-honoured"}, "broken: n n-honoured"),
        ({"requirement": "n-honoured", "because": "choices-present"}, "broken: n because of choices-present"),
        (
            {"requirement": "n-honoured", "level": Level.SHOULD, **WARNED},
            "answered, with faults: n n-honoured",
        ),
        ({"requirement": "n-honoured", **WARNED}, "kept: n"),  # by a dialect that is declared
        ({"requirement": "claim-kept", "subject": "claim-n"}, "broken: n claim-kept"),
        ({"requirement": "n-honoured", "outcome": Outcome.NOT_TESTABLE}, "not shown: n"),
        ({"requirement": "n-honoured", "outcome": Outcome.NOT_APPLICABLE}, "not shown: n"),
        ({"requirement": "must-z"}, "answered, with faults: n"),
        ({"requirement": "must-z", "subject": "chat-text"}, "kept: n"),
        ({"requirement": "should-a"}, "kept: n"),
    ],
)
def test_a_verdict_on_a_capability_decides_what_became_of_it(
    make: SimpleNamespace, verdict: dict[str, object], state: str
) -> None:
    fields = {"subject": "chat-n", **verdict}
    told = make.verdict(
        fields.pop("requirement"), fields.pop("outcome", None), fields.pop("subject"), **fields
    )
    found = stated(make, [asked(make, "chat-text"), asked(make, "chat-n")], told)
    (mine,) = [
        f"{name}: {one}" for name, members in found.items() for one in members if one.split()[0] == "n"
    ]
    assert mine == state


@pytest.mark.parametrize(
    ("stands", "state"),
    [
        ({}, ClaimState.BROKEN),
        ({"chat-core": Stand.KEPT}, ClaimState.BEYOND),
        ({"chat-core": Stand.KEPT, "chat-tools": Stand.BROKEN}, ClaimState.BEYOND),  # which needs no usage
        ({"chat-core": Stand.BROKEN}, ClaimState.BROKEN),
        ({"chat-core": Stand.NOT_TESTABLE}, ClaimState.BROKEN),
        ({"chat-tools": Stand.KEPT}, ClaimState.BROKEN),
        ({"of-another-suite": Stand.KEPT}, ClaimState.BROKEN),
    ],
)
def test_a_claim_is_never_called_broken_beside_a_profile_of_it_that_is_kept(
    make: SimpleNamespace, stands: dict[str, Stand], state: ClaimState
) -> None:
    """What is broken then is in no profile that needs the capability."""
    rules = {"usage-beyond": make.rule("usage-beyond", Level.MUST, capability="usage")}
    answers = [asked(make, "chat-text")]
    rulings = make.report([make.verdict("usage-beyond")], answers).rulings
    told = [Standing(profile=f"{name}-2026-11-26", stand=stand) for name, stand in stands.items()]
    found = {
        item.name: one
        for one, members in claims(rulings, answers, rules.__getitem__, told)
        for item in members
    }
    assert found["usage"] is state


def test_what_breaks_a_profile_is_a_fault_of_its_claims(make: SimpleNamespace) -> None:
    """Be it a SHOULD."""
    answers = [asked(make, "chat-json")]
    rulings = make.report([make.verdict("should-a", subject="chat-json")], answers).rulings
    told = [Standing(profile="chat-structured-2026-11-26", stand=Stand.BROKEN, broken=("should-a",))]
    for standings, state in ((told, ClaimState.FAULTY), ([], ClaimState.KEPT)):
        found = claims(rulings, answers, make.lookup, standings)
        assert {item.name: one for one, members in found for item in members}["structured-output"] is state


@pytest.mark.parametrize(
    ("outcome", "subject", "unclaimed", "state"),
    [
        (Outcome.NOT_APPLICABLE, "chat-reasoning", True, "not claimed, and nothing of it came"),
        (Outcome.NOT_APPLICABLE, "chat-reasoning", False, "not shown"),
        (Outcome.NOT_TESTABLE, "chat-reasoning", True, "not shown"),
        (Outcome.PASS, "chat-text", True, "works, though not claimed"),  # it reasons unasked
        (Outcome.PASS, "chat-reasoning", False, "kept"),
        (Outcome.WARN, "chat-reasoning", True, "works, though not claimed"),
        (Outcome.FAIL, "chat-reasoning", True, "answered, with faults"),
    ],
)
def test_a_capability_that_is_seen_in_answers_alone_works_where_something_of_it_came(
    make: SimpleNamespace, outcome: Outcome, subject: str, state: str, *, unclaimed: bool
) -> None:
    """As the verdict on its profile has it: an answer to a request for reasoning may hold none."""
    rule = make.rule("reasoning-string", Level.MUST, promise=Promise.REASONING)
    answers = [
        asked(make, "chat-text"),
        asked(make, "chat-reasoning", unclaimed=("reasoning",) if unclaimed else ()),
    ]
    rulings = make.report([make.verdict("reasoning-string", outcome, subject)], answers).rulings
    (found,) = [
        one.value
        for one, members in claims(rulings, answers, {"reasoning-string": rule}.__getitem__)
        if any(item.name == "reasoning" for item in members)
    ]
    assert found == state


def test_what_never_came_to_be_asked_is_not_judged(make: SimpleNamespace) -> None:
    """Nor is what the network lost; without a request of the suite nothing is said."""
    lost = {"status": None, "pieces": (), "ended": Ended.NOT_SENT}
    found = stated(make, [asked(make, "chat-text"), asked(make, "chat-n", **lost)])
    assert found["not judged"] == ["n not sent"]
    assert claims([], [make.stream(scenario="")], make.lookup) == ()


def test_a_parameter_is_tried_where_a_request_has_it(make: SimpleNamespace) -> None:
    body = json.dumps({"stop": ["x"], "stream": True})
    for request, tried in ((Request(body=body), True), (Request(body="{}"), False)):
        found = stated(make, [asked(make, "chat-text-no-usage", request=request)])
        assert ("stop" in found.get("kept", ())) is tried


def test_every_state_of_a_claim_has_the_look_of_an_outcome() -> None:
    assert {state.outcome for state in ClaimState} <= set(Outcome)


# Figures


def spoken(
    make: SimpleNamespace, name: str, *deltas: dict[str, object], usage: object = None, **fields: object
) -> Answer:
    """A stream with these deltas, one each tenth of a second from 0.5 s on."""
    chunks: list[dict[str, object]] = [
        {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": one}]}
        for one in deltas
    ]
    chunks.append({"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": usage})
    body = b"".join(b"data: %s\n\n" % json.dumps(one).encode() for one in chunks)
    answer: Answer = make.stream(name, body, **fields)
    return answer


HELLO: tuple[dict[str, object], ...] = (
    {"role": "assistant", "content": ""},
    {"content": "a"},
    {"content": "b"},
)


def test_the_run_is_told_in_plain_figures(make: SimpleNamespace) -> None:
    usage = {"prompt_tokens": 1_000, "completion_tokens": 10, "cost": 0.0012}
    answers = [
        spoken(make, "a", *HELLO, usage=usage),
        spoken(make, "b", {"role": "assistant"}, *HELLO, usage=usage | {"cost": 0.0003}),
        make.stream("twin", b'{"usage":{"input_tokens":5,"output_tokens":2}}', headers=()),
    ]
    lines = [replace(ExchangeLine.of(item), attempts=2 if item.id == "a" else 1) for item in answers]
    lines.append(ExchangeLine(id="c", api="chat", ended=Ended.NOT_SENT))
    assert dict(figures(lines, answers)) == {
        "Requests": "3, and 1 again after a failed attempt",
        "Tokens": "2,005 in and 22 out, as 3 of 3 answers state",
        "Money": "0.0015, the sum of `usage.cost` in 2 answers",
        "First token": "0.65 s after the request, the middle of 2 streams (0.6 to 0.7)",
        "Output tokens a second": "50, the middle of 2 streams (50 to 50)",
    }


@pytest.mark.parametrize(
    "usage",
    [None, [], {"prompt_tokens": "5", "cost": "1"}, {"cost": float("inf")}, {"cost": -1}, {"cost": True}],
)
def test_what_is_no_figure_is_not_told(make: SimpleNamespace, usage: object) -> None:
    answers = [spoken(make, "a", {"role": "assistant"}, usage=usage)]
    found = dict(figures([ExchangeLine.of(answers[0])], answers))
    assert "Money" not in found
    assert "First token" not in found
    assert "Output tokens a second" not in found


@pytest.mark.parametrize(
    "delta",
    [
        {"content": "a"},
        {"reasoning_content": "a"},
        {"refusal": "a"},
        {"tool_calls": [{"index": 0, "id": "x", "function": {"name": "f"}}]},
    ],
)
def test_the_first_token_is_the_first_text_thought_or_call(
    make: SimpleNamespace, delta: dict[str, object]
) -> None:
    assert first_token(spoken(make, "a", {"role": "assistant"}, delta)) == pytest.approx(0.6)


def test_the_first_token_of_a_response_is_its_first_delta(make: SimpleNamespace) -> None:
    events = [
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "id": "m"}},
        {
            "type": "response.content_part.added",
            "output_index": 0,
            "content_index": 0,
            "part": {"type": "output_text"},
        },
        {
            "type": "response.output_text.delta",
            "output_index": 0,
            "content_index": 0,
            "item_id": "m",
            "delta": "a",
        },
    ]
    body = b"".join(b"data: %s\n\n" % json.dumps(one).encode() for one in events)
    assert first_token(make.stream(body=body, api="responses")) == pytest.approx(0.7)


# Courses


def test_the_course_of_a_stream_is_drawn_and_told(make: SimpleNamespace) -> None:
    at = [0.5, 0.6, 0.7, 0.8, 5.0]
    pieces = tuple(
        replace(piece, at=time)
        for piece, time in zip(spoken(make, "a", *HELLO, {"content": "c"}).exchange.pieces, at, strict=True)
    )
    found = timeline(make.stream("a", pieces=pieces, ended_at=8.0))
    assert found is not None
    assert found.arrivals == "M15 3v12M18 3v12M21 3v12M24 3v12M150 3v12"
    assert (found.first, found.end, found.silences) == (18, WIDTH, ((24, 126),))
    assert found.words == (
        "5 events in 5 pieces, the first after 500 ms, the first token after 600 ms, "
        "the longest gap 4.20 s before event 5, 1 silence, the end after 8.00 s"
    )


def test_what_has_no_times_or_is_no_stream_has_no_course(make: SimpleNamespace) -> None:
    assert timeline(make.stream(pieces=(Piece(data=b"data: 1\n\n"),), ended_at=None)) is None
    assert timeline(make.stream(body=b"{}", status=400)) is None
    assert timeline(make.stream(pieces=(Piece(data=b"data: 1\n\n", at=0.0),), ended_at=0.0)) is None


def test_a_course_of_very_many_events_stays_small(make: SimpleNamespace) -> None:
    pieces = tuple(Piece(data=b"data: %d\n\n" % number, at=number / 1_000) for number in range(4_000))
    found = timeline(make.stream(pieces=pieces, ended_at=4.0))
    assert found is not None
    assert len(found.arrivals) < 3_000
    assert found.silences == ()


# Refusals


def test_a_course_says_how_a_body_ended_that_the_endpoint_did_not_end(make: SimpleNamespace) -> None:
    """The suite left it, or it was lost: its end is not the endpoint's."""
    for ended, words in ((Ended.HELD_OPEN, "the body still open"), (Ended.RESET, "the connection lost")):
        found = timeline(make.stream(ended=ended, ended_at=2.0))
        assert found is not None
        assert found.words.endswith(f", {words} after 2.00 s")


def test_refusals_with_the_same_words_are_told_together(make: SimpleNamespace) -> None:
    answers = [
        asked(make, "chat-text"),
        asked(make, "chat-n", **REFUSED),
        asked(make, "chat-logprobs", **REFUSED),
    ]
    assert refusals(answers) == "refused: n, logprobs (400: n is not supported)"


def test_what_the_endpoint_said_is_quoted(make: SimpleNamespace) -> None:
    def exchange(**fields: object) -> Exchange:
        found: Exchange = make.exchange("chat-n", **fields)
        return found

    assert quoted([exchange(), exchange(**REFUSED)]) == "chat-n: status 400: n is not supported"
    assert quoted([exchange(**REFUSED, expects=Expects.REFUSAL)]) == ""
    assert quoted([exchange(status=500, body=b"")]) == "chat-n: status 500"


# The last run

BEFORE = Since(
    started="2026-09-30T04:00:00Z",
    suite="0.9.0",
    same=12,
    changes=(
        RequirementChange(
            what="regressed",
            requirement="must-a",
            level=Level.MUST,
            scenarios=("a", "b", "c", "d"),
            old=Outcome.PASS,
            new=Outcome.FAIL,
            observed="<b>102",
        ),
        RequirementChange(
            what="improved",
            requirement="must-b",
            level=Level.MUST,
            scenarios=("a",),
            old=Outcome.FAIL,
            new=Outcome.PASS,
        ),
        RequirementChange(
            what="added",
            requirement="should-a",
            level=Level.SHOULD,
            scenarios=("a",),
            new=Outcome.WARN,
            because="must-a",
        ),
    ),
    profiles=(("chat-core-2026-11-26", Stand.KEPT, Stand.BROKEN), ("chat-n-2026-11-26", None, Stand.KEPT)),
)


def test_the_page_says_what_changed_since_the_last_run(make: SimpleNamespace) -> None:
    report = replace(make.report([make.verdict("must-a")]), since=BEFORE)
    page = render(report, [make.stream()], make.lookup)
    text = " ".join(page.split())
    words = (
        "1 requirement regressed; 1 requirement newly judged and broken; 1 requirement improved; "
        "12 verdicts the same."
    )
    assert text.count(words) == 2
    assert '<li><a href="#since">Changed</a></li>' in page
    for row in (
        (
            '<span class="badge fail">✕ regressed</span> MUST <a href="#r-must-a"><code>must-a</code></a>: '
            "pass → fail on a, b, c and 1 more; observed &lt;b&gt;102<"
        ),
        '<span class="badge pass">✓ improved</span> MUST <code>must-b</code>: fail → pass on a<',
        (
            '<span class="badge warn">▲ newly judged</span> SHOULD <code>should-a</code>: '
            "not judged → warn on a, because of <code>must-a</code><"
        ),
    ):
        assert row in text
    assert "<code>chat-core-2026-11-26</code> is broken, and was kept" in text
    assert "<code>chat-n-2026-11-26</code> is kept, and was without a verdict" in text
    assert "judged by version 0.9.0 of the suite" in text
    assert '<a href="#since">Changed</a>' in text


def test_a_run_like_the_last_one_says_so_in_a_line(make: SimpleNamespace) -> None:
    same = replace(BEFORE, changes=(), profiles=())
    page = render(replace(make.report([make.verdict("must-a")]), since=same), [make.stream()], make.lookup)
    assert "Nothing changed; 12 verdicts the same." in page
    assert 'id="since"' not in page
    assert told_since(None) is None
    assert "Since the last run" not in render(make.report([]), [], make.lookup)


# Contents and filters


def test_a_page_of_few_findings_has_no_filters(make: SimpleNamespace) -> None:
    few = make.report([make.verdict(name) for name in ("must-a", "must-b", "must-c")])
    assert 'id="only-' not in render(few, [make.stream()], make.lookup)


def test_filters_offer_what_tells_findings_apart(make: SimpleNamespace) -> None:
    """By level, family and profile; from the fourth card on they are folded."""
    names = ("must-a", "must-b", "must-c", "should-a")
    report = make.report([make.verdict(name) for name in names])
    standing = Standing(profile="chat-core-2026-11-26", stand=Stand.BROKEN, broken=("must-a",))
    whole = Standing(profile="chat-all-2026-11-26", stand=Stand.BROKEN, broken=names)
    report = replace(report, footer=replace(report.footer, profiles=(standing, whole)))
    page = render(report, [make.stream()], make.lookup)
    found = sorted(part.partition('"')[0] for part in page.split('id="only-')[1:])
    assert found == ["f-chat", "f-usage", "f-wire", "l-MUST", "l-SHOULD", "p-0"]
    assert "body:has(#only-f-wire:checked) .told:not(.f-wire){display:none}" in page
    assert 'class="finding told fail l-MUST f-chat p-0 p-1"' in page
    cards = page.split('<article class="finding')[1:]
    assert ["<details open>" in card for card in cards] == [True, True, True, False]


def test_links_to_what_the_page_does_not_carry_are_marked(make: SimpleNamespace) -> None:
    page = render(make.report([make.verdict("must-a")], log="../x/pytest.html"), [make.stream()], make.lookup)
    links = [part for part in page.split("<a ")[1:] if 'href="#' not in part and 'href="http' not in part]
    assert len(links) > 4
    assert all(part.startswith('class="file" ') for part in links)
    assert "Links marked [file] lead to files beside this page" in page
    alone = render(make.report([]), [], make.lookup)
    assert "[file]" not in alone.partition("</style>")[2]


def test_deviations_are_listed_with_their_end(make: SimpleNamespace) -> None:
    listed = [Deviation(requirement="must-a", reason="ours", link="https://e.org/1", scenario="chat-text")]
    page = " ".join(
        render(make.report([make.verdict("must-a")], deviations=listed), [make.stream()], make.lookup).split()
    )
    row = '<code>must-a</code></th><td data-of="where">chat-text</td><td data-of="until">without an end</td>'
    assert row in page
