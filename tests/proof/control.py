"""What breaks and what keeps the requirements on the marks of chat templates in what a model says."""

from tests.proof.streams import responses
from tests.proof.streams.chat import CALLING, ROLE, WEATHER, calling, goes_on, opens, says, wire
from tests.proof.streams.edits import edited, every
from tests.proof.streams.handmade import Breaks, Json, Wire
from tests.proof.tools.names import CAUSE, chat

MARK = "control-text"
CUT = "control-text-cut"
OFFERS: Json = {"tools": [WEATHER]}


def asking(text: str) -> Json:
    """A request whose last message says this."""
    return {"messages": [{"role": "user", "content": text}]}


def thinking(id: str, *thoughts: str, asks: Json | None = None, breaks: Breaks = ()) -> Wire:
    """Reasoning in these pieces, and a text."""
    deltas = ({"reasoning_content": text} for text in thoughts)
    return wire(id, ROLE, *deltas, {"content": "Rain."}, asks=asks or {}, breaks=breaks)


def answering(id: str, *texts: str, asks: Json | None = None, breaks: Breaks = ()) -> Wire:
    """A text of Responses in these pieces."""
    events, done = responses.message_events(0, *texts)
    return responses.wire(
        id, *responses.OPENING, *events, responses.completed(done), asks=asks or {}, breaks=breaks
    )


def calling_it(id: str, arguments: str, breaks: Breaks = ()) -> Wire:
    """A call of Responses with these arguments."""
    events, done = responses.function_call(0, "call_a", "weather", arguments)
    return responses.wire(id, *responses.OPENING, *events, responses.completed(done), breaks=breaks)


def ending(number: int, text: str) -> Wire:
    """A text that ends with a mark."""
    return wire(f"control-text-{number}", *says("Rain", " today", text), breaks=MARK)


ENDS = (
    *("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<end_of_turn>", "<turn|>", "[/INST]"),
    *("</s>", " </s>\n", "<eos>", "<\uff5cend\u2581of\u2581sentence\uff5c>", "<|end|>", "<|return|>"),
    *(
        "<seed:eos>",
        "<|END_RESPONSE|>",
        "[|endofturn|]",
        "<|reserved_special_token_5|>",
        "<\uff5cUser\uff5c>",
    ),
    *("<|im_start|>assistant\n", "<|start|>assistant<|channel|>final<|message|>Rain", "<|user|>", "[EOT]"),
)

BROKEN: tuple[Wire, ...] = (
    *(ending(number, text) for number, text in enumerate(ENDS)),
    wire("control-text-over-deltas", *says("Rain", "<|", "im", "_end", "|", ">"), breaks=MARK),
    wire(
        "control-text-of-a-channel",
        *says("<|channel>", "thought\n", "It rains.", "<channel|>", "Rain"),
        breaks=MARK,
    ),
    wire("control-text-of-harmony-bare", *says("analysis", "We need", "assistantfinal", "Rain"), breaks=MARK),
    wire("control-text-behind-a-fence", *says("```\nls\n```", "<|im_end|>"), breaks=MARK),
    wire("control-text-in-an-open-fence", *says("```\nls\n", "<|im_end|>"), breaks=MARK),
    wire("control-text-behind-code", *says("Use `ls`", "<|im_end|>"), breaks=MARK),
    wire(
        "control-text-though-tags-were-asked-for",
        *says("Rain", "<|im_end|>"),
        asks=asking("Put your thoughts into <think> tags. Will it rain?"),
        breaks=MARK,
    ),
    thinking("control-text-in-reasoning", "It rains", ".<|im_end|>", breaks=MARK),
    thinking("control-text-think-in-reasoning", "It rains.", "</think>", breaks=MARK),
    calling(
        "control-text-in-arguments",
        opens(0, "call_a", "now"),
        goes_on(0, '{"zone":"UTC<|im'),
        goes_on(0, '_end|>"}'),
        breaks=MARK,
    ),
    calling("control-text-escaped", opens(0, "call_a", "now", '{"zone":"UTC\\u003c/s\\u003e"}'), breaks=MARK),
    wire("control-text-in-a-refusal", ROLE, {"refusal": "I can't.<|im_end|>"}, breaks=MARK),
    answering("control-text-in-responses", "Rain", "<|im_", "end|>", breaks=MARK),
    calling_it("control-text-in-arguments-of-responses", '{"city":"Oslo<|eot_id|>"}', breaks=MARK),
    edited(responses.SUMMARY, "control-text-in-a-summary", every(b"eet.", b"eet.<|end|>"), breaks=MARK),
    wire("mark-begun", *says("Look: ", "<|tool_cal"), breaks=CUT),
    wire("mark-begun-by-letters", *says(*"<|action_start|"), breaks=CUT),
    wire("mark-begun-full-width", *says("Look: ", "<\uff5ctool\u2581ca"[:5]), breaks=CUT),
    wire("mark-begun-of-a-tag", *says("Look.\n", "<tool_ca"), breaks=CUT),
    wire("mark-begun-of-brackets", *says("[TOOL_", "CALLS"), breaks=CUT),
    wire("mark-begun-of-no-known-model", *says("Rain", "<|end_of_rain|"), breaks=CUT),
    thinking("mark-begun-in-reasoning", "It rains", ".<|im_st", breaks=CUT),
    answering("mark-begun-in-responses", "Rain", "<|im_", "end|", breaks=CUT),
    chat(
        "name-with-mark",
        "weather<|channel|>json",
        WEATHER,
        breaks=("control-text", "tool-name-offered", "tool-name-form"),
        cause=CAUSE,
    ),
)

LEGAL: tuple[Wire, ...] = (
    wire("strike-through", *says("<s>old</s> new, and ", "<s>older</s>")),
    wire("strike-through-with-a-class", *says('<s class="x">', "old", "</s>")),
    wire("fence-with-s", *says("```html\n<s>", "old</s>\n```\n", "strikes it through.")),
    wire("end-of-s-in-the-middle", *says("It ends with </s>, ", "as HTML has it.")),
    wire("xml", *says('<invoke method="a"><parameter name="b">', "1</parameter></invoke>")),
    wire("xml-function", *says('<function name="f">', "x</function>")),
    wire("table-with-bars", *says("| a | b |\n", "|---|---|\n", "| <b> | <|> |\n")),
    wire("elm", *says("text <| String.fromInt ", "<|user |> name")),
    wire("f-sharp", *says("let x = print <| 5 |> id", " in f <|x|> g")),
    wire("bra-and-ket", *says("<x|A|y> and <\u03c8|", "x|> ")),
    wire("full-width-bars", *says("\uff5c\u6771\uff5c\u897f\uff5c ", "<\uff5c>")),
    wire(
        "code-with-needles",
        *says("send(to=functions.notify)\n", "functools.partial(f)[0]; assistant = final"),
    ),
    wire("usage-of-a-command", *says("Usage: ls [OPTIONS] ", "[ARGS]... [INSTANCE]")),
    wire("mark-in-backquotes", *says("The turn ends with `<|im_end|>`", ", and `<tool_call>` opens a call.")),
    wire("mark-in-a-fence", *says("```python\ntext.replace('<|im_end|>', '')\n```\n", "does it.")),
    wire(
        "template-asked-about",
        *says("It is <|im_start|>user, ", "then <|im_end|>; <tool_call> opens a call, </s> ends Llama 2."),
        asks=asking("How does the chat template of Qwen work?"),
    ),
    wire(
        "mark-asked-about",
        *says("<|im_start|> begins what ", "<|im_end|> ends; a call is in <tool_call>."),
        asks=asking("What is <|im_end|>?"),
    ),
    wire("end-asked-about", *says("The tag is ", "</s>"), asks=asking("Which tag ends <s>, is it </s>?")),
    thinking("think-asked-about", "They ask of <think>.", asks=asking("What does <think> mean?")),
    calling(
        "html-in-arguments", opens(0, "call_a", "now", '{"html":"<s>old</s>","tokens":["<pad>","<eos>"]}')
    ),
    answering(
        "mark-asked-about-in-responses",
        *("<|im_end|>", " ends a turn."),
        asks={"input": "What is \u003c|im_end|\u003e?"},
    ),
    wire("text-cut-inside-a-tag", *says("<ul><li>a</li>", "<tool_ca"), finish="length"),
    wire("text-cut-inside-a-mark", *says("Rain", "<|im_e"), finish="length"),
    wire("begins-no-mark", *says("In Elm one writes f ", "<|us")),
    wire("ends-with-brackets", *says("See [1] and [INS", "T")),
    wire("says-analysis", *says("analysis", " of the assistant's final commentary to functions.")),
    wire("tools-offered-and-text", *says("The weather(Oslo) is ", '{"city":"Oslo"}.'), asks=OFFERS),
    wire("json-beside-tools", CALLING, *({"content": text} for text in ('{"name":', '"Oslo"}')), asks=OFFERS),
)
