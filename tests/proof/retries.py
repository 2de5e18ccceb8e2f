"""What breaks and what keeps the requirements on the headers of refusals."""

from tests.proof.streams.documents import REFUSAL, REFUSED_TYPE
from tests.proof.streams.edits import edited
from tests.proof.streams.handmade import Wire

LATER = ("retry-after", "7")
LIMIT = ("x-ratelimit-reset-tokens", "6ms")

BROKEN: tuple[Wire, ...] = (
    edited(
        REFUSAL,
        "limited-without-when",
        status=429,
        expects="",
        headers=(*REFUSED_TYPE, LIMIT),
        breaks="retry-after-present",
    ),
    edited(
        REFUSAL,
        "limited-by-nobody-knows",
        status=429,
        expects="",
        headers=(*REFUSED_TYPE, LATER),
        breaks="rate-limit-headers",
    ),
    edited(REFUSAL, "refusal-nameless", headers=REFUSED_TYPE[:1], breaks="error-request-id"),
    edited(
        REFUSAL,
        "refusal-with-id-of-something-else",
        headers=(*REFUSED_TYPE[:1], ("x-client-id", "1")),
        breaks="error-request-id",
    ),
)

LEGAL: tuple[Wire, ...] = (
    edited(REFUSAL, "limited-for-seconds", status=429, expects="", headers=(*REFUSED_TYPE, LATER, LIMIT)),
    edited(
        REFUSAL,
        "limited-for-milliseconds",
        status=429,
        expects="",
        headers=(*REFUSED_TYPE, ("Retry-After-Ms", "900"), LIMIT),
    ),
    edited(
        REFUSAL,
        "busy-until-a-date",
        status=503,
        expects="refusal",
        headers=(*REFUSED_TYPE, ("Retry-After", "Sat, 21 Nov 2026 12:00:30 GMT")),
    ),
    edited(REFUSAL, "failed-without-when", status=500, expects="refusal"),
    *(
        edited(REFUSAL, f"refusal-named-by-{name.lower()}", headers=(*REFUSED_TYPE[:1], (name, "1")))
        for name in ("Request-Id", "apim-request-id", "cf-ray", "traceparent", "x-litellm-call-id")
    ),
)
