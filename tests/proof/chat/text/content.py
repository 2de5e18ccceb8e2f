"""What breaks and what keeps the requirements on the text of a chat stream itself."""

from tests.proof.streams.chat import (
    ONE_TOOL,
    REASONING,
    REFUSAL,
    ROLE,
    TEXT,
    WEATHER,
    calling,
    opens,
    says,
    wire,
)
from tests.proof.streams.edits import edited, nth, once
from tests.proof.streams.handmade import Json, Wire


def about(wire: Wire, content: str) -> Json:
    """The request of a wire with another prompt."""
    return {**(wire.asks or {}), "messages": [{"role": "user", "content": content}]}


BROKEN: tuple[Wire, ...] = (
    edited(TEXT, "refusal-number", nth(0, b'"refusal":null', b'"refusal":0'), breaks="content-string"),
    edited(TEXT, "content-number", once(b'"wor"', b"5"), breaks="content-string"),
    edited(TEXT, "content-object", once(b'"wor"', b'{"text":"wor"}'), breaks="content-string"),
    edited(
        TEXT, "content-blocks", once(b'"wor"', b'[{"type":"text","text":"wor"}]'), breaks="content-string"
    ),
    edited(
        TEXT,
        "content-grows",
        once(b'"lo, "', b'"Hello, "'),
        once(b'"wor"', b'"Hello, wor"'),
        once(b'"ld!"', b'"Hello, world!"'),
        breaks="content-cumulative",
    ),
    wire(
        "content-grows-in-three",
        *says("Once upon", "Once upon a", "Once upon a time"),
        breaks="content-cumulative",
    ),
    wire(
        "content-grows-and-ends-twice",
        *says("Once", "Once upon", "Once upon a", "Once upon a time", "Once upon a time"),
        breaks="content-cumulative",
    ),
    edited(TEXT, "content-replaced", once(b"wor", "w\ufffdr".encode()), breaks="content-replacement"),
    edited(TEXT, "content-replaced-escaped", once(b"wor", b"w\\ufffdr"), breaks="content-replacement"),
    wire("replaced-before-limit", *says("Hi \ufffd", "wor"), finish="length", breaks="content-replacement"),
    wire("replaced-at-end", *says("Hi ", "wor\ufffd"), breaks="content-replacement"),
    edited(
        REASONING, "reasoning-replaced", once(b"think.", "th\ufffdnk.".encode()), breaks="content-replacement"
    ),
    edited(
        REFUSAL, "refusal-replaced", once(b"I can't.", "I can\ufffdt.".encode()), breaks="content-replacement"
    ),
    edited(ONE_TOOL, "arguments-replaced", once(b"Oslo", "\ufffdslo".encode()), breaks="content-replacement"),
    edited(
        ONE_TOOL, "arguments-replaced-escaped", once(b"Oslo", b"\\\\ufffdslo"), breaks="content-replacement"
    ),
    edited(
        ONE_TOOL,
        "arguments-replaced-escaped-in-pieces",
        once(b'{\\"city\\":"', b'{\\"city\\":\\"\\\\uF"'),
        once(b'\\"Oslo\\"}', b'FFDslo\\"}'),
        breaks="content-replacement",
    ),
    edited(
        REFUSAL,
        "surrogate-cut-in-refusal",
        once(b"I'm sorry, ", b"I'm sorry \\ud83d"),
        once(b'"I can\'t."', b'"\\ude00"'),
        breaks="surrogates-paired",
    ),
    edited(
        REASONING,
        "surrogate-cut-in-reasoning",
        once(b"Let me ", b"Let me \\ud83d"),
        once(b'"think."', b'"\\ude00"'),
        breaks="surrogates-paired",
    ),
    edited(
        ONE_TOOL,
        "surrogate-cut-in-arguments",
        once(b'{\\"city\\":"', b'{\\"city\\":\\"\\ud83d"'),
        once(b'\\"Oslo', b"\\ude00"),
        breaks="surrogates-paired",
    ),
    edited(TEXT, "surrogate-lone", once(b"wor", b"w\\ud83d"), breaks="surrogates-paired"),
    edited(
        TEXT,
        "surrogate-cut",
        once(b"wor", b"w\\ud83d"),
        once(b'"ld!"', b'"\\ude00"'),
        breaks="surrogates-paired",
    ),
)

LEGAL: tuple[Wire, ...] = (
    wire("empty-deltas", ROLE, {}, {"content": ""}, {"content": None}, {"content": "Hi"}, {}),
    wire("white-space", ROLE, {"content": "\n"}, {"content": "  "}, {"content": "\t"}),
    wire(
        "same-delta-again", ROLE, {"content": "ha"}, {"content": "ha"}, {"content": "ha"}, {"content": "ha"}
    ),
    wire("poem-that-repeats", *says("And", "And so", "And so on\n", "And so on and on\n")),
    wire("poem-of-lines", *says("The king", "The king was\n", "The king was old.\n", "The end.")),
    wire(
        "story-that-goes-on",
        *says(
            "Once upon a time",
            "Once upon a time there",
            "Once upon a time there was",
            "a king, and he was old.",
        ),
    ),
    wire("words-that-begin-alike", *says("I", "In", "Inn")),
    wire("short-texts-that-grow", *says("Once", "Once up", "Once upon"), breaks="content-cumulative-short"),
    wire("letters-that-grow", *says("a", "ab", "abc", "abcd"), breaks="content-cumulative-short"),
    wire("two-texts-that-grow", *says("Once upon a time", "Once upon a time there was")),
    wire("laughter", *says("ha", "haha", "hahahaha", "hahahahahahahaha")),
    wire("line-of-dashes", ROLE, *({"content": "-" * length} for length in (1, 2, 4, 8, 16))),
    wire("says-json", ROLE, {"content": '{"error":{"message":"no"}}'}, {"content": '{"choices":[]}'}),
    wire(
        "odd-characters", ROLE, {"content": "\u2028\u2029\x00\x7f\u0085"}, {"content": "\u202eab\u200d\ufeff"}
    ),
    wire(
        "combining", ROLE, {"content": "e"}, {"content": "\u0301"}, {"content": "👩"}, {"content": "\u200d🚀"}
    ),
    edited(TEXT, "escaped-astral", once(b'"Hel"', b'"\\ud83d\\ude00\\u00e9"')),
    edited(TEXT, "escaped-slashes", once(b'"Hel"', b'"<\\/b>\\u0026"')),
    edited(TEXT, "no-newline-problem", once(b'"Hel"', b'"a\\r\\n\\r\\nb"')),
    edited(
        TEXT, "replacement-as-asked", once(b"wor", "\ufffd".encode()), asks=about(TEXT, "What is \ufffd?")
    ),
    edited(
        ONE_TOOL,
        "replacement-as-asked-in-arguments",
        once(b"Oslo", b"\\\\ufffd"),
        asks=about(ONE_TOOL, "The weather in \ufffd"),
    ),
    wire("replacement-at-limit", *says("Hi ", "wor\ufffd"), finish="length"),
    wire("replacement-in-thoughts-at-limit", ROLE, {"reasoning_content": "Hm\ufffd"}, finish="length"),
    calling(
        "replacement-in-arguments-at-limit",
        opens(0, "call_a", "weather", '{"city":"\ufffd'),
        asks={"tools": [WEATHER]},
        finish="length",
    ),
    calling(
        "replacement-escaped-at-limit",
        opens(0, "call_a", "weather", '{"city":"\\ufffd'),
        asks={"tools": [WEATHER]},
        finish="length",
    ),
    edited(ONE_TOOL, "replacement-spelt-out", once(b"Oslo", b"\\\\\\\\ufffd")),
)
