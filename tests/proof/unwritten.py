"""What breaks and what keeps the requirements against text that no model wrote."""

import html
import json

from tests.proof.streams import responses
from tests.proof.streams.chat import (
    ASKS,
    ROLE,
    WEATHER,
    calling,
    choice,
    chunk,
    chunks,
    opens,
    probable,
    says,
    wire,
)
from tests.proof.streams.handmade import DONE, Json, Wire

GREETING = "Grüße aus Köln, 你好"
SHELL = 'true && echo "a" > b'
ABOUT_HTML: Json = {"messages": [{"role": "user", "content": "How does HTML write an ampersand?"}]}
ABOUT_CODES: Json = {"messages": [{"role": "user", "content": "Why do I see Ã© in my file?"}]}
WORDS = ("One two", " three", " four.")
THOUGHTS = ("The user greets", " me, so I greet", " back.")
THOUGHT = "".join(THOUGHTS)
ALL_OF_IT = "All of the text is the thoughts."


def misread(text: str, encoding: str = "latin-1") -> str:
    """A text in UTF-8 that was read as another code."""
    return text.encode().decode(encoding)


def called(id: str, value: str, asks: Json = ASKS, breaks: str | tuple[str, ...] = ()) -> Wire:
    """A chat stream with a call."""
    arguments = json.dumps({"city": value}, ensure_ascii=False)
    return calling(
        id,
        opens(0, "call_a1", "weather", arguments),
        asks={**asks, "tools": [WEATHER]},
        breaks=breaks,
    )


def response(id: str, *said: str, asks: Json = responses.ASKS, breaks: str | tuple[str, ...] = ()) -> Wire:
    """A Responses stream that says a text."""
    events, message = responses.message_events(0, *said)
    return responses.wire(
        id, *responses.OPENING, *events, responses.completed(message), asks=asks, breaks=breaks
    )


def thinks(*thoughts: str) -> list[Json]:
    """The role and then the thoughts."""
    return [ROLE, *({"reasoning_content": text} for text in thoughts)]


def answers(*texts: str) -> list[Json]:
    """Deltas with text."""
    return [{"content": text} for text in texts]


def summarised(id: str, *said: str, breaks: str | tuple[str, ...] = ()) -> Wire:
    """A Responses stream whose summary is the thoughts, and that says a text then."""
    item = {"id": "rs_0", "type": "reasoning", "summary": [{"type": "summary_text", "text": THOUGHT}]}
    summary = responses.summary_events(0, item, 0, *THOUGHTS)
    events, message = responses.message_events(1, *said)
    thought = responses.item_events(0, {**item, "summary": []}, item, *summary)
    return responses.wire(
        id,
        *responses.OPENING,
        *thought,
        *events,
        responses.completed(item, message),
        breaks=breaks,
        cause=ALL_OF_IT,
    )


BROKEN: tuple[Wire, ...] = (
    wire("greeting-misread", *says(misread(GREETING[:8]), misread(GREETING[8:])), breaks="text-mojibake"),
    wire("greeting-misread-in-pieces", *says(*misread(GREETING)), breaks="text-mojibake"),
    wire("quotation-misread", *says("It", misread("\u2019s", "cp1252"), " here"), breaks="text-mojibake"),
    wire("russian-misread", *says(misread("Привет")), breaks="text-mojibake"),
    called("arguments-of-misread-letters", misread("Zürich"), breaks="text-mojibake"),
    response("response-of-misread-letters", misread("Zürich"), breaks="text-mojibake"),
    called("arguments-of-a-shell-with-entities", html.escape("a && b"), breaks="text-entities"),
    called("arguments-with-entities-of-quotes", html.escape('echo "a"'), breaks="text-entities"),
    wire("text-with-entities", *says("Fish &am", "p; chips"), breaks="text-entities"),
    wire("text-with-entities-by-number", *says("It&#39;s here"), breaks="text-entities"),
    response("response-with-entities", "Fish &amp; chips", breaks="text-entities"),
    wire("text-again", *says(*WORDS, "".join(WORDS)), breaks="text-repeated"),
    wire("text-again-on-a-line", *says(*WORDS, "\n" + "".join(WORDS)), breaks="text-repeated"),
    wire("text-again-and-a-line-break", *says(*WORDS, "".join(WORDS), "\n"), breaks="text-repeated"),
    response("response-text-again", *WORDS, "".join(WORDS), breaks="text-repeated"),
    Wire(
        id="text-again-without-its-logprobs",
        asks={**ASKS, "logprobs": True},
        body=b"".join(
            [
                chunk(choice(ROLE, logprobs=probable(""))),
                *(chunk(choice({"content": text}, logprobs=probable(text))) for text in WORDS),
                chunk(choice({"content": "".join(WORDS)})),
                chunk(choice({}, "stop")),
                DONE,
            ]
        ),
        breaks=("text-repeated", "logprobs-agree"),
        cause="No log probabilities tell of what was not generated.",
    ),
    wire("thoughts-again", *thinks(*THOUGHTS), *answers(THOUGHT, "Hello!"), breaks="text-repeats-thoughts"),
    wire(
        "thoughts-as-text",
        *thinks(*THOUGHTS),
        *answers(THOUGHT),
        breaks=("text-repeats-thoughts", "text-as-thoughts"),
        cause=ALL_OF_IT,
    ),
    wire(
        "thoughts-beside-text",
        ROLE,
        *({"reasoning_content": text, "content": text} for text in THOUGHTS),
        breaks=("text-repeats-thoughts", "text-as-thoughts", "reasoning-order"),
        cause=f"{ALL_OF_IT} The thoughts go on after the text has begun.",
    ),
    wire(
        "thoughts-as-dictated-text",
        *thinks(*THOUGHTS),
        *answers(*THOUGHTS, " 1-x2b9k 2-x2b9k"),
        breaks=("text-repeats-thoughts", "answer-expected"),
        cause="The text is not the one that the prompt dictates.",
        expected_text="1-x2b9k 2-x2b9k",
    ),
    summarised("summary-again", THOUGHT, breaks=("text-repeats-thoughts", "text-as-thoughts")),
    wire("thoughts-said-in-pieces", *thinks(*THOUGHTS), *answers(*THOUGHTS), breaks="text-as-thoughts"),
)

LEGAL: tuple[Wire, ...] = (
    wire("letters-beyond-ascii", *says(GREETING, " Привет, ça va? Ä Ö Ü ß Ã Â")),
    wire("quotation-marks-in-french", *says("«\u00a0été\u00a0» à «\u00a0Paris\u00a0», 20\u00a0°C…")),
    wire("capitals-before-punctuation", *says("CAFÉ… „MENÜ“ AMANHÃ… NÃO \u2013 É»")),
    wire("letters-of-several-scripts", *says("Đà Nẵng, İstanbul, Łódź, Åre, Ísafjörður 👩‍👩‍👧")),
    wire("misread-letters-that-were-asked-about", *says("Ã© is é, read as Latin-1."), asks=ABOUT_CODES),
    called("arguments-beyond-ascii", "Zürich, Đà Nẵng"),
    response("response-beyond-ascii", GREETING),
    wire("entities-that-were-asked-about", *says("Write &amp; for it."), asks=ABOUT_HTML),
    wire("page-with-entities", *says("<p>Fish &amp; chips</p>")),
    wire("ampersands-that-begin-no-entity", *says("AT&T, R&D; a && b; ?a=1&lt=2&amp")),
    called("arguments-of-a-page", "<p>Fish &amp; chips</p>"),
    called("arguments-of-a-shell", SHELL),
    response("response-that-was-asked-about-entities", "&lt;", asks={"input": "What is < in XML?"}),
    wire("phrase-twice-in-pieces", *says(*WORDS, *WORDS)),
    wire("phrase-twice-in-two-deltas", *says("".join(WORDS), "".join(WORDS))),
    wire(
        "verse-twice-in-blocks",
        *says("Row, row, row.\n", "Down the stream.\n", "Row, row, row.\nDown the stream.\n"),
    ),
    wire("phrase-twice-and-more", *says(*WORDS, "".join(WORDS), " Five.")),
    wire("short-phrase-again", *says("Hi", " there", "Hi there")),
    wire("laughter-in-blocks", *says("hahahaha", "hahahaha", "hahahahahahahaha")),
    wire("rules-in-blocks", *says("----------", "----------", "-" * 20)),
    wire("phrase-after-another", *says("Say it: ", *WORDS, "".join(WORDS))),
    Wire(
        id="phrase-twice-with-logprobs",
        asks={**ASKS, "logprobs": True},
        body=b"".join(
            [
                chunk(choice(ROLE, logprobs=probable(""))),
                *(chunk(choice({"content": text}, logprobs=probable(text))) for text in WORDS),
                chunk(choice({"content": "".join(WORDS)}, logprobs=probable("".join(WORDS)))),
                chunk(choice({}, "stop")),
                DONE,
            ]
        ),
    ),
    wire("dictated-phrase-twice", *says(*WORDS, "".join(WORDS)), expected_text="".join(WORDS) * 2),
    Wire(
        id="phrase-of-another-choice",
        asks={**ASKS, "n": 2},
        body=chunks(*says(*WORDS))
        + b"".join(
            [
                chunk(choice(ROLE, index=1)),
                chunk(choice({"content": "".join(WORDS)}, index=1)),
                chunk(choice({}, "stop", index=1)),
                DONE,
            ]
        ),
    ),
    response("response-phrase-twice-in-pieces", *WORDS, *WORDS),
    wire("thoughts-said-and-more", *thinks(*THOUGHTS), *answers(*THOUGHTS, " Hello!")),
    wire("thoughts-quoted", *thinks(*THOUGHTS), *answers("I thought: ", THOUGHT + " Hello!")),
    wire(
        "thought-in-one-and-text-in-one",
        *thinks("I will say hello."),
        *answers("I will say hello."),
        breaks="text-as-thoughts",
    ),
    wire("short-thought-again", *thinks("Say", " hi."), *answers("Say hi.")),
    wire(
        "dictated-text-thought-first",
        *thinks("1-x2b9k", " 2-x2b9k"),
        *answers("1-x2b9k 2-x2b9k"),
        expected_text="1-x2b9k 2-x2b9k",
    ),
    summarised("summary-said-again-in-pieces", *THOUGHTS, breaks="text-as-thoughts"),
)
