"""Faults of reasoning in chat streams."""

from conformance.reference.faults.edit import (
    CONTENT,
    REASONING,
    ROLE,
    altered,
    asked,
    chat,
    deltas,
    dropped,
    each,
    every,
    first,
    last,
    moved,
    prose,
    sub,
    when,
)
from conformance.reference.faults.fault import TEXT_CHANGED, Fault
from conformance.reference.wire import Ask, Json, Reply


def _as_object(delta: Json) -> None:
    delta["reasoning_content"] = {"text": delta["reasoning_content"]}


def _cumulative(_: Ask, reply: Reply) -> Reply:
    thought = ""

    def so_far(delta: Json) -> None:
        nonlocal thought
        thought += delta["reasoning_content"]
        delta["reasoning_content"] = thought

    return altered(every(REASONING), each(deltas, so_far))(_, reply)


FAULTS = (
    Fault(
        id="reasoning-so-far",
        breaks=("reasoning-cumulative",),
        why="Each delta repeats all thoughts so far, so clients show them many times over.",
        edit=chat(_cumulative),
    ),
    Fault(
        id="reasoning-object",
        breaks=("reasoning-string",),
        why="A piece of reasoning is an object; clients that append strings raise.",
        edit=chat(altered(first(REASONING), each(deltas, _as_object))),
    ),
    Fault(
        id="reasoning-before-role",
        breaks=("reasoning-after-role",),
        why="The reasoning begins before the role; LangChain.js types the message by its first delta.",
        edit=chat(moved(first(ROLE), first(REASONING))),
    ),
    Fault(
        id="reasoning-after-content",
        breaks=("reasoning-order",),
        why=(
            "Reasoning goes on after the answer has begun, so clients that have closed the thought reopen it."
        ),
        edit=chat(moved(last(REASONING), first(CONTENT))),
    ),
    Fault(
        id="reasoning-fields-differ",
        breaks=("reasoning-fields-agree",),
        why="'reasoning' and 'reasoning_content' say different things, so the thought depends on the client.",
        edit=chat(sub(every(REASONING), rb'"reasoning_content":"', b'"reasoning":"~","reasoning_content":"')),
    ),
    Fault(
        id="reasoning-under-short-name",
        breaks=("reasoning-field",),
        why="Reasoning comes in 'reasoning' alone, where clients that know 'reasoning_content' show none.",
        edit=chat(sub(every(REASONING), rb'"reasoning_content":"', b'"reasoning":"')),
    ),
    Fault(
        id="reasoning-hidden",
        breaks=("claim-kept",),
        why="Reasoning is counted and paid for, and none of it is streamed.",
        edit=chat(dropped(every(REASONING))),
    ),
    Fault(
        id="think-tags-in-content",
        breaks=("think-leak", "answer-expected"),
        cause=TEXT_CHANGED,
        why="Reasoning stands in the answer between <think> tags, and every user reads it.",
        edit=chat(
            prose(
                when(
                    lambda ask, _: str(asked(ask).get("model")).startswith("reference-reasoning"),
                    sub(first(CONTENT), rb'"content":"', b'"content":"<think>Counting.</think>'),
                )
            )
        ),
    ),
)
