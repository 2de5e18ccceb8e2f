"""Looks for credentials in what a bundle would hold, or holds, without knowing any of them.

What is recorded was redacted with the secrets of its run. This looks at places and forms alone: headers that
evidence does not keep, values of addresses that are named like credentials, and keys in known forms.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from conformance.evidence.headers import address, kept_headers
from conformance.exchange import Exchange
from conformance.plan import BAD_KEY

__all__ = ["secrets_in"]

# Each with the text that it has to contain, which is sought first: that is a hundred times as fast. A run of
# such characters is looked at from its beginning alone, or a hostile file would cost its square.
_FORMS = {
    "a key that begins with sk-": (
        b"sk-",
        rb"sk-(?<![A-Za-z0-9_-]sk-)(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{20,}",
    ),
    "a token behind Bearer": (b"earer ", rb"\b[Bb]earer +(?=[A-Za-z0-9._~+/=-]*\d)[A-Za-z0-9._~+/=-]{16,}"),
    "a JSON Web Token": (
        b"eyJ",
        rb"eyJ(?<![A-Za-z0-9_-]eyJ)[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    ),
    "a key of Google": (b"AIza", rb"\bAIza[A-Za-z0-9_-]{35}"),
    "a key of Amazon": (b"AKIA", rb"\bAKIA[A-Z0-9]{16}\b"),
    "a token of GitHub": (b"gh", rb"\bgh[pousr]_[A-Za-z0-9]{36}"),
    "a token of Hugging Face": (b"hf_", rb"\bhf_[A-Za-z0-9]{30,}"),
    "a private key": (b"-----BEGIN ", rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}


def secrets_in(files: Mapping[str, bytes], exchanges: Iterable[Exchange]) -> Iterator[tuple[str, str]]:
    """Each file in which something looks like a credential, and what it is; never the value itself."""
    for name, data in files.items():
        yield from ((name, what) for what in _forms_in(data))
    for one in exchanges:
        request = one.request
        where = f"evidence/{one.id}.jsonl"
        # In the file it may be cut into pieces.
        yield from ((where, what) for what in _forms_in(one.body))
        for headers in (one.headers, request.headers if request else ()):
            for (header, value), (_, kept) in zip(headers, kept_headers(headers), strict=True):
                if value != kept and "[redacted]" not in value:
                    yield where, f"the value of the header {header}, which evidence does not keep"
        if request is not None and address(request.url) != request.url:
            yield where, "a credential in the address of its request"


def _forms_in(data: bytes) -> Iterator[str]:
    """What of known forms stands in some bytes."""
    for what, (sure, form) in _FORMS.items():
        if sure in data and any(found[0] != BAD_KEY.encode() for found in re.finditer(form, data)):
            yield what
