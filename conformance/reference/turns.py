"""Checks that calls and their results belong together in what a request sends back, as OpenAI checks it."""

from collections.abc import Iterable, Iterator, Sequence

from conformance.reference.errors import RefusedError
from conformance.reference.wire import Json

RESULTS = {"function_call_output": "function_call", "custom_tool_call_output": "custom_tool_call"}
"""The types of items that hold the result of a call, and those of the calls."""


def check_messages(messages: Sequence[Json]) -> None:
    """Raise `RefusedError` unless each call is followed by its result, and each result follows its call."""
    due: dict[str, None] = {}
    for number, message in enumerate(messages):
        if message["role"] == "tool":
            identity = message.get("tool_call_id")
            if identity not in due:
                raise _refused(
                    "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
                    f"messages[{number}].role",
                )
            del due[identity]
            continue
        _all_answered(due, number)
        due = dict.fromkeys(_called(message, number))
    _all_answered(due, len(messages))


def _called(message: Json, number: int) -> Iterator[str]:
    """The ids of the calls in a message."""
    param = f"messages[{number}].tool_calls"
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not _all_text(call.get("id"), call.get("type")):
            raise _refused(
                f"'{param}' must be a list of calls, each with 'id', 'type' and 'function'.", param
            )
        if not _all_text(function.get("name"), function.get("arguments")):
            raise _refused(f"'{param}' must have a 'name' and 'arguments' in each 'function'.", param)
        yield call["id"]


def _all_answered(due: Iterable[str], number: int) -> None:
    if left := ", ".join(due):
        raise _refused(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. These had no response: {left}",
            f"messages[{number - 1}].role",
        )


def check_items(items: Sequence[Json]) -> None:
    """Raise `RefusedError` unless each result has a call before it, and each call a result after it."""
    due: dict[tuple[str, str], None] = {}
    for item in items:
        kind = str(item.get("type"))
        identity = str(item.get("call_id"))
        if kind in RESULTS.values():
            due[kind, identity] = None
        elif kind in RESULTS:
            if (RESULTS[kind], identity) not in due:
                raise _refused(
                    f"No tool call found for function call output with call_id {identity}.", "input"
                )
            del due[RESULTS[kind], identity]
    for _, identity in due:
        raise _refused(f"No tool output found for function call {identity}.", "input")


def _all_text(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


def _refused(message: str, param: str) -> RefusedError:
    return RefusedError(400, message, param=param, code=None)
