"""Decides what a run sends, before anything is sent. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.capabilities import CAPABILITIES
from conformance.exchange import Api, Ended, Exchange, Expects, Promise, Request
from conformance.providers import Provider
from conformance.scenarios import CITIES, SCENARIOS, SMOKE, Scenario

__all__ = [
    "AGAIN",
    "BAD_KEY",
    "Plan",
    "PlannedRequest",
    "SkippedScenario",
    "again",
    "code_word",
    "models_url",
    "plan",
]

BAD_KEY = "sk-conformance-no-such-key"
"""The key sent by the scenario that expects to be refused for its key."""

AGAIN = 4
"""The most requests of a run that are sent again with nothing else open, beside its ceiling."""

_PATHS = {Api.CHAT: "/chat/completions", Api.RESPONSES: "/responses"}
_LETTERS = "bcdfghjkmnpqrstvwxz2456789"
_REASONS = "reasoning"  # the role of a model that reasons
_REASONING = ("reasoning", "responses-reasoning")  # capabilities of such a model alone
_LEAST_OUTPUT = 16  # OpenAI's Responses API refuses a smaller max_output_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRequest:
    """One request to send: the exchange without its answer, and which key is sent.

    `headers` contain neither the key nor the content type. `key` is "own", "bad" or "none". `awaits` is the
    id of the exchange whose answer the request sends back: until that has come, the body lacks it, and
    `conformance.turn` completes it. "" for a request that is complete.
    """

    exchange: Exchange
    scenario: Scenario
    headers: tuple[tuple[str, str], ...]
    key: str
    awaits: str = ""

    @property
    def after(self) -> str:
        """The id of the exchange that must be over before this one is sent; "" if there is none."""
        scenario = self.scenario
        name = scenario.after.scenario if scenario.after else scenario.predecessor
        return _id(name, self.exchange.sample) if name else ""

    @property
    def request(self) -> Request:
        """The request, without its headers."""
        assert self.exchange.request is not None  # noqa: S101  a planned exchange always has one
        return self.exchange.request


@dataclass(frozen=True, slots=True)
class SkippedScenario:
    """A scenario or exchange that is not sent, and the reason."""

    scenario: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a run sends to one provider, and what it leaves out."""

    provider: Provider
    requests: tuple[PlannedRequest, ...]
    left: tuple[SkippedScenario, ...]
    base_url: str = ""  # the address of an embedded provider; "" if the provider's own is used

    @property
    def tokens(self) -> int:
        """The maximum number of output tokens, without those of the reasoning scenarios."""
        return sum(_tokens(item) for item in self.requests if item.scenario.role != "reasoning")

    @property
    def reasoning_tokens(self) -> int:
        """The maximum number of output tokens of the reasoning scenarios."""
        return sum(_tokens(item) for item in self.requests if item.scenario.role == "reasoning")


def again(planned: PlannedRequest) -> PlannedRequest:
    """The same request once more, to see whether its timing comes again with nothing else open."""
    first = planned.exchange.id
    return replace(planned, exchange=replace(planned.exchange, id=f"{first}.again", again=first))


def code_word(scenario: str, sample: int) -> str:
    """The code word of a prompt: five letters and digits that form no word."""
    digest = hashlib.sha256(f"{scenario}/{sample}".encode()).digest()
    return "".join(_LETTERS[octet % len(_LETTERS)] for octet in digest[:5])


def plan(
    provider: Provider,
    *,
    scenarios: Iterable[str] = (),
    samples: int = 1,
    budget: int | None = None,
    base_url: str = "",
) -> Plan:
    """The plan of a run. `scenarios` selects some of them (`smoke` names a set); empty selects all.

    `samples` is how often each scenario is sent. `budget` is the most requests, None for the provider's own
    limit. `base_url` is the address of an embedded provider. Raises ModelMissingError.
    """
    wanted = set(scenarios)
    if "smoke" in wanted:
        wanted |= set(SMOKE)
    wanted |= {item.predecessor for item in SCENARIOS if item.name in wanted and item.predecessor}
    chosen = [item for item in SCENARIOS if not wanted or item.name in wanted]
    left: list[SkippedScenario] = []
    requests: list[PlannedRequest] = []
    for sample in range(1, samples + 1):
        for scenario in chosen:
            if why := _why_not(provider, scenario, sample):
                left += [SkippedScenario(scenario.name, why)] if sample == 1 else []
                continue
            requests.append(_planned(provider, scenario, sample, base_url or provider.base_url))
    ceiling = provider.limits.requests * samples if budget is None else budget
    left += [
        SkippedScenario(item.exchange.id, f"beyond the budget of {ceiling} requests")
        for item in requests[ceiling:]
    ]
    return Plan(provider=provider, requests=tuple(requests[:ceiling]), left=tuple(left), base_url=base_url)


def models_url(whole: Plan) -> str:
    """Where the provider of a plan lists its models."""
    return _url(whole.provider, whole.base_url or whole.provider.base_url, "/models")


def _url(provider: Provider, base_url: str, path: str) -> str:
    base, _, query = base_url.partition("#")[0].partition("?")
    pairs = [query] if query else []
    pairs += [f"{key}={value}" for key, value in provider.query.items()]
    return base.rstrip("/") + path + ("?" + "&".join(pairs) if pairs else "")


def _why_not(provider: Provider, scenario: Scenario, sample: int) -> str:
    unclaimed = [name for name in scenario.needs if provider.claims.get(name) is False]
    if unclaimed:
        return f"the provider says that it has no {', no '.join(unclaimed)}"
    if Promise.BAD_KEY in scenario.promises and not _keyed(provider):
        return "the provider takes no key"
    if scenario.expects is Expects.REFUSAL and sample > 1:
        return "a refusal is asked for once"
    if scenario.only_claimed and (silent := _unclaimed(provider, scenario)):
        return f"the provider does not claim {', '.join(silent)}"
    keys = set(scenario.body) & provider.unsupported_params - {"stream_options"}
    if keys:
        return f"the provider does not support {', '.join(sorted(keys))}"
    return ""


def _unclaimed(provider: Provider, scenario: Scenario) -> list[str]:
    return [name for name in scenario.needs if provider.claims.get(name) is not True]


def _keyed(provider: Provider) -> bool:
    # The embedded provider accepts any key but BAD_KEY, so that its refusal can be tested.
    return bool(provider.api_key_env) or provider.embedded


def _planned(provider: Provider, scenario: Scenario, sample: int, base_url: str) -> PlannedRequest:
    scenario = _raised(provider, _added(provider, scenario))
    claims = _claims(provider, scenario)
    code = code_word(scenario.original, sample)
    prompt = _prompt(provider, scenario, code)
    answer, arguments = _dictated(provider, scenario, prompt, code)
    body = _body(provider, scenario, prompt)
    for stop in body["stop"] if isinstance(body.get("stop"), list) else ():
        answer = answer.partition(stop)[0].rstrip()
    text = json.dumps(body, ensure_ascii=False)
    if Promise.MALFORMED in scenario.promises:
        # The provider's own keys stand behind the suite's. Without them a credential is never cut within, and
        # the length does not depend on what redaction makes of it.
        own = {key: value for key, value in body.items() if key not in provider.extra_body}
        text = text[: len(json.dumps(own, ensure_ascii=False)) // 2]
    url = _url(provider, base_url, _PATHS[scenario.api])
    exchange = Exchange(
        id=_id(scenario.name, sample),
        api=scenario.api,
        provider=provider.name,
        model=str(body["model"]),
        scenario=scenario.name,
        sample=sample,
        request=Request(method="POST", url=url, body=text),
        ended=Ended.NOT_SENT,
        expects=scenario.expects,
        promises=_promises(provider, scenario),
        claim=True if claims.issuperset(scenario.needs) else None,
        unclaimed=tuple(
            row.name for row in CAPABILITIES.values() if row.api is scenario.api and row.name not in claims
        ),
        nonce=code if code in prompt and scenario.expects is Expects.STREAM else "",
        expected_text=answer,
        expected_arguments=arguments,
    )
    key = "bad" if Promise.BAD_KEY in scenario.promises else "own" if _keyed(provider) else "none"
    return PlannedRequest(
        exchange=exchange,
        scenario=scenario,
        headers=tuple(provider.headers.items()),
        key=key,
        awaits=_id(scenario.follows, sample) if scenario.follows else "",
    )


def _id(scenario: str, sample: int) -> str:
    return scenario if sample == 1 else f"{scenario}.{sample}"


def _claims(provider: Provider, scenario: Scenario) -> frozenset[str]:
    """The capabilities that the provider claims of the model that a scenario uses."""
    claimed = {name for name, works in provider.claims.items() if works}
    return frozenset(claimed - ({*_REASONING} if _unnamed(provider, scenario) else set()))


def _promises(provider: Provider, scenario: Scenario) -> tuple[Promise, ...]:
    """What the answer is sure to contain: nothing for a prompt of the provider's own."""
    if scenario.original in provider.prompts:
        return ()
    doubtful = {CAPABILITIES[name].promise for name in _REASONING} if _unnamed(provider, scenario) else set()
    return tuple(promise for promise in scenario.promises if promise not in doubtful)


def _unnamed(provider: Provider, scenario: Scenario) -> bool:
    """Whether it is about reasoning, and no model is named that reasons: any model is tried then."""
    return scenario.role == _REASONS and _REASONS not in provider.models


def _raised(provider: Provider, scenario: Scenario) -> Scenario:
    """Raises the token limit to the provider's own, unless the limit is what the scenario is about."""
    short = {Promise.LENGTH, Promise.RESPONSES_LENGTH} & {*scenario.promises}
    if short or scenario.expects is Expects.REFUSAL:
        return scenario
    return replace(scenario, tokens=max(scenario.tokens, provider.limits.output_tokens))


def _added(provider: Provider, scenario: Scenario) -> Scenario:
    """Adds the optional parameters that the provider claims, unless it has a prompt of its own."""
    own = scenario.original in provider.prompts
    for item in () if own else scenario.also:
        if provider.claims.get(item.capability) is True and not provider.unsupported_params & set(item.body):
            scenario = replace(
                scenario,
                why=f"{scenario.why}, {item.why}",
                needs=(*scenario.needs, item.capability),
                body={**scenario.body, **item.body},
                prompt=item.prompt or scenario.prompt,
                role=item.role or scenario.role,
            )
    return scenario


def _prompt(provider: Provider, scenario: Scenario, code: str) -> str:
    own = provider.prompts.get(scenario.original)
    if own is not None:
        return own.replace("{code}", code)
    return scenario.prompt.replace("{code}", code).replace("{n}", str(scenario.n))


def _dictated(provider: Provider, scenario: Scenario, prompt: str, code: str) -> tuple[str, tuple[str, ...]]:
    """The text that a prompt dictates, and the arguments of each call; a provider's own dictates nothing."""
    line = prompt.partition("«")[2].rpartition("»")[0]
    match scenario.answer if scenario.original not in provider.prompts else "":
        case "count":
            return " ".join(f"{number}-{code}" for number in range(1, scenario.n + 1)), ()
        case "line":
            return line, ()
        case "calls":
            calls = ({"city": city, "code": line or code} for city in CITIES if city in prompt)
            return "", tuple(json.dumps(call, ensure_ascii=False) for call in calls)
        case "input":
            return "", (line,)
        case _:
            return "", ()


def _body(provider: Provider, scenario: Scenario, prompt: str) -> dict[str, Any]:
    body: dict[str, Any] = {"model": provider.model_for(scenario.role)}
    if scenario.api is Api.CHAT:
        body["messages"] = [{"role": "user", "content": prompt}]
        body[provider.token_param] = scenario.tokens
    else:
        body["input"] = (
            [{"type": "message", "role": "user", "content": prompt}] if scenario.messages else prompt
        )
        body["max_output_tokens"] = max(scenario.tokens, _LEAST_OUTPUT)
    # A request to Responses that is to be refused asks for a stream, as all others do.
    if scenario.expects is Expects.STREAM or (scenario.api, scenario.expects) == (
        Api.RESPONSES,
        Expects.REFUSAL,
    ):
        body["stream"] = True
    if scenario.role == "reasoning" and scenario.api is Api.CHAT and provider.reasoning_effort:
        body["reasoning_effort"] = provider.reasoning_effort
    off = _switched_off(provider, scenario.api)
    body |= {key: value for key, value in _copied(scenario.body).items() if key not in off}
    if provider.reasoning_effort and isinstance(body.get("reasoning"), dict):
        body["reasoning"]["effort"] = provider.reasoning_effort
    body |= provider.extra_body
    for name in provider.unsupported_params:
        body.pop(name, None)
    return body


def _switched_off(provider: Provider, api: Api) -> set[str]:
    """The request keys that try only what the provider says it does not have."""
    rows = [row for row in CAPABILITIES.values() if row.api is api]
    kept = {key for row in rows if provider.claims.get(row.name) is not False for key in row.keys}
    return {key for row in rows for key in row.keys} - kept


def _copied(body: Mapping[str, Any]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(body))
    return copy


def _tokens(item: PlannedRequest) -> int:
    return item.scenario.tokens * int(item.scenario.body.get("n", 1))
