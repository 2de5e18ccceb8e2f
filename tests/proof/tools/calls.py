"""What breaks and what keeps the requirements on tool calls as a whole."""

from tests.proof.streams import echoed, responses
from tests.proof.streams.chat import (
    ASKS,
    WEATHER,
    calling,
    calling_in_two,
    goes_on,
    opens,
    says,
    wire,
)
from tests.proof.streams.echoed import answered
from tests.proof.streams.edits import edited, every
from tests.proof.streams.handmade import Json, Wire


def leaks(number: int, text: str) -> Wire:
    """A text in which a model's own markup of a call shows, between two harmless deltas."""
    deltas = ({"role": "assistant", "content": "Look: "}, {"content": text}, {"content": " ..."})
    return wire(f"markup-{number}", *deltas, breaks="tool-markup")


OFFERS: Json = {"tools": [WEATHER]}
TEXT_CALL = responses.message_events(0, '{"name": "weather", ', '"arguments": {}}')


def asking(text: str) -> Json:
    """A request whose last message says this."""
    return {**ASKS, "messages": [{"role": "user", "content": text}]}


BROKEN: tuple[Wire, ...] = (
    calling(
        "call-ids-same", opens(0, "call_a", "f", "{}"), opens(1, "call_a", "f", "{}"), breaks="tool-id-unique"
    ),
    calling(
        "call-ids-same-of-three",
        opens(0, "call_a", "f", "{}"),
        opens(1, "call_b", "f", "{}"),
        opens(2, "call_a", "g", "{}"),
        breaks="tool-id-unique",
    ),
    calling_in_two(
        "call-ids-same-in-both-choices",
        *((index, opens(0, "call_a", "now", "{}")) for index in (0, 1)),
        breaks="tool-id-choices",
    ),
    calling_in_two(
        "second-call-id-same-in-both-choices",
        (0, opens(0, "call_a", "now", "{}")),
        (0, opens(1, "call_b", "now", "{}")),
        (1, opens(0, "call_c", "now", "{}")),
        (1, opens(1, "call_b", "now", "{}")),
        breaks="tool-id-choices",
    ),
    calling("call-id-of-41", opens(0, "c" * 41, "f", "{}"), breaks="tool-id-portable"),
    calling("call-id-of-64", opens(0, "c" * 64, "f", "{}"), breaks="tool-id-portable"),
    calling("call-id-of-65", opens(0, "c" * 65, "f", "{}"), breaks="tool-id-length"),
    calling("call-id-of-300", opens(0, "c" * 300, "f", "{}"), breaks="tool-id-length"),
    *(
        leaks(number, text)
        for number, text in enumerate(
            (
                '<tool_call>{"name":"f"}</tool_call>',
                "</tool_call>",
                '<function=f>{"a":1}</function>',
                "<|tool_calls_section_begin|>",
                '[TOOL_CALLS][{"name":"f"}]',
                "<|python_tag|>f.call()",
                "<\uff5ctool\u2581calls\u2581begin\uff5c>",
                "<minimax:tool_call>",
                "<\uff5cDSML\uff5ctool_calls>",
                "<|action_start|><|plugin|>",
                '<function_calls>\n<invoke name="f">',
                "<seed:tool_call>",
                "<|tool_call>call:f{}<tool_call|>",
                '<steptml:invoke name="f">',
                "<arg_key>city</arg_key>",
                "<start_function_call>call:f{}",
                "<|tools_prefix|>[]",
                "<TOOLCALL>[]",
                "<|START_ACTION|>[]",
                "<longcat_tool_call>f",
                "<|open|>tools<|sep|>",
                "<|content_invoke_tool_json|>{}",
            )
        )
    ),
    wire(
        "markup-over-deltas",
        {"role": "assistant", "content": "<tool"},
        {"content": "_ca"},
        {"content": "ll>"},
        breaks="tool-markup",
    ),
    edited(
        responses.TEXT,
        "markup-in-responses",
        every(b"Hello", b"<tool_call>"),
        every(b'"Hel"', b'"<tool_cal"'),
        every(b'"lo, "', b'"l>, "'),
        breaks="tool-markup",
    ),
    *(
        wire(f"call-as-{name}", *says(*text), asks=OFFERS, breaks="tool-call-bare")
        for name, text in {
            "json": ('{"name": "weather", ', '"arguments": {"city": "Oslo"}}'),
            "json-of-llama": ('{"type": "function", "name": "weather", "parameters": ', '{"city": "Oslo"}}'),
            "list-of-json": (
                '[{"name": "weather", "arguments": {}},',
                ' {"name": "weather", "arguments": {}}]',
            ),
            "json-in-a-fence": ('```json\n{"name": "weather", ', '"arguments": {"city": "Oslo"}}\n```'),
            "json-of-a-message": ('{"function": {"name": "weather", ', '"arguments": "{}"}}'),
            "name-and-json": ("weather\n", '{"city": "Oslo"}'),
            "python": ("[weather(", 'city="Oslo")]'),
            "line-of-python": ("weather(", 'city="Oslo")'),
        }.items()
    ),
    answered("call-as-json-in-responses", {"tools": [echoed.WEATHER]}, TEXT_CALL, breaks="tool-call-bare"),
    *(
        wire(f"markup-bare-{number}", *says("Look. ", text), breaks="tool-markup")
        for number, text in enumerate(
            (
                'assistantcommentary to=functions.weather json{"city":"Oslo"}',
                'commentary to=functions.weather <|constrain|>json<|message|>{"city":"Oslo"}',
                'to=functions.weather code{"city":"Oslo"}',
                'functions.weather:0{"city":"Oslo"}',
                'weather[ARGS]{"city":"Oslo"}',
                'functools[{"name":"weather"}]',
            )
        )
    ),
    wire(
        "markup-in-reasoning",
        {"role": "assistant", "content": None},
        {"reasoning_content": "<tool_"},
        {"reasoning_content": 'call>{"name":"f"}</tool_call>'},
        breaks=("tool-markup", "answer-empty"),
        cause="The call is all that there is, and it is among the thoughts.",
    ),
    calling(
        "markup-in-arguments",
        opens(0, "call_a", "now", '{"zone":"UTC</\uff5cDSML\uff5cparameter>'),
        goes_on(0, '"}'),
        breaks="tool-markup",
    ),
    calling(
        "markup-closes-arguments",
        opens(0, "call_a", "now", '{"zone":"UTC\\n</parameter>\\n"}'),
        breaks="tool-markup",
    ),
    calling(
        "markup-in-a-name",
        opens(0, "call_a", "now<|tool_call_argument_begin|>", "{}"),
        breaks=("tool-markup", "tool-name-form"),
        cause="The mark is in the name.",
    ),
    wire(
        "markup-though-tools-were-spoken-of",
        *says("<tool_call>", '{"name":"f"}'),
        asks=asking("Call the tool, please."),
        breaks="tool-markup",
    ),
)

LEGAL: tuple[Wire, ...] = (
    calling("call-ids-of-40", opens(0, "a" * 40, "now", "{}"), opens(1, "b" * 40, "now", "{}")),
    calling("call-id-short", opens(0, "0", "now", "{}"), opens(1, "1", "now")),
    calling_in_two(
        "call-ids-of-two-choices",
        *((index, opens(0, f"call_{index}", "now", "{}")) for index in (0, 1)),
    ),
    wire(
        "tools-spoken-of",
        *says("A tool_call is made with <tool>, ", "[TOOLS], <function>, tool_calls and <|tools|>."),
    ),
    wire(
        "markup-asked-about",
        *says("`<tool_call>` ", "opens a call."),
        asks=asking("What does <tool_call> mean in a template?"),
    ),
    wire(
        "markup-of-the-closing-tag",
        *says("</tool_call>", " closes it."),
        asks=asking("Does <tool_call> need an end?"),
    ),
    edited(
        responses.TEXT,
        "markup-asked-about-in-responses",
        every(b"Hello", b"<tool_call>"),
        every(b'"Hel"', b'"<tool_cal"'),
        every(b'"lo, "', b'"l>, "'),
        asks={"model": "gpt-5.2", "input": "What is \u003ctool_call\u003e?", "stream": True},
    ),
)
