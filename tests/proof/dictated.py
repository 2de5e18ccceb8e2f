"""What breaks and what keeps the requirements on what a prompt dictates."""

import html
import json
from unicodedata import normalize

from tests.proof.streams import responses
from tests.proof.streams.chat import NAMED, ROLE, WEATHER, calling, goes_on, opens, says, wire
from tests.proof.streams.handmade import Json, Wire, compact

LINE = "x2b9k & < > \" ' \\ é 漢 😀\nu\u0308 x2b9k"
CITY: Json = {"city": LINE}
DUE = json.dumps(CITY)
MODEL = "The text is not the one that the prompt dictates."
BOTH = "Arguments that are a string are no object."


def pieces(text: str, size: int = 5) -> list[str]:
    """A text in deltas."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def dictated(id: str, text: str, breaks: tuple[str, ...] = (), due: str = LINE, finish: str = "stop") -> Wire:
    """A chat stream that says a text where the prompt dictates another."""
    named = (*breaks, "answer-expected") if text.strip() != due else breaks
    return wire(id, *says(*pieces(text)), finish=finish, breaks=named, cause=MODEL, expected_text=due)


def called(id: str, arguments: str, breaks: tuple[str, ...] = (), due: tuple[str, ...] = (DUE,)) -> Wire:
    """A chat stream with a call."""
    first, *rest = pieces(arguments)
    deltas = [opens(0, "call_a1", "weather", first), *(goes_on(0, text) for text in rest)]
    return calling(id, *deltas, asks={"tools": [WEATHER]}, breaks=breaks, cause=BOTH, expected_arguments=due)


def response(id: str, text: str, breaks: tuple[str, ...] = ()) -> Wire:
    """A Responses stream that says a text."""
    events, message = responses.message_events(0, *pieces(text))
    named = (*breaks, "answer-expected") if breaks else ()
    usage = {**responses.USAGE, "output_tokens": 40, "total_tokens": 49}
    return responses.wire(
        id,
        *responses.OPENING,
        *events,
        responses.lifecycle("completed", responses.response("completed", (message,), usage=usage)),
        breaks=named,
        cause=MODEL,
        expected_text=LINE,
    )


def response_call(id: str, arguments: str, breaks: tuple[str, ...] = ()) -> Wire:
    """A Responses stream with a call."""
    done = responses.call(arguments, "completed")
    events = responses.call_events(0, done, *pieces(arguments), name="weather")
    return responses.wire(
        id, *responses.OPENING, *events, responses.completed(done), breaks=breaks, expected_arguments=(DUE,)
    )


def misread(text: str, encoding: str = "latin-1") -> str:
    """A text in UTF-8 that was read as another code."""
    octets = (bytes([octet]) for octet in text.encode())
    return "".join(octet.decode(encoding, "ignore") or chr(octet[0]) for octet in octets)


def replaced(mark: str, encoding: str = "utf-32-le", size: int = 4) -> str:
    """The line with a mark for each unit of each letter beyond ASCII."""
    return "".join(
        letter if letter.isascii() else mark * (len(letter.encode(encoding)) // size) for letter in LINE
    )


DAMAGED = ("answer-damaged",)
REPLACED = ("answer-damaged", "content-replacement")
ALTERED = ("answer-altered",)
COMPOSED = ("answer-composed",)
NUMBERED = "".join(letter if letter.isascii() else f"&#x{ord(letter):x};" for letter in LINE)

BROKEN: tuple[Wire, ...] = (
    dictated("misread-as-latin-1", misread(LINE), DAMAGED),
    dictated("misread-as-windows-1252", misread(LINE, "cp1252"), DAMAGED),
    dictated("misread-without-controls", misread(LINE).replace("\x9f", "").replace("\x98", ""), DAMAGED),
    dictated("misread-twice", misread(misread(LINE)), DAMAGED),
    dictated("misread-after-a-greeting", f"Here you are:\n{misread(LINE)}", DAMAGED),
    dictated("text-of-entities", html.escape(LINE), DAMAGED),
    dictated("text-of-entities-without-quotes", html.escape(LINE, quote=False), DAMAGED),
    dictated("text-of-entities-of-entities", html.escape(html.escape(LINE)), DAMAGED),
    dictated("text-of-entities-by-number", NUMBERED, DAMAGED),
    dictated("text-as-json", json.dumps(LINE), DAMAGED),
    dictated("text-as-json-without-quotes", json.dumps(LINE, ensure_ascii=False)[1:-1], DAMAGED),
    dictated("text-with-escapes", LINE.replace("é", "\\u00e9").replace("漢", "\\u6f22"), DAMAGED),
    dictated("emoji-as-question-marks", LINE.replace("😀", "????"), DAMAGED),
    dictated("emoji-in-sixteen-bits", LINE.replace("😀", "\uf600"), DAMAGED),
    dictated("all-as-question-marks", LINE.encode("ascii", "replace").decode(), DAMAGED),
    dictated("all-as-pairs-of-question-marks", replaced("?", "utf-16-le", 2), DAMAGED),
    dictated("all-as-replacement", replaced("\ufffd"), REPLACED),
    dictated("all-as-replacement-for-each-byte", LINE.encode().decode("ascii", "replace"), REPLACED),
    dictated("all-as-replacement-for-sixteen-bits", replaced("\ufffd", "utf-16-le", 2), REPLACED),
    called("arguments-as-replacement", json.dumps({"city": replaced("\ufffd")}), REPLACED),
    response("response-replaced", replaced("\ufffd"), ("answer-damaged", "text-replacement")),
    called("arguments-misread", json.dumps({"city": misread(LINE)}), DAMAGED),
    called("arguments-misread-as-a-whole", misread(compact(CITY)), DAMAGED),
    called("arguments-of-entities", json.dumps({"city": html.escape(LINE)}), DAMAGED),
    called("arguments-as-a-string", json.dumps(DUE), ("answer-damaged", "tool-arguments-object")),
    response("response-misread", misread(LINE), DAMAGED),
    response("response-of-entities", html.escape(LINE), DAMAGED),
    response_call("response-arguments-misread", json.dumps({"city": misread(LINE)}), DAMAGED),
    dictated("text-composed", normalize("NFC", LINE), COMPOSED),
    dictated("text-decomposed", normalize("NFD", LINE), ALTERED),
    dictated("text-compatible", normalize("NFKC", LINE + " ﬁ"), COMPOSED, due=LINE + " ﬁ"),
    dictated("emoji-left-out", LINE.replace("😀", ""), ALTERED),
    dictated("letters-beyond-ascii-left-out", LINE.encode("ascii", "ignore").decode(), ALTERED),
    dictated("line-break-as-space", LINE.replace("\n", " "), ALTERED),
    dictated("line-break-of-windows", LINE.replace("\n", "\r\n"), ALTERED),
    dictated("one-escape", LINE.replace("\u0308", "\\u0308"), ALTERED),
    dictated("one-entity", LINE.replace("&", "&amp;"), ALTERED),
    dictated("text-twice-in-pieces", f"{LINE}\n{LINE}", ALTERED),
    dictated("letter-lost", LINE.replace("x", ""), ALTERED),
    called("arguments-composed", json.dumps({"city": normalize("NFC", LINE)}), COMPOSED),
    called("arguments-letter-lost", DUE.replace("x", ""), ALTERED),
    called("arguments-without-line-break", json.dumps({"city": LINE.replace("\n", "")}), ALTERED),
    dictated("composed-and-misread", misread(normalize("NFC", LINE)), DAMAGED),
    dictated("composed-and-without-emoji", normalize("NFC", LINE).replace("😀", ""), ALTERED),
    called("arguments-escaped-once-too-often", json.dumps({"city": json.dumps(LINE)[1:-1]}), ALTERED),
    response("response-composed", normalize("NFC", LINE), COMPOSED),
    response_call("response-arguments-letter-lost", DUE.replace("x", ""), ALTERED),
)

CITIES = ('{"city": "Paris", "code": "x2b9k"}', '{"city": "Rome", "code": "x2b9k"}')

LEGAL: tuple[Wire, ...] = (
    dictated("dictated", LINE),
    dictated("dictated-and-a-line-break", LINE + "\n"),
    dictated("dictated-after-a-greeting", f"Sure! Here are the lines:\n\n{LINE}"),
    dictated("dictated-between-marks", f"«{LINE}»"),
    dictated("dictated-in-bold", f"**{LINE}**"),
    dictated("dictated-and-cut", LINE[:20], finish="length"),
    dictated("dictated-misread-and-cut", misread(LINE)[:20], finish="length"),
    dictated("dictated-with-other-quotation-marks", LINE.replace('"', "“")),
    dictated("dictated-in-another-language", "Je ne peux pas répéter ces lignes."),
    dictated("dictated-misspelt", LINE.replace("x2b9k", "x2b8k")),
    dictated("dictated-without-its-first-code", LINE[6:]),
    dictated("dictated-with-a-backslash-doubled", LINE.replace("\\", "\\\\")),
    dictated("dictated-with-an-explanation", f"{LINE}\n\n`é` is U+00E9, which UTF-8 writes as Ã©."),
    dictated("dictated-count-that-stops", "1-x2b9k 2-x2b9k", due="1-x2b9k 2-x2b9k 3-x2b9k"),
    dictated("dictated-count-that-goes-on", "1-x2b9k 2-x2b9k 3-x2b9k", due="1-x2b9k 2-x2b9k"),
    dictated("dictated-count-without-hyphens", "1x2b9k 2x2b9k", due="1-x2b9k 2-x2b9k"),
    called("dictated-arguments", DUE),
    called("dictated-arguments-not-escaped", compact(CITY)),
    called("dictated-arguments-with-space", json.dumps(CITY, indent=2)),
    called("dictated-arguments-of-the-other-city", CITIES[1].replace(" ", ""), due=CITIES),
    called("dictated-arguments-in-other-order", '{"code":"x2b9k","city":"Rome"}', due=CITIES),
    called("dictated-arguments-of-another-city", '{"city":"Oslo","code":"x2b9k"}', due=CITIES),
    called("dictated-arguments-with-one-more", '{"city":"Rome","code":"x2b9k","unit":"C"}', due=CITIES),
    wire("dictated-arguments-and-no-call", *says("I can't."), expected_arguments=(DUE,)),
    wire("dictated-text-and-none", ROLE, expected_text=LINE, breaks="answer-empty", asks={"tools": [NAMED]}),
    response("response-dictated", LINE),
    response_call("response-dictated-arguments", compact(CITY)),
)
