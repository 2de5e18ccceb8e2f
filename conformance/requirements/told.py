"""What a stream and a whole answer say, in one form for both and for both APIs."""

from dataclasses import dataclass
from typing import Any

from conformance.assemble.choice import REASONING_FIELDS
from conformance.assemble.payload import joined
from conformance.exchange import Api
from conformance.requirements.responses.common import failed, final_response
from conformance.requirements.tools.offered import made_calls
from conformance.subject import Answer, ChatStream, Document, ResponsesStream

__all__ = ["AnswerContent", "ToolCall", "told", "usage_of"]

_CALLS = ("function_call", "custom_tool_call")
_ENDED = ("stop", "tool_calls", "function_call", "completed")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call: the name of the tool, and its arguments as JSON, or the input of a custom tool.

    `custom` is known of whole answers alone.
    """

    name: str
    arguments: str
    custom: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerContent:
    """What an answer says: of Chat Completions its first choice, of Responses all items together.

    `end` is the finish_reason or the status, None if there is none. `reasons` says that there is reasoning.
    """

    text: str
    calls: tuple[ToolCall, ...]
    end: Any
    reasons: bool

    @property
    def ended(self) -> bool:
        """Whether the model ended the answer by itself."""
        return self.end in _ENDED


def told(answer: Answer) -> AnswerContent | None:
    """What an answer says; None if it has no choice or no output, or ended in an error."""
    match answer:
        case ChatStream():
            return _of_chat(answer)
        case ResponsesStream():
            return _of_responses(answer)
        case Document() if isinstance(answer.document, dict):
            whole = _of_response if answer.exchange.api is Api.RESPONSES else _of_completion
            return whole(answer.document)
    return None


def usage_of(answer: Answer) -> dict[str, Any]:
    """The last usage of an answer; empty if there is none."""
    usage: Any = None
    if isinstance(answer, ChatStream):
        usage = answer.chat.usage.seen[-1].value if answer.chat.usage.seen else None
    elif isinstance(answer, ResponsesStream):
        usage = final_response(answer).get("usage")
    elif isinstance(answer, Document) and isinstance(answer.document, dict):
        usage = answer.document.get("usage")
    return usage if isinstance(usage, dict) else {}


def _of_chat(stream: ChatStream) -> AnswerContent | None:
    if not stream.choices or stream.chat.errors.seen:
        return None
    choice = stream.choices[0]
    return AnswerContent(
        text=choice.content.text,
        calls=tuple(ToolCall(call.name, call.arguments) for call in choice.calls.made),
        end=choice.finish.reason,
        reasons=bool(choice.reasoning.event),
    )


def _of_completion(document: dict[str, Any]) -> AnswerContent | None:
    choices = _objects(document.get("choices"))
    if not choices:
        return None
    message = choices[0].get("message")
    message = message if isinstance(message, dict) else {}
    called = [call.get("function") or call.get("custom") for call in _objects(message.get("tool_calls"))]
    return AnswerContent(
        text=_text(message.get("content")),
        calls=tuple(_called(inner) for inner in called if isinstance(inner, dict)),
        end=choices[0].get("finish_reason"),
        reasons=any(message.get(name) for name in REASONING_FIELDS),
    )


def _of_responses(stream: ResponsesStream) -> AnswerContent | None:
    final = final_response(stream)
    if not final or failed(stream):
        return None
    return AnswerContent(
        text=joined(text.text for _, text in stream.responses.output.texts("output_text")),
        calls=tuple(ToolCall(call.name, call.arguments or "") for call in made_calls(stream)),
        end=final.get("status"),
        reasons=any(item.type == "reasoning" for item in stream.items),
    )


def _of_response(document: dict[str, Any]) -> AnswerContent | None:
    output = document.get("output")
    if not isinstance(output, list):
        return None
    items = _objects(output)
    parts = [part for item in items for part in _objects(item.get("content"))]
    return AnswerContent(
        text="".join(_text(part.get("text")) for part in parts if part.get("type") == "output_text"),
        calls=tuple(_called(item) for item in items if item.get("type") in _CALLS),
        end=document.get("status"),
        reasons=any(item.get("type") == "reasoning" for item in items),
    )


def _called(inner: dict[str, Any]) -> ToolCall:
    custom = "arguments" not in inner
    return ToolCall(str(inner.get("name")), _text(inner.get("arguments", inner.get("input"))), custom)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
