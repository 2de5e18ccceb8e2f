"""Mends of chat streams. Pure."""

from collections.abc import Iterator
from typing import Any

from conformance.causes.edits import Edit, changed, data_of
from conformance.causes.texts import fresh_texts
from conformance.subject import Answer, ChatStream

__all__ = [
    "choice_index",
    "content_cumulative",
    "content_string",
    "finish_reason_tools",
    "finish_reason_value",
    "usage_integers",
]


def usage_integers(answer: Answer) -> Iterator[Edit]:
    """Usage that is misshapen, and comes again later, is meant to be null."""
    wrong = {item.event for item in data_of(answer).misfits if item.path.partition(".")[0] == "usage"}
    seen = [report.event for report in answer.chat.usage.seen] if isinstance(answer, ChatStream) else []

    def change(_number: int, value: Any) -> None:
        value["usage"] = None

    yield from changed(answer, sorted(wrong & set(seen[:-1])), change)


def choice_index(answer: Answer) -> Iterator[Edit]:
    """A choice that has no index has the one of its place in the chunk."""

    def change(_number: int, value: Any) -> None:
        for place, item in enumerate(value["choices"]):
            if type(item.get("index")) is not int:
                item["index"] = place

    wrong = {item.event for item in data_of(answer).misfits if item.path == "choices.*.index"}
    yield from changed(answer, sorted(wrong), change)


def content_cumulative(answer: Answer) -> Iterator[Edit]:
    fresh: dict[int, dict[int, str]] = {}
    for choice in answer.choices if isinstance(answer, ChatStream) else ():
        for event, text in fresh_texts(choice.content):
            fresh.setdefault(event, {})[choice.index] = text

    def change(number: int, value: Any) -> None:
        for item in value["choices"]:
            if item.get("index", 0) in fresh[number] and (item.get("delta") or {}).get("content"):
                item["delta"]["content"] = fresh[number][item.get("index", 0)]

    yield from changed(answer, sorted(fresh), change)


def content_string(answer: Answer) -> Iterator[Edit]:
    def change(_number: int, value: Any) -> None:
        for item in value["choices"]:
            content = item["delta"]["content"]
            if isinstance(content, list):
                parts = [part.get("text") for part in content if isinstance(part, dict)]
                item["delta"]["content"] = "".join(part for part in parts if isinstance(part, str))

    listed = {item.event for item in data_of(answer).misfits if item.path == "choices.*.delta.content"}
    yield from changed(answer, sorted(listed), change)


def finish_reason_value(answer: Answer) -> Iterator[Edit]:
    """A value that ends nothing, since its choice goes on, is meant to be null."""
    wrong = {item.event for item in data_of(answer).misfits if item.path == "choices.*.finish_reason"}
    choices = {choice.index: choice for choice in answer.choices} if isinstance(answer, ChatStream) else {}

    def change(number: int, value: Any) -> None:
        for item in value["choices"]:
            choice = choices[item.get("index", 0)]
            if choice.said.last >= number or choice.finish.seen[-1].event > number:
                item["finish_reason"] = None

    yield from changed(answer, sorted(wrong), change)


def finish_reason_tools(answer: Answer) -> Iterator[Edit]:
    choices = answer.choices if isinstance(answer, ChatStream) else []
    wrong = {
        choice.finish.event: choice.index
        for choice in choices
        if choice.calls.made and choice.finish.reason == "stop"
    }

    def change(number: int, value: Any) -> None:
        for item in value["choices"]:
            if item.get("index", 0) == wrong[number]:
                item["finish_reason"] = "tool_calls"

    yield from changed(answer, sorted(wrong), change)
