"""What breaks and what keeps the requirement on chunks whose padding the request switches off."""

from tests.proof.streams.chat import ASKS, TEXT
from tests.proof.streams.edits import edited, every, nth
from tests.proof.streams.handmade import Json, Wire

PLAIN: Json = {**ASKS, "stream_options": {"include_obfuscation": False}}
PADDED: Json = {**ASKS, "stream_options": {"include_obfuscation": True}}
PADDING = b'"obfuscation":"kX9","choices":'

BROKEN: tuple[Wire, ...] = (
    edited(TEXT, "padding-anyway", every(b'"choices":', PADDING), asks=PLAIN, breaks="obfuscation-off"),
    edited(TEXT, "padding-once", nth(2, b'"choices":', PADDING), asks=PLAIN, breaks="obfuscation-off"),
)

LEGAL: tuple[Wire, ...] = (
    edited(TEXT, "padding-off", asks=PLAIN),
    edited(TEXT, "padding-null", every(b'"choices":', b'"obfuscation":null,"choices":'), asks=PLAIN),
    edited(TEXT, "padding-on", every(b'"choices":', PADDING), asks=PADDED),
    edited(TEXT, "padding-by-default", every(b'"choices":', PADDING)),
)
