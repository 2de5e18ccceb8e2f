"""Rules kept for the record: known to be broken, and not to be tested from outside.

They are never judged, so that nobody takes them for kept; each says why.
"""

from collections.abc import Iterator

from conformance.catalogue import Apis, Family, Level, Requirement, Violation, requirement
from conformance.sources import API_REFERENCE, RFC_9112, openapi
from conformance.subject import Stream

_CHUNK = openapi("CreateChatCompletionStreamResponse")


def _unseen(_stream: Stream) -> Iterator[Violation]:
    """What cannot be seen from outside has no violations."""
    return iter(())


id_upstream: Requirement = requirement(
    "id-upstream",
    Family.CHAT,
    Level.INFO,
    Apis.BOTH,
    "A gateway keeps the id of the answer that it passes on.",
    hurts="An answer cannot be found in the logs of the provider that made it.",
    sources=[_CHUNK],
    reports=["BerriAI/litellm#10280"],
    untestable="Only the answer of the provider behind the gateway tells which id it had.",
)(_unseen)

usage_true: Requirement = requirement(
    "usage-true",
    Family.USAGE,
    Level.MUST,
    Apis.BOTH,
    "Token counts are those of the model's tokenizer.",
    hurts="Bills are wrong, and nobody can see it.",
    sources=[openapi("CompletionUsage"), openapi("ResponseUsage")],
    untestable=(
        "It takes the model's tokenizer and its prompt template, which most vendors keep to themselves; "
        "what counts say of each other, and of the twin without streaming, is judged."
    ),
)(_unseen)

model_true: Requirement = requirement(
    "model-true",
    Family.CHAT,
    Level.MUST,
    Apis.BOTH,
    "The model that answers is the one whose name the answer bears.",
    hurts="A smaller model answers under the name, and for the price, of a larger one.",
    sources=[_CHUNK, openapi("Response")],
    untestable="A stream shows the name alone; `model-as-asked` compares that one.",
)(_unseen)

cancel_stops: Requirement = requirement(
    "cancel-stops",
    Family.TIMING,
    Level.SHOULD,
    Apis.BOTH,
    "When a client leaves a stream, the endpoint stops generating.",
    hurts="Tokens that nobody reads are computed, and paid for.",
    sources=[RFC_9112, API_REFERENCE],
    untestable=(
        "Nothing comes any more to whoever has left; `cancel-survived` tells whether the next request is "
        "answered."
    ),
)(_unseen)
