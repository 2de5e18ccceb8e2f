"""Log probabilities: made up, but consistent in themselves."""

import zlib

from conformance.reference.wire import Json


def logprob(token: str, alternatives: int) -> Json:
    """One entry of `logprobs.content`; the first of the `alternatives` is the token itself."""
    likely = -(zlib.crc32(token.encode()) % 1000) / 10_000
    others = [_entry(f"{token}{number}", likely - 2.5 * number) for number in range(1, alternatives)]
    top = [_entry(token, likely), *others] if alternatives else []
    return {**_entry(token, likely), "top_logprobs": top}


def _entry(token: str, likely: float) -> Json:
    return {"token": token, "logprob": likely, "bytes": list(token.encode())}
