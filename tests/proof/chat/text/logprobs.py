"""What breaks and what keeps the requirements on the log probabilities of a chat stream."""

from tests.proof.streams.chat import ASKS, LOGPROBS, ROLE, SAID, TEXT, choice, chunk, probability
from tests.proof.streams.edits import edited, every, instead, nth, once
from tests.proof.streams.handmade import DONE, Breaks, Json, Wire, ids

ASKED: Json = {**ASKS, "logprobs": True}
TOPPED: Json = {**ASKED, "top_logprobs": 2}


def alternative(token: str, logprob: float = -1.5, octets: list[int] | None = None) -> Json:
    """One entry of the alternatives; the bytes are those of the token where no others are given."""
    return {"token": token, "logprob": logprob, "bytes": list(token.encode()) if octets is None else octets}


def said(delta: Json, content: list[Json] | None = None, refusal: list[Json] | None = None) -> bytes:
    """A chunk with a delta and the log probabilities of its tokens."""
    return chunk(choice(delta, logprobs={"content": content, "refusal": refusal}))


def probed(id: str, body: bytes, *, finish: str = "stop", asks: Json = ASKED, breaks: Breaks = ()) -> Wire:
    """A stream of these chunks behind the role, ended as usual."""
    whole = chunk(choice(ROLE)) + body + (chunk(choice({}, finish)) if finish else b"") + DONE
    return Wire(id=id, asks=asks, body=whole, breaks=ids(breaks))


def topped(
    id: str, *top: Json, of: str = "wor", times: int = 1, asks: Json = TOPPED, breaks: Breaks = ()
) -> Wire:
    """A text of which one token has these alternatives, the others themselves so many times."""
    tops = {text: [alternative(text, -0.25)] * times for text in SAID} | {of: [*top]}
    body = b"".join(
        said({"content": text}, content=[{**probability(text), "top_logprobs": tops[text]}]) for text in SAID
    )
    return probed(id, body, asks=asks, breaks=breaks)


def refused(id: str, *entries: Json, breaks: Breaks = ()) -> Wire:
    """A refusal whose tokens have these log probabilities."""
    tokens = [{**entry, "top_logprobs": []} for entry in entries]
    return probed(id, said({"refusal": "No."}, refusal=tokens), breaks=breaks)


WORD = alternative("wor", -0.25)


def _without_bytes(body: bytes) -> bytes:
    for text in SAID:
        listed = str(list(text.encode())).replace(" ", "").encode()
        body = body.replace(b'"bytes":' + listed, b'"bytes":null')
    return body


BROKEN: tuple[Wire, ...] = (
    edited(LOGPROBS, "logprobs-null-throughout", instead(TEXT.body), breaks="logprobs-present"),
    edited(TEXT, "logprobs-ignored", breaks="logprobs-present", asks=ASKED),
    edited(TEXT, "logprobs-text", nth(1, b'"logprobs":null', b'"logprobs":"none"'), breaks="logprobs-shape"),
    edited(LOGPROBS, "logprobs-without-top", nth(1, b',"top_logprobs":[]', b""), breaks="logprobs-shape"),
    edited(LOGPROBS, "logprobs-without-refusal", every(b'],"refusal":null}', b"]}"), breaks="logprobs-shape"),
    edited(
        LOGPROBS,
        "logprobs-of-older-api",
        nth(0, b'"logprobs":{"content":[],"refusal":null}', b'"logprobs":{"tokens":[],"token_logprobs":[]}'),
        breaks="logprobs-shape",
    ),
    edited(
        LOGPROBS,
        "logprobs-cut-and-stop",
        once(b'"bytes":[108,100,33]', b'"bytes":[108,100,33,195]'),
        breaks="logprobs-agree",
    ),
    edited(
        LOGPROBS,
        "logprobs-of-another-token",
        once(
            b'"token":"wor","logprob":-0.25,"bytes":[119,111,114]',
            b'"token":"War","logprob":-0.25,"bytes":[87,97,114]',
        ),
        breaks="logprobs-agree",
    ),
    edited(
        LOGPROBS,
        "logprobs-token-lost",
        once(
            b'"logprobs":{"content":[{"token":"wor","logprob":-0.25,"bytes":[119,111,114],"top_logprobs":[]}],"refusal":null}',
            b'"logprobs":null',
        ),
        breaks="logprobs-agree",
    ),
    edited(
        LOGPROBS,
        "logprobs-beside-no-text",
        once(b'"delta":{"content":"wor"}', b'"delta":{}'),
        breaks="logprobs-agree",
    ),
    edited(
        LOGPROBS,
        "logprob-positive",
        nth(2, b'"logprob":-0.25', b'"logprob":0.25'),
        breaks="logprobs-nonpositive",
    ),
    edited(
        LOGPROBS, "logprob-one", nth(0, b'"logprob":-0.25', b'"logprob":1'), breaks="logprobs-nonpositive"
    ),
    topped("logprob-of-alternative-positive", WORD, alternative("war", 0.5), breaks="logprobs-nonpositive"),
    refused("logprob-of-refusal-positive", alternative("No.", 0.3), breaks="logprobs-nonpositive"),
    topped(
        "bytes-of-alternative-another-token",
        WORD,
        alternative("war", octets=[119, 111, 114]),
        breaks="logprobs-bytes",
    ),
    topped(
        "bytes-are-code-points", WORD, alternative("wör", octets=[119, 0x2019, 114]), breaks="logprobs-bytes"
    ),
    topped("bytes-without-space", WORD, alternative(" war", octets=[119, 97, 114]), breaks="logprobs-bytes"),
    topped("bytes-of-latin-1", WORD, alternative("ü", octets=[0xFC]), breaks="logprobs-bytes"),
    refused("bytes-of-refusal-other", alternative("No.", octets=[78]), breaks="logprobs-bytes"),
    edited(
        LOGPROBS,
        "bytes-of-token-other",
        once(b'"bytes":[119,111,114]', b'"bytes":[87,79,82]'),
        breaks=("logprobs-bytes", "logprobs-agree"),
        cause="The bytes are what is put together to the text.",
    ),
    topped(
        "alternatives-more",
        *(WORD, alternative("war"), alternative("was", -2.5)),
        breaks="logprobs-top-honoured",
    ),
    topped("alternatives-twice", WORD, WORD, times=2, breaks="logprobs-top-honoured"),
    edited(LOGPROBS, "alternatives-none", asks=TOPPED, breaks="logprobs-top-honoured"),
    edited(
        LOGPROBS,
        "logprobs-of-another-text-before-a-stop",
        once(b'{"content":"wor"}', b'{"content":"war"}'),
        asks={**ASKED, "stop": ["#"]},
        breaks="logprobs-agree-stop",
    ),
    edited(
        LOGPROBS,
        "logprobs-far-beyond-a-stop",
        once(b'{"content":"wor"}', b"{}"),
        once(b'{"content":"ld!"}', b"{}"),
        once(b'{"content":"lo, "}', b"{}"),
        asks={**ASKED, "stop": ["#"]},
        breaks="logprobs-agree-stop",
    ),
)

LEGAL: tuple[Wire, ...] = (
    edited(TEXT, "logprobs-absent", every(b'"logprobs":null,', b"")),
    edited(LOGPROBS, "logprobs-bytes-null", _without_bytes),
    edited(
        LOGPROBS,
        "logprobs-content-null",
        once(b'"logprobs":{"content":[],"refusal":null}', b'"logprobs":{"content":null,"refusal":[]}'),
    ),
    probed(
        "logprobs-cut-inside-a-character",
        said({"content": "a"}, content=[probability("a")])
        + chunk(
            choice(
                {"content": ""},
                "length",
                logprobs={"content": [{**probability("\\xc3"), "bytes": [0xC3]}], "refusal": None},
            )
        ),
        finish="",
    ),
    probed(
        "logprobs-cut-characters",
        said(
            {"content": "é"},
            content=[
                {**probability("\\xc3"), "bytes": [0xC3]},
                {**probability("\\xa9"), "bytes": [0xA9]},
            ],
        ),
    ),
    *(
        edited(LOGPROBS, f"logprob-{name}", nth(1, b'"logprob":-0.25', b'"logprob":' + value))
        for name, value in (
            ("zero", b"0"),
            ("minus-zero", b"-0.0"),
            ("rounded", b"1.1920928955078125e-07"),
            ("unlikely", b"-9999.0"),
            ("tiny", b"-3.4121115e-6"),
        )
    ),
    topped("alternatives-as-asked", WORD, alternative("war")),
    topped("alternatives-fewer", WORD),
    topped("alternatives-none-of-one-token"),
    topped("alternatives-zero-and-one", WORD, asks={**TOPPED, "top_logprobs": 0}),
    topped("alternatives-not-asked-for", WORD, alternative("war"), asks=ASKED),
    topped("alternatives-without-the-token", alternative("war"), alternative("was")),
    topped("alternatives-alike-once", WORD, WORD),
    topped("alternatives-at-floor", *[alternative("the", -9999.0)] * 2),
    topped("alternatives-look-alike", alternative("wor", -0.25), alternative("wor", -7.5)),
    topped(
        "alternatives-parts-of-characters",
        *(alternative("\ufffd", -9.5, [0xE2]), alternative("\ufffd", -9.5, [0xE3])),
    ),
    topped("alternatives-without-text", alternative("", -9.5, [0xE2]), alternative("", -9.5, [0xE3])),
    topped(
        "bytes-escaped",
        alternative("\\xe2\\x80", octets=[0xE2, 0x80]),
        alternative("bytes:\\xf0", octets=[0xF0]),
    ),
    topped("bytes-of-begun-character", alternative("a", octets=[0x61, 0xE2]), WORD),
    topped("bytes-of-many", alternative("ö", -0.5), alternative("👋🏽")),
    topped("bytes-empty", WORD, alternative("war", octets=[])),
    topped("bytes-of-sentence-piece", WORD, alternative("\u2581war", octets=[*b" war"])),
    topped("bytes-of-one", WORD, alternative("<0x0A>", octets=[10])),
    topped("bytes-of-byte-alphabet", WORD, alternative("\u0120war", octets=[*b" war"])),
    topped("bytes-of-letters-in-byte-alphabet", WORD, alternative("\u00c3\u00a9", octets=[0xC3, 0xA9])),
    topped("bytes-of-numbered-token", WORD, alternative("token_id:123", octets=[*b"war"])),
    topped("bytes-null", {**alternative("<|end|>"), "bytes": None}, WORD),
    refused("bytes-of-refusal", alternative("No"), alternative(".")),
    edited(LOGPROBS, "logprobs-and-a-stop-never-reached", asks={**ASKED, "stop": ["#"]}),
    edited(
        LOGPROBS,
        "logprobs-go-on-to-the-stop",
        once(b'{"content":"ld!"}', b'{"content":"l"}'),
        asks={**ASKED, "stop": ["d"]},
    ),
    edited(
        LOGPROBS,
        "logprobs-hold-the-stop",
        once(b'{"content":"ld!"}', b"{}"),
        asks={**ASKED, "stop": ["ld"]},
    ),
)
