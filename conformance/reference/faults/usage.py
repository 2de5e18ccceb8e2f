"""Faults of usage in chat streams."""

import re
from dataclasses import replace

from conformance.reference.faults.edit import (
    ANY,
    CHUNK,
    DONE,
    FINISH,
    USAGE,
    altered,
    asked,
    chat,
    copied,
    documents,
    doubled,
    dropped,
    every,
    last,
    moved,
    prose,
    recast,
    sub,
    when,
)
from conformance.reference.faults.fault import Fault
from conformance.reference.wire import Ask, Json, Reply

COUNTED = {"prompt_tokens": 12, "completion_tokens": 9, "total_tokens": 21}


def _unasked(ask: Ask, _: Reply) -> bool:
    return not (asked(ask).get("stream_options") or {}).get("include_usage")


def _unlimited(ask: Ask, _: Reply) -> bool:
    # A limit that cuts the answer says why it has no more tokens.
    body = asked(ask)
    limits = [body.get(name) for name in ("max_completion_tokens", "max_tokens")]
    return max((limit for limit in limits if isinstance(limit, int)), default=0) > 100


def _counting(chunk: Json) -> None:
    chunk.update(choices=[], usage=COUNTED)


def _on_finish(_: Ask, reply: Reply) -> Reply:
    usage, finish = last(USAGE)(reply.frames), last(FINISH)(reply.frames)
    if not usage or not finish:
        return reply
    counted = re.search(rb'"usage":\{.*?\}\}', reply.frames[usage[0]].data)
    frames = list(reply.frames)
    data = frames[finish[0]].data.replace(b'"usage":null', counted[0] if counted else b"")
    frames[finish[0]] = replace(frames[finish[0]], data=data)
    del frames[usage[0]]
    return replace(reply, frames=tuple(frames))


def _negative(chunk: Json) -> None:
    usage = chunk["usage"]
    del usage["completion_tokens_details"]
    usage["completion_tokens"] = -usage["completion_tokens"]
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]


def _one_more(chunk: Json) -> None:
    chunk["usage"]["prompt_tokens"] += 1
    chunk["usage"]["total_tokens"] += 1


def _uncounted(chunk: Json) -> None:
    usage = chunk["usage"]
    del usage["completion_tokens_details"]
    usage.update(completion_tokens=0, total_tokens=usage["prompt_tokens"])


def _one_token(chunk: Json) -> None:
    usage = chunk["usage"]
    del usage["completion_tokens_details"]
    usage.update(completion_tokens=1, total_tokens=usage["prompt_tokens"] + 1)


def _many_times(chunk: Json) -> None:
    usage = chunk["usage"]
    spent = usage["completion_tokens"] * 60
    usage.update(completion_tokens=spent, total_tokens=usage["prompt_tokens"] + spent)


def _added_wrongly(match: re.Match[bytes]) -> bytes:
    return b'"total_tokens": %d' % (int(match[1]) + 1)


def _overthought(chunk: Json) -> None:
    usage = chunk["usage"]
    usage["completion_tokens_details"]["reasoning_tokens"] = usage["completion_tokens"] + 1


def _too_many(chunk: Json) -> None:
    chunk["usage"]["total_tokens"] += 1


FAULTS = (
    Fault(
        id="usage-missing",
        breaks=("usage-present",),
        why="Usage was asked for and never comes, so nothing can be billed or counted.",
        edit=chat(dropped(every(USAGE))),
    ),
    Fault(
        id="usage-uncalled",
        breaks=("usage-unasked",),
        why="Usage comes without having been asked for; clients that read choices[0] of every chunk raise.",
        edit=chat(when(_unasked, copied(last(FINISH), last(FINISH), recast(_counting)))),
    ),
    Fault(
        id="usage-after-done",
        breaks=("usage-before-done",),
        why="Usage comes after [DONE], where the official SDKs no longer read.",
        edit=chat(moved(last(USAGE), last(DONE))),
    ),
    Fault(
        id="usage-on-finish-chunk",
        breaks=("usage-empty-choices",),
        why="Usage stands on the finish chunk instead of one of its own, where clients do not look for it.",
        edit=chat(_on_finish),
    ),
    Fault(
        id="usage-null-left-out",
        breaks=("usage-null-elsewhere",),
        why="Chunks before the last have no 'usage' key, though it was asked for and should be null.",
        edit=chat(sub(every(CHUNK), rb',"usage":null', b"")),
    ),
    Fault(
        id="usage-twice",
        breaks=("usage-once",),
        why="The usage chunk is sent twice, and clients that add up count double.",
        edit=chat(doubled(last(USAGE))),
    ),
    Fault(
        id="usage-total-wrong",
        breaks=("usage-arithmetic",),
        why="total_tokens is not the sum of its parts, so two ways to bill give two results.",
        edit=chat(altered(last(USAGE), _too_many)),
    ),
    Fault(
        id="usage-negative",
        breaks=("usage-integers",),
        why="A token count is negative; unsigned counters of typed clients overflow or refuse it.",
        edit=chat(altered(last(USAGE), _negative)),
    ),
    Fault(
        id="usage-zero",
        breaks=("usage-counts",),
        why="An answer is said to have no tokens, so it is given away for nothing.",
        edit=chat(altered(last(USAGE), _uncounted)),
    ),
    Fault(
        id="usage-of-one-token",
        breaks=("usage-counts", "twin-completion-tokens"),
        cause="Without streaming the same text has all its tokens.",
        why="A long answer is said to have one token, as if only its last chunk were counted.",
        edit=chat(prose(altered(last(USAGE), _one_token))),
    ),
    Fault(
        id="usage-sixtyfold",
        breaks=("max-tokens-honoured", "twin-completion-tokens"),
        cause="Counted so, the answer exceeds the limit, and its twin counts another number.",
        why="A stream counts sixty times the tokens of the same text without streaming, and is billed so.",
        edit=chat(when(_unlimited, altered(last(USAGE), _many_times))),
    ),
    Fault(
        id="usage-before-finish",
        breaks=("usage-position",),
        why="The usage chunk comes before the finish chunk, which clients that take it for the end drop.",
        edit=chat(moved(last(FINISH), last(USAGE))),
    ),
    Fault(
        id="document-usage-total-wrong",
        breaks=("completion-usage",),
        why="Without streaming, total_tokens is not the sum of its parts.",
        edit=documents(sub(every(ANY), rb'"total_tokens": (\d+)', _added_wrongly)),
    ),
    Fault(
        id="usage-prompt-differs",
        breaks=("twin-prompt-tokens",),
        why="A stream counts one prompt token more than the same request without it, and is billed so.",
        edit=chat(altered(last(USAGE), _one_more)),
    ),
    Fault(
        id="usage-reasoning-exceeds",
        breaks=("usage-details",),
        why="More reasoning tokens are reported than tokens in all, so the visible part comes out negative.",
        edit=chat(altered(last(USAGE), _overthought)),
    ),
)
