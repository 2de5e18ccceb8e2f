"""What a run would send, and its ceilings."""

import json
from dataclasses import replace

import pytest

from conformance.plan import BAD_KEY, Plan, PlannedRequest, _body, plan
from conformance.providers import Limits
from conformance.scenarios import SCENARIOS
from tests.played import REFERENCE, whole_plan


def named(result: Plan, name: str) -> PlannedRequest:
    """The planned request of a scenario."""
    return next(item for item in result.requests if item.exchange.id == name)


def body(result: Plan, name: str) -> dict[str, object]:
    """The request body of a scenario."""
    value: dict[str, object] = json.loads(named(result, name).request.body)
    return value


def test_a_default_run_keeps_its_ceilings() -> None:
    """At most 32 requests and 5,500 tokens beside those of reasoning."""
    result = whole_plan()

    assert len(result.requests) == len(SCENARIOS) <= 32
    assert result.tokens <= 5500
    assert result.left == ()


def test_a_smoke_run_sends_at_most_six() -> None:
    """One of each important kind."""
    assert 1 < len(plan(REFERENCE, scenarios=["smoke"]).requests) <= 6


def test_a_plan_is_always_the_same() -> None:
    """Prompts are fixed: nothing in them is drawn by chance."""
    assert whole_plan() == whole_plan()


def test_code_words_differ_and_twins_share_theirs() -> None:
    """A word that shows up in another answer has crossed over."""
    result = whole_plan()
    own = [item for item in result.requests if item.exchange.nonce and not item.scenario.predecessor]
    words = [item.exchange.nonce for item in own]

    assert len(set(words)) == len(words)
    assert not any(a in b for a in words for b in words if a != b)
    twin, text = body(result, "chat-twin"), body(result, "chat-text")
    assert twin["messages"] == text["messages"]
    assert "stream" not in twin


def test_what_is_not_claimed_is_left_out_with_its_reason() -> None:
    """False means: not sent."""
    result = plan(replace(REFERENCE, claims={**REFERENCE.claims, "responses": False, "n": False}))

    assert {item.scenario for item in result.left} == {
        *(item.name for item in SCENARIOS if item.api == "responses"),
        "chat-n",
    }
    assert all("says that it has no" in item.why for item in result.left)


def test_an_absent_claim_is_tried_without_a_promise() -> None:
    """Answered is judged, refused is not applicable."""
    claims = {name: True for name in REFERENCE.claims if name != "n"}

    assert named(plan(replace(REFERENCE, claims=claims)), "chat-n").exchange.claim is None
    assert named(whole_plan(), "chat-n").exchange.claim is True


def test_a_provider_shapes_its_requests() -> None:
    """Token parameter, extra body, unsupported parameters, reasoning effort, headers and query."""
    provider = replace(
        REFERENCE,
        token_param="max_completion_tokens",  # noqa: S106
        extra_body={"store": False},
        unsupported_params=frozenset({"stream_options"}),
        reasoning_effort="low",
        headers={"X-Title": "t"},
        query={"api-version": "1"},
    )
    result = plan(provider)
    text = body(result, "chat-text")

    assert text["max_completion_tokens"] == 400
    assert "max_tokens" not in text
    assert text["store"] is False
    assert "stream_options" not in text
    assert body(result, "chat-reasoning")["reasoning_effort"] == "low"
    assert body(result, "responses-reasoning")["reasoning"] == {"effort": "low", "summary": "auto"}
    assert named(result, "chat-text").request.url.endswith("/chat/completions?api-version=1")
    assert named(result, "chat-text").headers == (("X-Title", "t"),)


def test_a_parameter_that_is_the_point_of_a_scenario_leaves_it_out() -> None:
    """Without `n` there is nothing to try."""
    result = plan(replace(REFERENCE, unsupported_params=frozenset({"n"})))

    assert [item.scenario for item in result.left] == ["chat-n"]


def test_the_bad_key_is_sent_only_where_a_key_is_due() -> None:
    """A server without keys accepts any."""
    without = plan(replace(REFERENCE, api_key_env=""))

    assert [item.scenario for item in without.left] == ["chat-bad-key"]
    assert {item.key for item in without.requests} == {"none"}
    assert named(whole_plan(), "chat-bad-key").key == "bad"
    assert BAD_KEY not in named(whole_plan(), "chat-bad-key").request.body


def test_a_malformed_body_is_no_json() -> None:
    """It is cut in half."""
    with pytest.raises(json.JSONDecodeError):
        body(whole_plan(), "chat-malformed")


def test_a_malformed_body_is_cut_before_the_keys_of_the_provider() -> None:
    """A credential among them would be cut within, and then be found by nobody who removes it."""
    own = plan(replace(REFERENCE, extra_body={"metadata": {"api_key": "a" * 400}}))
    cut = [named(one, "chat-malformed").request.body for one in (whole_plan(), own)]

    assert cut[0] == cut[1]


def test_samples_repeat_all_but_the_refusals() -> None:
    """Each sample has its own code words."""
    result = plan(REFERENCE, samples=2)
    ids = [item.exchange.id for item in result.requests]

    assert "chat-text.2" in ids
    assert "chat-malformed.2" not in ids
    assert len(set(ids)) == len(ids)


def test_a_budget_cuts_the_plan_and_says_so() -> None:
    """The first scenarios matter most."""
    result = plan(REFERENCE, budget=3)

    assert len(result.requests) == 3
    assert len(result.left) == len(SCENARIOS) - 3
    assert "budget of 3" in result.left[0].why


def test_an_own_prompt_replaces_the_suites() -> None:
    """For mocks that answer fixed texts; nothing is promised of the answer then."""
    provider = replace(REFERENCE, prompts={"chat-text": "Say hello."})
    exchange = named(plan(provider), "chat-text").exchange

    assert body(plan(provider), "chat-text")["messages"] == [{"role": "user", "content": "Say hello."}]
    assert (exchange.expected_text, exchange.nonce) == ("", "")


@pytest.mark.parametrize("prompt", ["Say hello.", "Say {code}."])
def test_nothing_is_promised_of_the_answer_to_an_own_prompt(prompt: str) -> None:
    """Nor does anything ride on it; the code word is one where the prompt has it. Other scenarios promise."""
    provider = replace(REFERENCE, prompts={"chat-text-no-usage": prompt})
    exchange = named(plan(provider), "chat-text-no-usage").exchange

    assert exchange.promises == ()
    assert bool(exchange.nonce) is ("{code}" in prompt)
    assert "stop" not in body(plan(provider), "chat-text-no-usage")
    assert named(plan(provider), "chat-text").exchange.promises != ()


def test_a_twin_is_sent_the_prompt_of_the_one_that_it_is_of() -> None:
    """Also where that is the provider's own."""
    provider = replace(REFERENCE, prompts={"chat-text": "Say {code}."})

    assert body(plan(provider), "chat-twin")["messages"] == body(plan(provider), "chat-text")["messages"]


def test_no_answer_of_the_responses_api_is_shorter_than_it_allows() -> None:
    """OpenAI refuses fewer than 16 tokens; Chat Completions has no such limit."""
    short = [replace(item, tokens=1) for item in SCENARIOS if item.name in ("responses-text", "chat-text")]
    chat, responses = (_body(REFERENCE, item, "Hi") for item in short)

    assert (chat["max_tokens"], responses["max_output_tokens"]) == (1, 16)


def test_effort_is_asked_of_models_that_reason() -> None:
    """A model that does not would refuse the request."""
    result = plan(replace(REFERENCE, reasoning_effort="high"))
    chat = [item for item in result.requests if item.exchange.id != "chat-malformed"]
    efforts = {item.exchange.id for item in chat if "reasoning_effort" in json.loads(item.request.body)}

    assert efforts == {"chat-reasoning"}
    assert body(result, "responses-reasoning")["reasoning"] == {"effort": "high", "summary": "auto"}
    assert "reasoning" not in body(result, "responses-text")


def test_tokens_are_counted_for_every_choice() -> None:
    """Those of models that reason by themselves."""
    two = plan(REFERENCE, scenarios=["chat-n"])
    thinking = plan(REFERENCE, scenarios=["chat-reasoning", "responses-reasoning"])

    assert (two.tokens, two.reasoning_tokens) == (200, 0)
    assert (thinking.tokens, thinking.reasoning_tokens) == (0, 4000)


def test_each_sample_may_send_what_a_run_may() -> None:
    """A budget is for all of them together."""
    narrow = replace(REFERENCE, limits=Limits(requests=2))

    assert [len(plan(narrow, samples=number).requests) for number in (1, 2, 3)] == [2, 4, 6]
    assert [len(plan(narrow, samples=number, budget=3).requests) for number in (1, 2)] == [3, 3]
    assert [item.why for item in plan(narrow, scenarios=["smoke"]).left] == [
        "beyond the budget of 2 requests"
    ] * 3


def test_what_tries_several_capabilities_is_claimed_with_all_of_them() -> None:
    """One that is not promised makes a refusal acceptable."""
    claims = {name: True for name in REFERENCE.claims if name != "usage"}
    result = plan(replace(REFERENCE, claims=claims))

    assert named(result, "chat-text").exchange.claim is None
    assert named(result, "chat-text-no-usage").exchange.claim is True


def test_a_second_sample_waits_for_a_second_one() -> None:
    """By the names of the exchanges."""
    result = plan(REFERENCE, samples=2)

    assert [named(result, name).after for name in ("chat-twin", "chat-twin.2", "chat-text")] == [
        "chat-cancel",
        "chat-cancel.2",
        "",
    ]


def test_a_stop_sequence_is_sent_where_it_is_claimed() -> None:
    """It rides on a request that is made anyway; the answer that is expected ends before it."""
    without = replace(REFERENCE, claims={name: True for name in REFERENCE.claims if name != "stop"})
    sent, plain = (plan(provider) for provider in (REFERENCE, without))
    name = "chat-text-no-usage"

    assert body(sent, name) == {**body(plain, name), "stop": ["6-"]}
    whole = named(plain, name).exchange.expected_text.split()
    assert named(sent, name).exchange.expected_text.split() == whole[:5]
    assert len(whole) == 8
    assert len(sent.requests) == len(plain.requests)


def test_no_code_word_holds_the_stop_sequence() -> None:
    """The text would end too early."""
    for item in plan(REFERENCE, scenarios=["chat-text-no-usage"], samples=200).requests:
        code = item.exchange.nonce
        assert item.exchange.expected_text == f"1-{code} 2-{code} 3-{code} 4-{code} 5-{code}"


def test_one_call_at_a_time_is_asked_for_where_parallel_calls_are_claimed() -> None:
    """With a prompt that asks for two, so that ignoring it shows."""
    without = replace(REFERENCE, claims={**REFERENCE.claims, "parallel-tools": False})
    sent, plain = (plan(provider) for provider in (REFERENCE, without))
    name = "chat-tool-forced"

    assert body(sent, name)["parallel_tool_calls"] is False
    assert "Rome" in str(body(sent, name)["messages"])
    assert "parallel_tool_calls" not in body(plain, name)
    assert "Rome" not in str(body(plain, name)["messages"])


def test_what_a_provider_does_not_support_does_not_ride_on_a_request() -> None:
    """And its answer is expected whole."""
    unsupported = frozenset({"stop", "parallel_tool_calls"})
    result = plan(replace(REFERENCE, unsupported_params=unsupported))

    assert result.left == ()
    assert "stop" not in body(result, "chat-text-no-usage")
    assert len(named(result, "chat-text-no-usage").exchange.expected_text.split()) == 8
    assert "Rome" not in str(body(result, "chat-tool-forced")["messages"])


def test_a_request_that_sends_an_answer_back_is_planned_before_it_can_be_made() -> None:
    """Its body lacks the answer, and the plan says which one it waits for; twins and others wait for none."""
    result = plan(REFERENCE, samples=2)
    waiting = {item.exchange.id: item.awaits for item in result.requests if item.awaits}

    assert waiting == {
        "chat-next-turn": "chat-tool",
        "chat-next-turn.2": "chat-tool.2",
        "responses-next-turn": "responses-tool",
        "responses-next-turn.2": "responses-tool.2",
    }
    assert all(named(result, name).after == before for name, before in waiting.items())
    assert body(result, "chat-next-turn")["messages"] == body(result, "chat-tool")["messages"]
    assert body(result, "chat-next-turn")["tools"] == body(result, "chat-tool")["tools"]


def test_a_request_is_sent_a_second_time_word_for_word() -> None:
    """Also with the prompt of the provider's own, of whose answer nothing is promised."""
    for provider in (REFERENCE, replace(REFERENCE, prompts={"chat-text-no-usage": "Say {code}."})):
        result = plan(provider)
        first, second = named(result, "chat-text-no-usage"), named(result, "chat-repeat")
        assert first.request == second.request
        assert first.exchange.promises == second.exchange.promises
        assert second.after == "chat-text-no-usage"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("chat-next-turn", ["chat-tool", "chat-next-turn"]),
        ("chat-repeat", ["chat-text-no-usage", "chat-repeat"]),
        ("responses-next-turn", ["responses-tool", "responses-next-turn"]),
    ],
)
def test_a_scenario_brings_the_one_that_it_waits_for(name: str, sent: list[str]) -> None:
    """And the one before it is sent alone, where it is selected alone."""
    assert [item.exchange.id for item in plan(REFERENCE, scenarios=[name]).requests] == sent
    assert [item.exchange.id for item in plan(REFERENCE, scenarios=sent[:1]).requests] == sent[:1]


def test_a_response_is_named_only_where_that_is_claimed() -> None:
    """Else its items are sent back."""
    without = replace(REFERENCE, claims={**REFERENCE.claims, "responses-previous-response": False})
    sent, plain = (body(plan(provider), "responses-next-turn") for provider in (REFERENCE, without))

    assert sent == {**plain, "previous_response_id": ""}
    bare = body(plan(replace(REFERENCE, claims={})), "responses-next-turn")
    assert "previous_response_id" not in bare


def test_a_bare_endpoint_is_asked_less() -> None:
    """At most 29 requests and 5,000 tokens."""
    result = plan(replace(REFERENCE, claims={}))
    assert len(result.requests) <= 29
    assert result.tokens <= 5000


def test_a_twin_in_responses_asks_for_no_stream_and_is_sent_where_the_api_is_claimed() -> None:
    """Its body is that of its stream otherwise."""
    result = whole_plan()
    for name in ("responses-text", "responses-tool"):
        assert body(result, f"{name}-twin") | {"stream": True} == body(result, name)
        assert "stream" not in body(result, f"{name}-twin")
    assert body(result, "responses-unknown-model")["stream"] is True

    bare = plan(replace(REFERENCE, claims={}))
    assert [item.exchange.id for item in bare.requests if item.exchange.id.endswith("-twin")] == [
        "chat-tool-parallel-twin",
        "chat-twin",
    ]


def test_the_arguments_that_a_prompt_dictates_are_known() -> None:
    """For each city those of a call, and the input of a custom tool; of a provider's own prompt nothing."""
    result = whole_plan()
    calls = {item.exchange.id: item.exchange.expected_arguments for item in result.requests}

    assert [json.loads(text)["city"] for text in calls["chat-tool-parallel"]] == ["Paris", "Rome"]
    code = named(result, "chat-tool").exchange.nonce
    assert [json.loads(text) for text in calls["chat-tool"]] == [{"city": "Paris", "code": code}]
    assert calls["responses-custom-tool"][0] in str(body(result, "responses-custom-tool")["input"])
    assert calls["chat-text"] == calls["chat-json"] == ()
    own = replace(REFERENCE, prompts={"chat-tool": "Call get_weather for Paris with the code {code}."})
    assert named(plan(own), "chat-tool").exchange.expected_arguments == ()


def test_the_awkward_lines_hold_what_programs_escape_lose_or_change() -> None:
    """In a text and in arguments of both APIs."""
    result = whole_plan()
    text = named(result, "chat-awkward").exchange.expected_text

    assert all(mark in text for mark in ("&", "<", ">", '"', "'", "\\", "é", "漢", "😀", "\n", "u\u0308"))
    for name in ("chat-tool-parallel", "chat-tool-forced", "responses-tool-forced"):
        exchange = named(result, name).exchange
        awkward = json.loads(exchange.expected_arguments[0])["code"]
        assert awkward.replace(exchange.nonce, "") == text.replace(
            named(result, "chat-awkward").exchange.nonce, ""
        )
