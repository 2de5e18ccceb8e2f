"""Files that are known by their first bytes and give no exchange, and text that is not written in UTF-8."""

import re

from conformance.evidence.format import parsed
from conformance.evidence.imports.errors import KnownForeignError

__all__ = ["MARK", "in_utf8", "told"]

MARK = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8."""
_CURL = "record it again by `curl -i -N`, with its output in a file"
_TRACE = re.compile(rb"\A(?:\d\d:\d\d:\d\d\.\d+ )?(?:\[\d+-\w+\] )?(?:== Info: |[=<]> Send |<= Recv )")
_PAGE = re.compile(rb"\A\s*<[!?a-zA-Z]")
_KNOWN: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (
        _TRACE,
        "it is what `curl --trace-ascii` or `--trace` writes, which does not tell line ends apart",
        _CURL,
    ),
    (
        re.compile(rb"\A(?:\xd4\xc3\xb2\xa1|\xa1\xb2[\xc3\x3c]|\x4d\x3c\xb2\xa1|\x0a\x0d\x0d\x0a)"),
        "it is a capture of network packets",
        "put `conformance record` between the client and the endpoint, or " + _CURL,
    ),
    (re.compile(rb"(?s)\A.{257}ustar"), "it is a tar archive", "unpack it, and name the folder"),
    (
        _PAGE,
        "it is HTML or XML, such as a page of a proxy, and no event stream",
        "an error page is judged with its status: " + _CURL,
    ),
)
_ESCAPED = "its line ends are written as \\n, so it is the text of a program's value and not what came"
_UTF_16 = "it is text in UTF-16, as `>` of PowerShell writes it, so the bytes that came are not in it"
_AS_BYTES = "let the program write its file itself, such as `curl.exe -i -N -o FILE`, or use `>` of cmd"
_WIDE = re.compile(rb"\A(?:[\x09-\x7e]\0){4}")


def told(data: bytes) -> KnownForeignError | None:
    """What a file is that gives no exchange, and what to do; None if it is not known."""
    if data.startswith((b"data:", b"event:")) and b"\n" not in data.strip() and rb"\n\ndata:" in data:
        return KnownForeignError(_ESCAPED, "let the program write the text itself, without quotes")
    for form, what, advice in _KNOWN:
        if form.match(data):
            return KnownForeignError(what, advice, body=form is _PAGE)
    return None


def in_utf8(data: bytes) -> bytes:
    """The bytes of a file, those of a JSON document in UTF-16 in UTF-8.

    Raises KnownForeignError for other text in UTF-16: how the bytes of an answer became it, nobody knows.
    """
    if not (data.startswith((b"\xff\xfe", b"\xfe\xff")) or _WIDE.match(data)):
        return data
    try:
        text = data.decode("utf-16" if data[:1] in (b"\xff", b"\xfe") else "utf-16-le")
        parsed(text)
    except ValueError:
        raise KnownForeignError(_UTF_16, _AS_BYTES) from None
    return text.encode("utf-8", "surrogatepass")
