"""What breaks and what keeps the requirement that logprobs stand beside their text."""

from tests.proof.streams.chat import ASKS, ROLE, SAID, choice, chunk, probability, probable
from tests.proof.streams.handmade import DONE, Json, Wire

WAVE = "👋"


def scored(id: str, *said: tuple[str, Json | None], breaks: tuple[str, ...] = ()) -> Wire:
    """Deltas of text, each with the logprobs beside it; the last pair stands on the final chunk."""
    *texts, last = said
    body = [chunk(choice(ROLE, logprobs=None))]
    body += [chunk(choice({"content": text}, logprobs=scores)) for text, scores in texts]
    ending = {"content": last[0]} if last[0] else {}
    body += [chunk(choice(ending, "stop" if not ending else None, logprobs=last[1]))]
    body += [chunk(choice({}, "stop"))] if ending else []
    return Wire(id=id, asks={**ASKS, "logprobs": True}, body=b"".join(body) + DONE, breaks=breaks)


def several(*tokens: str) -> Json:
    """The logprobs of some tokens."""
    return {"content": [probability(token) for token in tokens], "refusal": None}


def split(octets: list[int]) -> Json:
    """The logprobs of a token that is a part of a character."""
    token = {"token": "", "logprob": -0.5, "bytes": octets, "top_logprobs": []}
    return {"content": [{**token, "token": "".join(f"\\x{octet:02x}" for octet in octets)}], "refusal": None}


LATE = [None, *(probable(text) for text in SAID)]
HALVES = list(WAVE.encode())

BROKEN: tuple[Wire, ...] = (
    scored("logprobs-a-chunk-late", *zip((*SAID, ""), LATE, strict=True), breaks=("logprobs-late",)),
    scored(
        "logprobs-of-the-last-two-late",
        ("Hel", probable("Hel")),
        ("lo", None),
        ("!", several("lo", "!")),
        ("", None),
        breaks=("logprobs-late",),
    ),
    scored(
        "logprobs-all-at-the-end",
        ("Hel", None),
        ("lo", None),
        ("", several("Hel", "lo")),
        breaks=("logprobs-late",),
    ),
)

LEGAL: tuple[Wire, ...] = (
    scored("logprobs-beside", *((text, probable(text)) for text in SAID), ("", None)),
    scored("logprobs-of-two-tokens", ("Hello", several("Hel", "lo")), ("!", probable("!")), ("", None)),
    scored("logprobs-before-held-back-text", ("Hel", probable("Hel")), ("", probable("lo")), ("lo", None)),
    scored("logprobs-of-half-a-letter", ("", split(HALVES[:2])), (WAVE, split(HALVES[2:])), ("", None)),
)
