"""Survivors of answers without streaming: what looks like a legal one, or nothing states that it is wrong."""

from tests.mutation.survivor import Survivor, Why

__all__ = ["DOCUMENTS"]

_WHOLE = "completion"
_RESPONSE = "response"

_UNASKED = "another text or call, where no prompt dictates one and no stream is beside it: a model may err"
_MORE = "a text more is legal: a model may speak before it calls, or refuse and speak"
_TYPE = "unknown types of calls, items and parts are allowed"
_ECHO = "an echo of what the request does not set: of its form only the types are looked at"
_END = "an end that what came does not contradict, where no stream is beside it"
_COUNTS = "counts that fit each other, where no stream is beside it: no tokenizer is known"
_FEWER = "fewer or more items, parts or calls, where no stream is beside it"


def _row(times: int, event: str, place: str, reason: str, operator: str = "*", base: str = "*") -> Survivor:
    return Survivor(
        times=times, why=Why.GAP, event=event, place=place, operator=operator, base=base, reason=reason
    )


DOCUMENTS = (
    _row(15, _WHOLE, "choices.*.finish_reason", _END, "end-wrong"),
    _row(8, _WHOLE, "choices.*.message.refusal", _MORE, "retype-string"),
    _row(4, _WHOLE, "choices.*.message.content", _MORE, "retype-string"),
    _row(10, _WHOLE, "choices.*.message.tool_calls.*.type", _TYPE),
    _row(3, _WHOLE, "choices.*.message.tool_calls.*", _FEWER),
    _row(16, _WHOLE, "choices.*.message.**", _UNASKED),
    _row(8, _WHOLE, "usage", _COUNTS, "usage-*"),
    _row(5, _RESPONSE, "usage", _COUNTS, "usage-*"),
    _row(2, _RESPONSE, "status", _END, "end-wrong"),
    _row(2, _RESPONSE, "output.*.status", _END, "end-wrong"),
    _row(20, _RESPONSE, "output.**.type", _TYPE),
    _row(4, _RESPONSE, "output.*", _FEWER),
    _row(4, _RESPONSE, "output.*.content.*", _FEWER),
    _row(2, _RESPONSE, "output.*.summary.*", _FEWER),
    _row(9, _RESPONSE, "output.**", _UNASKED),
    _row(6, _RESPONSE, "tools.**", "what a list holds twice, or in another order, binds nobody otherwise"),
    _row(2, _RESPONSE, "moderation", "a late addition, which only its outer shape is known of"),
    _row(24, _RESPONSE, "**", _ECHO, "retype-*"),
)
