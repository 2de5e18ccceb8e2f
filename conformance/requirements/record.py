"""Rules for the record: known to be broken by some endpoints, but not testable from outside.

They are never judged, so that no report shows them as passed; each function returns the reason.
"""

from conformance.catalogue import Family, Level
from conformance.requirements.declare import untestable_rule
from conformance.sources import API_REFERENCE, RFC_9112, openapi

_CHUNK = openapi("CreateChatCompletionStreamResponse")


@untestable_rule(
    family=Family.CHAT,
    level=Level.INFO,
    statement="A gateway keeps the id of the answer that it passes on.",
    hurts="An answer cannot be found in the logs of the provider that made it.",
    sources=[_CHUNK],
    reports=["BerriAI/litellm#10280"],
)
def id_upstream() -> str:
    return "Only the answer of the provider behind the gateway tells which id it had."


@untestable_rule(
    family=Family.USAGE,
    level=Level.MUST,
    statement="Token counts are those of the model's tokenizer.",
    hurts="Bills are wrong, and nobody can see it.",
    sources=[openapi("CompletionUsage"), openapi("ResponseUsage")],
)
def usage_true() -> str:
    return (
        "It takes the model's tokenizer and its prompt template, which most vendors keep to themselves; "
        "what counts say of each other, and of the twin without streaming, is judged."
    )


@untestable_rule(
    family=Family.CHAT,
    level=Level.MUST,
    statement="The model that answers is the one whose name the answer bears.",
    hurts="A smaller model answers under the name, and for the price, of a larger one.",
    sources=[_CHUNK, openapi("Response")],
)
def model_true() -> str:
    return "A stream shows the name alone; `model-as-asked` compares that one."


@untestable_rule(
    family=Family.TIMING,
    level=Level.SHOULD,
    statement="When a client leaves a stream, the endpoint stops generating.",
    hurts="Tokens that nobody reads are computed, and paid for.",
    sources=[RFC_9112, API_REFERENCE],
)
def cancel_stops() -> str:
    return (
        "Nothing comes any more to whoever has left; `cancel-survived` tells whether the next request is "
        "answered, and `cancel-frees`, where one is answered at a time, whether it had to wait."
    )
