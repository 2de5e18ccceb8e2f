"""The documents in which requirements are stated, each with its URL."""

from conformance.catalogue import Source

__all__ = [
    "API_REFERENCE",
    "FUNCTION_CALLING",
    "NODE_CHAT",
    "NODE_RESPONSES",
    "NODE_STREAMING",
    "OPEN_RESPONSES",
    "PYTHON_CHAT",
    "PYTHON_DELTAS",
    "PYTHON_RESPONSES",
    "PYTHON_STREAMING",
    "RFC_8259",
    "RFC_9110",
    "RFC_9112",
    "RFC_9112_CHUNKS",
    "RFC_9112_FIELDS",
    "RFC_9112_LENGTH",
    "STRUCTURED_OUTPUTS",
    "WHATWG_INTERPRET",
    "WHATWG_NOTES",
    "WHATWG_PARSE",
    "openapi",
]

_OPENAPI = "https://github.com/openai/openai-openapi/blob/f85dbe2/openapi.yaml"
_PYTHON = "https://github.com/openai/openai-python/blob/v3.52.0/src/openai"
_NODE = "https://github.com/openai/openai-node/blob/v6.49.0/src"
_WHATWG = "https://html.spec.whatwg.org/multipage/server-sent-events.html"


def openapi(schema: str) -> Source:
    """A schema of OpenAI's API description, at commit f85dbe2 (2026-08-21)."""
    return Source(f"openai-openapi f85dbe2, {schema}", f"{_OPENAPI}#:~:text={schema}%3A")


WHATWG_PARSE = Source(
    "HTML Living Standard 9.2.5, parsing an event stream", f"{_WHATWG}#parsing-an-event-stream"
)
WHATWG_INTERPRET = Source(
    "HTML Living Standard 9.2.6, interpreting an event stream", f"{_WHATWG}#event-stream-interpretation"
)
WHATWG_NOTES = Source("HTML Living Standard 9.2.7, authoring notes", f"{_WHATWG}#authoring-notes")
RFC_8259 = Source("RFC 8259, JSON", "https://www.rfc-editor.org/rfc/rfc8259")
RFC_9110 = Source("RFC 9110, HTTP semantics", "https://www.rfc-editor.org/rfc/rfc9110#section-15.5")
RFC_9112 = Source(
    "RFC 9112 section 8, incomplete messages", "https://www.rfc-editor.org/rfc/rfc9112#section-8"
)
RFC_9112_FIELDS = Source(
    "RFC 9112 section 5, field syntax", "https://www.rfc-editor.org/rfc/rfc9112#section-5"
)
RFC_9112_LENGTH = Source(
    "RFC 9112 section 6, message body", "https://www.rfc-editor.org/rfc/rfc9112#section-6"
)
RFC_9112_CHUNKS = Source(
    "RFC 9112 section 7, transfer codings", "https://www.rfc-editor.org/rfc/rfc9112#section-7"
)
PYTHON_STREAMING = Source("openai-python 3.52.0, _streaming.py", f"{_PYTHON}/_streaming.py")
PYTHON_DELTAS = Source(
    "openai-python 3.52.0, lib/streaming/_deltas.py", f"{_PYTHON}/lib/streaming/_deltas.py"
)
PYTHON_CHAT = Source(
    "openai-python 3.52.0, lib/streaming/chat", f"{_PYTHON}/lib/streaming/chat/_completions.py"
)
PYTHON_RESPONSES = Source(
    "openai-python 3.52.0, lib/streaming/responses", f"{_PYTHON}/lib/streaming/responses/_responses.py"
)
NODE_STREAMING = Source("openai-node 6.49.0, core/streaming", f"{_NODE}/core/streaming.ts")
NODE_CHAT = Source("openai-node 6.49.0, lib/ChatCompletionStream", f"{_NODE}/lib/ChatCompletionStream.ts")
NODE_RESPONSES = Source(
    "openai-node 6.49.0, lib/responses/ResponseStream", f"{_NODE}/lib/responses/ResponseStream.ts"
)
FUNCTION_CALLING = Source(
    "OpenAI, function calling guide", "https://platform.openai.com/docs/guides/function-calling"
)
STRUCTURED_OUTPUTS = Source(
    "OpenAI, structured outputs guide", "https://platform.openai.com/docs/guides/structured-outputs"
)
API_REFERENCE = Source(
    "OpenAI, API reference, streaming", "https://platform.openai.com/docs/api-reference/chat-streaming"
)
OPEN_RESPONSES = Source(
    "Open Responses specification, streaming",
    "https://github.com/openresponses/openresponses/blob/05d5f81/src/pages/specification.mdx",
)
