"""Faults of refusals, and of errors inside a stream."""

from conformance.reference.faults.edit import (
    ANY,
    CHUNK,
    CONTENT,
    chat,
    every,
    first,
    inserted,
    last,
    mapped,
    refusals,
    stated,
    sub,
    when,
)
from conformance.reference.faults.fault import Fault
from conformance.reference.wire import compact, data_block

FLAT_ERROR = data_block(compact({"object": "error", "message": "The engine is overloaded.", "code": 503}))
IN_BAND_ERROR = data_block(
    compact(
        {
            "error": {
                "message": "The engine is overloaded.",
                "type": "server_error",
                "param": None,
                "code": "overloaded",
            }
        }
    )
)

FAULTS = (
    Fault(
        id="status-accepted",
        breaks=("status-ok",),
        why="Good answers have status 202, which clients that wait for 200 treat as an error.",
        edit=when(lambda _, reply: reply.status == 200, stated(202)),
    ),
    Fault(
        id="refusal-with-200",
        breaks=("error-status",),
        why=(
            "A refused request has status 200, so SDKs raise no error and look for an answer in the envelope."
        ),
        edit=refusals(stated(200)),
    ),
    Fault(
        id="refusal-as-detail",
        breaks=("error-envelope",),
        why="A refusal is a bare 'detail', in which SDKs find no message, type or code.",
        edit=refusals(mapped(every(ANY), lambda _: b'{"detail":"The request was refused."}')),
    ),
    Fault(
        id="refusal-without-param-and-code",
        breaks=("error-fields",),
        why="The envelope has no param and no code, so clients cannot tell one refusal from another.",
        edit=refusals(sub(every(ANY), rb',\s*"param": .*?,\s*"code": (null|"\w+")', b"")),
    ),
    Fault(
        id="error-in-band-flat",
        breaks=("error-inband-shape",),
        why="An error in the stream is no 'error' object; SDKs do not recognise it and end in silence.",
        edit=chat(inserted(last(CHUNK), FLAT_ERROR)),
    ),
    Fault(
        id="error-in-band-then-more",
        breaks=("error-inband-terminal",),
        why="The answer goes on after an error in the stream, when SDKs have raised already.",
        edit=chat(inserted(first(CONTENT), IN_BAND_ERROR)),
    ),
    Fault(
        id="error-null-on-chunks",
        breaks=("error-null-key",),
        why="Every chunk has 'error': null, which the AI SDK takes for an error and shows nothing.",
        edit=chat(sub(every(CHUNK), rb"\}\n\n$", b',"error":null}\n\n')),
    ),
)
