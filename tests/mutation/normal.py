"""What a stream says, whichever way it says it: its normal form.

Two streams with the same normal form mean the same to every client that keeps to the API description. The
form is made in steps, each of which leaves out something that carries no meaning, and says why. It shares no
code with the checks.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from tests.mutation.stream import DONE, Base, Block

__all__ = ["Normal", "Step"]


class Step(IntEnum):
    """How much is left out; each step leaves out what the ones before it do."""

    METADATA = 1
    """Padding and labels that clients read past: keys that the API description does not have, `obfuscation`,
    and in a chunk `service_tier` and `system_fingerprint`, as long as they are of the described type. A key
    that is null, where the description neither requires it nor forbids null, is like no such key."""
    BLANK = 2
    """What says nothing: a delta without text or call whose choice does not end, an empty text, the logprobs
    of no token, a keepalive; and in which steps `sequence_number` counts, as long as it counts by one."""
    ORDER = 3
    """The order of events about different choices, different output items, or the arguments of different
    calls: each is found by its index. Choices and calls begin in their order, and an item that the model
    writes begins when the one before it has ended."""
    TEXT = 4
    """The words of a text that nothing else in the stream repeats, and how it is cut into deltas: a model may
    say anything. The arguments of a call count as the names and types of their JSON. Texts and arguments that
    the prompt has fixed, and texts that logprobs or a done event repeat, stay as they are; one that has to
    fit a schema counts as its names and types."""


_CHUNK_KEYS = ("id", "object", "created", "model", "choices", "usage", "error", "moderation")
_LABELS = ("service_tier", "system_fingerprint", "obfuscation")
_CHOICE_KEYS = ("index", "delta", "finish_reason", "logprobs")
_DELTA_KEYS = (
    *("role", "content", "refusal", "tool_calls", "function_call", "audio"),
    *("reasoning_content", "reasoning"),
)
_SPOKEN = ("content", "refusal", "reasoning_content", "reasoning")
_EVENT_KEYS = (
    *("type", "sequence_number", "response", "item", "output_index", "content_index", "summary_index"),
    *("item_id", "delta", "text", "refusal", "part", "logprobs", "arguments", "input", "code", "name"),
    *("annotation", "annotation_index", "partial_image_index", "partial_image_b64"),
    *("command", "command_index", "diff", "output", "message", "param", "error"),
)
# Keys of Responses events that are required although they may be null, or that must not be null.
_NULL_COUNTS = (
    *("content", "error", "incomplete_details", "instructions", "metadata", "temperature", "top_p"),
    *("param", "code", "outputs", "obfuscation"),
)
_NO_TOKENS: tuple[Any, ...] = ({"content": [], "refusal": None}, {"content": None, "refusal": None})
_LEFT_OUT = "…"
_HEAD = (-1,)  # the lane of what all chunks share, and of the order of the items that the model writes
_WRITTEN = ("message", "function_call", "custom_tool_call", "reasoning")
_NONE = -1  # in place of a call: the text that has to be JSON, and how all calls begin


@dataclass(frozen=True, slots=True)
class _Said:
    """One statement: of what, what it says, and whether a run of it is as good as one.

    The lane is () for the whole stream, (choice,) or (output index,) for one of its parts, and (choice, call)
    for one of its calls. What is `gathered` is a piece of a JSON text, which counts when all of it is there.
    """

    lane: tuple[int, ...]
    what: str
    run: bool = False
    gathered: bool = False


class Normal:
    """The normal forms of one base and of its mutants."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._fixed = _words_are_fixed(base)
        self._json = "response_format" in base.asked
        self._free = not (self._fixed or self._json or _with_logprobs(base))
        self._named = any(map(_has_parameters, base.asked.get("tools") or ()))
        self._repeated = {
            _lane(block.value.get("output_index"))
            for block in base.blocks
            if isinstance(block.value, dict) and block.label.endswith(".done")
        }
        self._known: dict[tuple[int, Step], tuple[_Said, ...]] = {}
        self._forms = {step: self._form(base.blocks, step) for step in Step}

    def step(self, blocks: tuple[Block, ...]) -> Step | None:
        """The first step down to which these blocks have the form of the base; None for no such step."""
        if any(block.wire is not None for block in blocks):
            return None  # bytes that are spoilt have no form
        return next((step for step in self._candidates(blocks)), None)

    def _candidates(self, blocks: tuple[Block, ...]) -> Iterator[Step]:
        if self._form(blocks, Step.TEXT) == self._forms[Step.TEXT]:
            yield from (step for step in Step if self._form(blocks, step) == self._forms[step])

    def _form(self, blocks: tuple[Block, ...], step: Step) -> Any:
        counting = _counting(blocks) if step >= Step.BLANK else [_number(block) for block in blocks]
        if step >= Step.BLANK:  # a keepalive says nothing, but what begins a stream is no such thing
            blocks = (*blocks[:1], *(block for block in blocks[1:] if block.label != "keepalive"))
        said = [item for block in blocks for item in self._statements(block, step)]
        texts: dict[tuple[int, ...], str] = defaultdict(str)
        for item in said:
            if item.gathered:
                texts[item.lane] += item.what
        shapes = {lane: self._shape_of(text) for lane, text in texts.items()}
        said = [item for item in said if not item.gathered]
        begun = _begun(blocks)
        if step < Step.ORDER:
            return _collapsed(said), shapes, counting, begun
        # What is said of a whole has its place among what is said of each part.
        lanes = {item.lane for item in said}
        ordered = {
            lane: _collapsed([item for item in said if lane[: len(item.lane)] == item.lane]) for lane in lanes
        }
        return ordered, shapes, counting, begun

    def _statements(self, block: Block, step: Step) -> tuple[_Said, ...]:
        key = (id(block), step)
        if (known := self._known.get(key)) is None:
            said = self._chunk(block, step) if self._base.api == "chat" else self._event(block, step)
            known = tuple(said)
            if any(block is own for own in self._base.blocks):
                self._known[key] = known
        return known

    def _shape_of(self, text: str) -> str:
        """Names and types of a JSON object; where no schema was given, the names are free as well.

        What the prompt has fixed stays as it is.
        """
        try:
            value = json.loads(text)
        except ValueError:
            return f"not JSON: {text}"
        if not isinstance(value, dict):
            return f"no object: {text}"
        if self._base.exchange.expected_arguments:
            return _text(value)
        fixed = self._named or self._json
        return _text({key: type(item).__name__ for key, item in value.items()}) if fixed else "an object"

    # Chat Completions

    def _chunk(self, block: Block, step: Step) -> Iterator[_Said]:
        value = block.value
        if block.text == DONE or not isinstance(value, dict):
            yield _Said((), block.text)
            return
        head = {key: item for key, item in value.items() if key in _CHUNK_KEYS or _odd_label(key, item)}
        choices = head.pop("choices", ...)
        if not _choices_like(choices):
            yield _Said((), f"{_text(head)} {_text(choices) if choices is not ... else ''}")
            return
        head["without finish_reason"] = [
            choice["index"] for choice in choices if "finish_reason" not in choice
        ]
        plain = not any(head.get(key) for key in ("usage", "error", "moderation"))
        yield _Said(_HEAD, _text(head), run=plain)
        for choice in choices:
            yield from self._choice(choice, step)

    def _choice(self, choice: dict[str, Any], step: Step) -> Iterator[_Said]:
        lane = (choice["index"],)
        kept = {key: item for key, item in choice.items() if key in _CHOICE_KEYS}
        delta = {
            key: item for key, item in kept.pop("delta").items() if key in _DELTA_KEYS and item is not None
        }
        if kept.get("logprobs", ...) is None or (step >= Step.BLANK and kept.get("logprobs") in _NO_TOKENS):
            del kept["logprobs"]
        if step >= Step.BLANK:
            delta = {key: item for key, item in delta.items() if not (key in _SPOKEN and item == "")}
        runs: tuple[str, ...] = ()
        if step >= Step.TEXT:
            runs = tuple(key for key in _SPOKEN if self._free or key != "content")
            if self._json and isinstance(delta.get("content"), str):
                yield _Said((*lane, _NONE), delta["content"], gathered=True)
                delta["content"], runs = _LEFT_OUT, _SPOKEN
            if _in_words(kept.get("logprobs"), delta.get("content")) and not self._fixed:
                delta["content"], runs = _LEFT_OUT, _SPOKEN
                del kept["logprobs"]
            delta |= {key: _LEFT_OUT for key in runs if isinstance(delta.get(key), str)}
            if isinstance(delta.get("audio"), dict):
                # An id that is cut is another one, and data that is changed may be no base64.
                told = isinstance(delta["audio"].get("transcript"), str)
                delta["audio"] = delta["audio"] | ({"transcript": _LEFT_OUT} if told else {})
            if isinstance(calls := delta.get("tool_calls"), list) and calls:
                yield from _calls(lane, calls)
                del delta["tool_calls"]
            runs = (*runs, "audio")
        if step < Step.BLANK:
            yield _Said(lane, _text({**kept, "delta": delta}))
            return
        # What is said at once is said one after the other: cutting it differently says the same.
        for key in sorted(delta, key=_DELTA_KEYS.index):
            yield _Said(lane, f"{key}: {_text(delta[key])}", run=key in runs)
        if kept.get("finish_reason") is not None or "logprobs" in kept:
            yield _Said(lane, _text(kept))

    # Responses

    def _event(self, block: Block, step: Step) -> Iterator[_Said]:
        value = block.value
        if not isinstance(value, dict):
            yield _Said((), block.text)
            return
        kept = {key: item for key, item in value.items() if key in _EVENT_KEYS}
        if value.get("obfuscation") is not None and not isinstance(value["obfuscation"], str):
            kept["obfuscation"] = value["obfuscation"]
        if type(kept.get("sequence_number")) is int:
            del kept["sequence_number"]  # it is compared by itself
        if step >= Step.BLANK and kept.get("delta") == "":
            return
        lane = _lane(kept.get("output_index"))
        if block.label in ("response.output_item.added", "response.output_item.done") and _written(value):
            yield _Said(_HEAD, f"{block.label} {lane}")
        free = step >= Step.TEXT and isinstance(kept.get("delta"), str) and lane not in self._repeated
        if free:
            kept["delta"] = _LEFT_OUT
        yield _Said(lane, f"{block.name} {_text(_without_nulls(kept))}", run=free)


def _lane(index: Any) -> tuple[int, ...]:
    return (index,) if type(index) is int else ()


def _written(event: dict[str, Any]) -> bool:
    item = event.get("item")
    return isinstance(item, dict) and item.get("type") in _WRITTEN


def _begun(blocks: Iterable[Block]) -> list[str]:
    """The indexes of choices as they first come."""
    chunks = [block.value for block in blocks if isinstance(block.value, dict)]
    found = [chunk["choices"] for chunk in chunks if isinstance(chunk.get("choices"), list)]
    indexes = [choice.get("index") for choices in found for choice in choices if isinstance(choice, dict)]
    return list(dict.fromkeys(map(str, indexes)))


def _number(block: Block) -> Any:
    return block.value.get("sequence_number") if isinstance(block.value, dict) else None


def _counting(blocks: Iterable[Block]) -> Any:
    # Where events are counted by one, only the first number says something.
    numbers = [_number(block) for block in blocks if isinstance(block.value, dict)]
    if not all(type(number) is int for number in numbers):
        return numbers if any(number is not None for number in numbers) else None
    return (
        numbers[0] if numbers and numbers == list(range(numbers[0], numbers[0] + len(numbers))) else numbers
    )


def _collapsed(said: list[_Said]) -> list[str]:
    kept: list[_Said] = []
    for item in said:
        if not (item.run and kept and kept[-1] == item):
            kept.append(item)
    return [item.what for item in kept]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if item is not None or key in _NULL_COUNTS}
        return {key: _without_nulls(item) for key, item in kept.items()}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _odd_label(key: str, value: Any) -> bool:
    return key in _LABELS and value is not None and not isinstance(value, str)


def _choices_like(choices: Any) -> bool:
    if not isinstance(choices, list) or not choices:
        return False
    known = [
        choice for choice in choices if isinstance(choice, dict) and isinstance(choice.get("delta"), dict)
    ]
    indexes = [choice.get("index") for choice in known]
    return len(known) == len(choices) == len(set(map(str, indexes))) and all(
        type(at) is int for at in indexes
    )


def _calls(choice: tuple[int, ...], calls: list[Any]) -> Iterator[_Said]:
    for call in calls:
        lane = (*choice, call["index"]) if _plain_call(call) else choice
        if _opens(call):
            begun = _text(_without_arguments(call))
            yield _Said(lane, begun)
            yield _Said((*choice, _NONE), begun)
        if _plain_call(call) and (piece := call["function"].get("arguments")):
            yield _Said(lane, piece, gathered=True)
            yield _Said(lane, "arguments", run=True)


def _opens(call: Any) -> bool:
    """Whether a fragment has more than the next piece of the arguments; its type again is nothing more."""
    if not _plain_call(call) or call.get("type") not in ("function", None):
        return True
    return call["function"].get("name") is not None or call.get("id") is not None


def _without_arguments(call: Any) -> Any:
    if not _plain_call(call):
        return call
    name = {key: item for key, item in call["function"].items() if key == "name" and item is not None}
    head = {key: item for key, item in call.items() if key in ("index", "id", "type") and item is not None}
    return {**head, "function": name}


def _plain_call(call: Any) -> bool:
    function = call.get("function") if isinstance(call, dict) else None
    return (
        isinstance(function, dict)
        and type(call.get("index")) is int
        and isinstance(function.get("arguments"), str | None)
    )


def _has_parameters(tool: Any) -> bool:
    function = tool.get("function") if isinstance(tool, dict) else None
    return isinstance(function, dict) and "parameters" in function


def _in_words(logprobs: Any, content: Any) -> bool:
    """Whether the logprobs of a delta are those of its words, in tokens and in bytes."""
    if not isinstance(logprobs, dict) or not isinstance(content, str):
        return False
    tokens = logprobs.get("content")
    if logprobs != {"content": tokens, "refusal": None}:
        return False
    if not isinstance(tokens, list) or not all(map(_token_like, tokens)):
        return False
    return "".join(token["token"] for token in tokens) == content


def _token_like(token: Any) -> bool:
    if not isinstance(token, dict) or set(token) != {"token", "logprob", "bytes", "top_logprobs"}:
        return False
    plain = (
        isinstance(token["token"], str) and list(token["token"].encode(errors="replace")) == token["bytes"]
    )
    likely = isinstance(token["logprob"], float) and token["logprob"] <= 0
    return plain and likely and token["top_logprobs"] == []


def _words_are_fixed(base: Base) -> bool:
    """Whether the prompt has fixed the text of a chat stream, and the model followed it."""
    texts: dict[Any, str] = defaultdict(str)
    for value in base.values:
        for choice in (value.get("choices") or ()) if isinstance(value, dict) else ():
            texts[choice.get("index")] += choice.get("delta", {}).get("content") or ""
    expected = base.exchange.expected_text
    return bool(expected) and any(expected in text for text in texts.values())


def _with_logprobs(base: Base) -> bool:
    return '"logprobs":{' in "".join(block.text.replace(" ", "") for block in base.blocks)
