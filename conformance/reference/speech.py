"""What the model says to an order, token by token. The same order always gets the same words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.reference.order import Order, Tool
from conformance.reference.specimen import specimen
from conformance.reference.wire import Json, compact

GREETING = "Hello! How can I help you today?"
CITIES = ("Paris", "Rome", "Oslo", "Tokyo")
HIGHEST_NUMBER = 10_000

_TOKEN = re.compile(r"\s?\S{1,4}|\s")
_NUMBERS = re.compile(r"numbers 1 to (\d{1,9})", re.IGNORECASE)
_CODE = re.compile(r"\bcode ([a-z0-9]+)")
_ECHO = re.compile(r"«(.*?)»", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One tool call; the tokens concatenate to its arguments, or to the input of a custom tool."""

    name: str
    tokens: tuple[str, ...]
    custom: bool = False

    @property
    def arguments(self) -> str:
        """JSON, unless the budget cut it; plain text for a custom tool."""
        return "".join(self.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What one choice says: reasoning, then either text or calls; `cut` when the budget ended it."""

    reasoning: tuple[str, ...]
    tokens: tuple[str, ...]
    calls: tuple[Call, ...]
    cut: bool

    @property
    def text(self) -> str:
        """The whole answer."""
        return "".join(self.tokens)

    @property
    def spent(self) -> int:
        """Tokens of output, those of the reasoning included; a call's name counts with the call."""
        return len(self.reasoning) + len(self.tokens) + sum(len(call.tokens) + 1 for call in self.calls)


def tokenised(text: str) -> tuple[str, ...]:
    """Text in pieces of up to four characters with the space before them; they concatenate to the text."""
    return tuple(_TOKEN.findall(text))


def prompt_tokens(order: Order) -> int:
    """Tokens of the input: those of every text, and four for the wrapping of each."""
    return sum(len(tokenised(text)) + 4 for text in order.texts)


def speak(order: Order) -> Speech:
    """The answer of the model, cut where the budget ends."""
    left = _Budget(order.budget)
    reasoning = left.take(tokenised(_reasoning(order.prompt)) if order.reasons else ())
    calls = []
    wanted = _calls(order)
    for tool, arguments in wanted:
        if left.spend():
            tokens = left.take(tokenised(arguments))
            calls.append(Call(name=tool.name, tokens=tokens, custom=tool.custom))
    tokens = left.take(tokenised(_text(order))) if not wanted else ()
    return Speech(reasoning=reasoning, tokens=tokens, calls=tuple(calls), cut=left.short)


class _Budget:
    """Counts output tokens down; `short` once something did not fit."""

    def __init__(self, tokens: int | None) -> None:
        self._left = tokens
        self.short = False

    def spend(self) -> bool:
        return bool(self.take(("",)))

    def take(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        if self._left is None:
            return tokens
        taken = tokens[: self._left]
        self._left -= len(taken)
        self.short = self.short or len(taken) < len(tokens)
        return taken


def _hints(prompt: str) -> dict[str, str | list[int]]:
    hints: dict[str, str | list[int]] = {}
    if echo := _ECHO.search(prompt):
        hints["code"] = echo[1]
    elif code := _CODE.search(prompt):
        hints["code"] = code[1]
    if numbers := _NUMBERS.search(prompt):
        hints["numbers"] = list(range(1, _highest(numbers) + 1))
    if cities := _cities(prompt):
        hints["city"] = cities[0]
    return hints


def _highest(numbers: re.Match[str]) -> int:
    return min(int(numbers[1]), HIGHEST_NUMBER)


def _cities(prompt: str) -> list[str]:
    return sorted((city for city in CITIES if city in prompt), key=prompt.index)


def _calls(order: Order) -> list[tuple[Tool, str]]:
    tool = _called(order)
    if tool is None:
        return []
    if tool.custom:
        echo = _ECHO.search(order.prompt)
        return [(tool, echo[1] if echo else GREETING)]
    hints = _hints(order.prompt)
    takes_city = "city" in tool.parameters.get("properties", {})
    cities = _cities(order.prompt) if takes_city else []
    if not order.parallel:
        cities = cities[:1]
    return [
        (tool, compact(specimen(tool.parameters, {**hints, **wanted})))
        for wanted in ([{"city": city} for city in cities] or [{}])
    ]


def _called(order: Order) -> Tool | None:
    if order.choice == "none" or not order.tools:
        return None
    if order.choice == "named":
        return next(tool for tool in order.tools if tool.name == order.named)
    tools = [tool for tool in order.tools if order.allowed is None or tool.name in order.allowed]
    asked = next((tool for tool in tools if _asks_for(order.prompt, tool.name)), None)
    if order.choice == "required":
        return asked or tools[0]
    return None if order.answered else asked


def _asks_for(prompt: str, name: str) -> bool:
    return re.search(rf"\bcall\b.*?\b{re.escape(name)}\b", prompt, re.IGNORECASE | re.DOTALL) is not None


def _text(order: Order) -> str:
    prompt = order.prompt
    numbers, code, echo = _NUMBERS.search(prompt), _CODE.search(prompt), _ECHO.search(prompt)
    if order.form is not None:
        text = compact(_structure(order.form, prompt))
    elif numbers and code:
        text = " ".join(f"{number}-{code[1]}" for number in range(1, _highest(numbers) + 1))
    elif echo:
        text = echo[1]
    else:
        text = GREETING
    return _stopped(text, order.stops)


def _structure(form: Json, prompt: str) -> object:
    hints = _hints(prompt)
    return specimen(form, hints) if form else (hints or {"answer": GREETING})


def _stopped(text: str, stops: Iterable[str]) -> str:
    return min((text.split(stop, 1)[0] for stop in stops), key=len, default=text)


def _reasoning(prompt: str) -> str:
    numbers, code = _NUMBERS.search(prompt), _CODE.search(prompt)
    if numbers and code:
        return f"Counting from 1 to {numbers[1]} with the code {code[1]}."
    return "Reading the request and answering it briefly."
