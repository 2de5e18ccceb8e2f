"""What a scenario is: one request of a run, and why it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.capabilities import CAPABILITIES
from conformance.errors import did_you_mean
from conformance.exchange import Api, Expects, Promise
from conformance.scenarios.prompts import COUNT

__all__ = ["Addition", "Pair", "Scenario"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """Optional parameters of a scenario, sent if the provider claims one more capability.

    `why` continues the scenario's `why`. `body` holds keys of the request. `prompt` replaces the scenario's
    prompt; "" keeps it.
    """

    capability: str
    why: str
    body: Mapping[str, Any]
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Names the scenario that this one is judged together with, and the group that they form."""

    scenario: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One request, and why it is made.

    `needs` are the capabilities that it tries; `promises` what its answer is sure to contain; `also` the
    optional parameters that it carries, so that they need no request of their own. `tokens` is the limit of
    its output; `answer` the kind of text that a model writes if it follows the prompt, or of calls that it
    makes: of the tool for each city, or of a custom tool with the line as its input. `twin` is the streamed
    scenario that it repeats without streaming, with the same prompt and code word; `after` the scenario that
    must be over before it is sent. With `only_claimed` it is sent to providers that claim all that it needs,
    and not to those that say nothing of it.
    """

    name: str
    api: Api
    why: str
    needs: tuple[str, ...]
    promises: tuple[Promise, ...] = ()
    expects: Expects = Expects.STREAM
    role: str = "text"  # which of the provider's models is used
    prompt: str = COUNT
    n: int = 12
    tokens: int = 200
    body: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[Addition, ...] = ()
    answer: str = ""  # "count", "line", "calls", "input", or "" if the answer is not compared
    twin: Pair | None = None
    after: Pair | None = None
    messages: bool = False  # Responses: the input as a list of messages
    only_claimed: bool = False
    leaves_after: int = 0  # events after which the suite closes the connection; 0 for never

    def __post_init__(self) -> None:
        for name in (*self.needs, *(item.capability for item in self.also)):
            if name not in CAPABILITIES:
                hint = did_you_mean(name, tuple(CAPABILITIES))
                raise ValueError(f"scenario {self.name}: there is no capability {name!r}, {hint}")

    @property
    def original(self) -> str:
        """The name of the scenario whose prompt and code word it uses: its twin's, or its own."""
        return self.twin.scenario if self.twin else self.name
