"""A request body read into what the answer depends on, the same for both APIs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from conformance.reference import shapes, turns
from conformance.reference.errors import RefusedError
from conformance.reference.wire import Json

Choice = Literal["auto", "none", "required", "named"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A model: the dated name that answers bear, and whether it reasons."""

    snapshot: str
    reasons: bool


MODELS: Mapping[str, Card] = MappingProxyType(
    {
        "reference": Card(snapshot="reference-2026-08-01", reasons=False),
        "reference-2026-08-01": Card(snapshot="reference-2026-08-01", reasons=False),
        "reference-reasoning": Card(snapshot="reference-reasoning-2026-08-01", reasons=True),
        "reference-reasoning-2026-08-01": Card(snapshot="reference-reasoning-2026-08-01", reasons=True),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that the model may call; `parameters` is a JSON Schema. A custom tool takes plain text."""

    name: str
    parameters: Json
    custom: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a valid request asks for.

    `texts` are all texts of the conversation, `prompt` the last one of the user, `answered` whether a tool's
    result is the last word. `allowed` are the tools that may be called, None for all. `form` is the JSON
    Schema that the answer must fit, {} for any object, None for prose. `budget` counts output tokens. `body`
    keeps the rest for what is echoed.
    """

    body: Json
    card: Card
    texts: tuple[str, ...]
    prompt: str
    answered: bool
    tools: tuple[Tool, ...]
    choice: Choice
    named: str | None
    allowed: frozenset[str] | None
    form: Json | None
    budget: int | None
    logprobs: bool
    effort: str | None

    @property
    def stream(self) -> bool:
        """Whether events are wanted."""
        return self.body.get("stream") is True

    @property
    def reasons(self) -> bool:
        """Whether the answer begins with reasoning."""
        return self.card.reasons and self.effort != "none"

    @property
    def parallel(self) -> bool:
        """Whether several tools may be called at once."""
        return self.body.get("parallel_tool_calls") is not False

    @property
    def include_usage(self) -> bool:
        """Whether a chat stream ends with usage."""
        return self._stream_option("include_usage") is True

    @property
    def obfuscated(self) -> bool:
        """Whether events are padded."""
        return self._stream_option("include_obfuscation") is not False

    @property
    def top_logprobs(self) -> int:
        """How many alternatives are told of each token."""
        return self.body.get("top_logprobs") or 0

    @property
    def stops(self) -> tuple[str, ...]:
        """The texts before which the answer ends."""
        stop = self.body.get("stop")
        return (stop,) if isinstance(stop, str) else tuple(stop or ())

    def _stream_option(self, name: str) -> object:
        return (self.body.get("stream_options") or {}).get(name)


def read_chat(body: Json) -> Order:
    """The order in a Chat Completions body; raises `RefusedError`."""
    shapes.check(body, shapes.CHAT)
    _check_together(body)
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        raise _bad("'top_logprobs' needs 'logprobs' to be true.", "top_logprobs")
    card = _card(body["model"])
    if card.reasons and body.get("logprobs"):
        raise _bad("This model gives no logprobs; leave 'logprobs' out.", "logprobs", "unsupported_parameter")
    effort = _effort(card, body.get("reasoning_effort"), "reasoning_effort")
    tools = _tools(body, lambda tool: tool.get("function"), "tools[{}].function")
    choice, named = _choice(body, tools, lambda wanted: (wanted.get("function") or {}).get("name"))
    messages = [_chat_message(message, f"messages[{n}]") for n, message in enumerate(body["messages"])]
    turns.check_messages(body["messages"])
    form = _form(body.get("response_format") or {}, "json_schema", "response_format")
    if form == {} and not any("json" in text.lower() for _, text in messages):
        raise _bad("To get a JSON object, say 'json' somewhere in 'messages'.", "messages")
    _check_stops(body.get("stop"))
    return Order(
        body=body,
        card=card,
        texts=tuple(text for _, text in messages),
        prompt=_prompt(messages),
        answered=messages[-1][0] == "tool",
        tools=tools,
        choice=choice,
        named=named,
        allowed=None,
        form=form,
        budget=body.get("max_completion_tokens") or body.get("max_tokens"),
        logprobs=body.get("logprobs") is True,
        effort=effort,
    )


def items_of(given: str | list[Json]) -> list[Json]:
    """The input of a Responses body as items."""
    return [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else given


def read_responses(body: Json, before: tuple[Json, ...] = ()) -> Order:
    """The order in a Responses body, which continues the items of a response; raises `RefusedError`."""
    shapes.check(body, shapes.RESPONSES)
    _check_together(body)
    if body.get("background"):
        # OpenAI queues such a response, to be fetched later by its id; this server keeps none to be fetched.
        raise _bad(
            "Responses are not made in the background here; leave 'background' out.",
            "background",
            "unsupported_parameter",
        )
    card = _card(body["model"])
    reasoning = body.get("reasoning") or {}
    effort = _effort(card, reasoning.get("effort"), "reasoning.effort")
    _effort(card, reasoning.get("summary"), "reasoning.summary")
    tools = _tools(body, lambda tool: tool, "tools[{}]", custom=True)
    allowed, mode = _allowed(body, tools)
    choice, named = _choice({**body, "tool_choice": mode}, tools, lambda wanted: wanted.get("name"))
    given = items_of(body["input"])
    now = [_input_item(item, n) for n, item in enumerate(given)]
    turns.check_items([*before, *given])
    items = [*(_input_item(item, n) for n, item in enumerate(before)), *now]
    text = body.get("text") or {}
    return Order(
        body=body,
        card=card,
        texts=(*((body["instructions"],) if body.get("instructions") else ()), *(text for _, text in items)),
        prompt=_prompt(items),
        answered=items[-1][0] == "tool",
        tools=tools,
        choice=choice,
        named=named,
        allowed=allowed,
        form=_form(text.get("format") or {}, None, "text.format"),
        budget=body.get("max_output_tokens"),
        logprobs="message.output_text.logprobs" in (body.get("include") or ()),
        effort=effort,
    )


def _bad(message: str, param: str | None, code: str | None = "invalid_value") -> RefusedError:
    return RefusedError(400, message, param=param, code=code)


def _check_together(body: Json) -> None:
    if body.get("stream_options") is not None and body.get("stream") is not True:
        raise _bad("'stream_options' is only allowed when 'stream' is true.", "stream_options", None)
    if not body.get("tools"):
        for name in ("tool_choice", "parallel_tool_calls"):
            if body.get(name) not in (None, "none", "auto", True):
                raise _bad(f"'{name}' is only allowed when 'tools' are given.", name)


def _check_stops(stop: object) -> None:
    if isinstance(stop, list) and (len(stop) > 4 or not all(isinstance(text, str) and text for text in stop)):
        raise _bad("'stop' must be a string or at most 4 strings, none of them empty.", "stop")


def _card(model: str) -> Card:
    if model not in MODELS:
        known = " and ".join(f"`{name}`" for name, card in MODELS.items() if name != card.snapshot)
        raise RefusedError(
            404, f"There is no model `{model}` here. This server has {known}.", code="model_not_found"
        )
    return MODELS[model]


def _effort(card: Card, asked: str | None, param: str) -> str | None:
    if asked is not None and not card.reasons:
        raise _bad(f"This model does not reason, so '{param}' has no effect.", param, "unsupported_parameter")
    return asked


def _tools(
    body: Json, function: Callable[[Json], Any], where: str, *, custom: bool = False
) -> tuple[Tool, ...]:
    tools = []
    kinds = ("function", "custom") if custom else ("function",)
    for number, tool in enumerate(body.get("tools") or ()):
        param = f"tools[{number}]"
        if not isinstance(tool, dict) or tool.get("type") not in kinds:
            known = " or ".join(f"'{kind}'" for kind in kinds)
            raise _bad(f"'{param}' must be an object of type {known}; others do not exist here.", param)
        spec = function(tool)
        name = spec.get("name") if isinstance(spec, dict) else None
        if not isinstance(name, str) or not name:
            raise _bad(f"'{where.format(number)}.name' must be a string.", where.format(number) + ".name")
        parameters = spec.get("parameters")
        if parameters is not None and not isinstance(parameters, dict):
            raise _bad(f"'{where.format(number)}.parameters' must be a JSON Schema.", where.format(number))
        tools.append(
            Tool(
                name=name,
                parameters=parameters or {"type": "object", "properties": {}},
                custom=tool["type"] == "custom",
            )
        )
    return tuple(tools)


def _allowed(body: Json, tools: tuple[Tool, ...]) -> tuple[frozenset[str] | None, Any]:
    """The tools that `allowed_tools` lists, and its mode; None and the choice itself if it is another."""
    wanted = body.get("tool_choice")
    if not isinstance(wanted, dict) or wanted.get("type") != "allowed_tools":
        return None, wanted
    names = frozenset(str(tool.get("name")) for tool in wanted.get("tools") or () if isinstance(tool, dict))
    if not names or not names <= {tool.name for tool in tools}:
        raise _bad("'tool_choice.tools' must name tools of 'tools'.", "tool_choice.tools")
    if wanted.get("mode") not in ("auto", "required"):
        raise _bad("'tool_choice.mode' must be 'auto' or 'required'.", "tool_choice.mode")
    return names, wanted["mode"]


def _choice(body: Json, tools: tuple[Tool, ...], name_of: Callable[[Json], Any]) -> tuple[Choice, str | None]:
    match body.get("tool_choice"):
        case None | "auto":
            return "auto", None
        case "none":
            return "none", None
        case "required":
            return "required", None
        case dict() as wanted:
            name = name_of(wanted)
            kinds = {tool.name: "custom" if tool.custom else "function" for tool in tools}
            if isinstance(name, str) and kinds.get(name) == wanted.get("type"):
                return "named", name
            raise _bad("'tool_choice' names no tool of 'tools'.", "tool_choice")
        case _:
            raise _bad("'tool_choice' must be 'none', 'auto', 'required' or a function.", "tool_choice")


def _form(given: Json, nested: str | None, param: str) -> Json | None:
    match given.get("type", "text"):
        case "text":
            return None
        case "json_object":
            return {}
        case "json_schema":
            spec = given.get(nested) if nested else given
            schema = spec.get("schema") if isinstance(spec, dict) else None
            if (
                not isinstance(spec, dict)
                or not isinstance(spec.get("name"), str)
                or not isinstance(schema, dict)
            ):
                raise _bad(f"'{param}' of type 'json_schema' needs a 'name' and a 'schema'.", param)
            return schema or {"type": "object"}
        case _:
            raise _bad(f"'{param}.type' must be 'text', 'json_object' or 'json_schema'.", f"{param}.type")


def _chat_message(message: object, param: str) -> tuple[str, str]:
    if not isinstance(message, dict):
        raise _bad(f"'{param}' must be an object with 'role' and 'content'.", param, "invalid_type")
    role = message.get("role")
    if role not in ("developer", "system", "user", "assistant", "tool", "function"):
        raise _bad(f"'{param}.role' must be developer, system, user, assistant or tool.", f"{param}.role")
    if role != "assistant" and message.get("content") is None:
        raise _bad(f"'{param}.content' is missing.", f"{param}.content", "missing_required_parameter")
    kinds = ("text", "image_url") if role == "user" else ("text", "refusal")
    return role, _text(message.get("content"), f"{param}.content", kinds)


def _input_item(item: object, number: int) -> tuple[str, str]:
    param = f"input[{number}]"
    if not isinstance(item, dict):
        raise _bad(f"'{param}' must be an object.", param, "invalid_type")
    match item.get("type", "message"):
        case "message":
            role = item.get("role")
            if role not in ("developer", "system", "user", "assistant"):
                raise _bad(f"'{param}.role' must be developer, system, user or assistant.", f"{param}.role")
            if item.get("content") is None:
                raise _bad(f"'{param}.content' is missing.", f"{param}.content", "missing_required_parameter")
            return role, _text(item["content"], f"{param}.content", _PARTS)
        case "function_call":
            return "assistant", str(item.get("arguments", ""))
        case "custom_tool_call":
            return "assistant", str(item.get("input", ""))
        case "function_call_output" | "custom_tool_call_output":
            return "tool", _text(item.get("output"), f"{param}.output", ("input_text", "input_image"))
        case "reasoning":
            return "assistant", ""
        case _:
            raise _bad(f"'{param}.type' is not a type of input that this server knows.", f"{param}.type")


def _chat_image(part: Json, param: str) -> None:
    image = part.get("image_url")
    if not isinstance(image, dict) or not _address(image.get("url")):
        raise _bad(f"'{param}.image_url.url' must be the address of an image.", f"{param}.image_url.url")


def _input_image(part: Json, param: str) -> None:
    if not _address(part.get("image_url")) and not isinstance(part.get("file_id"), str):
        raise _bad(f"'{param}' must have an 'image_url' or a 'file_id'.", param)


def _address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://", "data:image/"))


_PARTS = ("input_text", "output_text", "refusal", "input_image")
_IMAGES: Mapping[str, Callable[[Json, str], None]] = MappingProxyType(
    {"image_url": _chat_image, "input_image": _input_image}
)


def _text(content: object, param: str, kinds: tuple[str, ...]) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise _bad(f"'{param}' must be a string or an array of parts.", param, "invalid_type")
    texts = []
    for number, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in kinds and kind in _IMAGES:
            _IMAGES[kind](part, f"{param}[{number}]")
            continue
        text = part.get("refusal" if kind == "refusal" else "text") if isinstance(part, dict) else None
        if kind not in kinds or not isinstance(text, str):
            raise _bad(
                f"'{param}[{number}]' must be a part of type {' or '.join(kinds)}.", f"{param}[{number}]"
            )
        texts.append(text)
    return "".join(texts)


def _prompt(turns: Iterable[tuple[str, str]]) -> str:
    return next((text for role, text in reversed(list(turns)) if role == "user"), "")
