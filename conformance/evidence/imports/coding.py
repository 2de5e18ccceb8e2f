"""Takes the content coding off stored bodies, never further than a body is read."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from io import BytesIO
from typing import Any

from conformance.evidence.ceiling import BYTES
from conformance.evidence.errors import TooLargeError
from conformance.evidence.imports.errors import CodingDamagedError, CodingUnknownError, DamagedFileError

__all__ = ["decoded", "unpacked"]

_STEP = 65_536
_GIVEN = 4_096  # bytes that zlib is given at once: it copies what is left of them behind each member
_MOST = BYTES + 2 * _STEP  # bytes: `bounded` sees at most a step later that there were more
_CODINGS = 4  # more in a row are no answer but a bomb


def decoded(data: bytes, headers: Iterable[tuple[str, str]]) -> bytes:
    """A body without the codings that its `Content-Encoding` names, hardly more of it than is judged.

    Many recorders decompress a body and keep the header, so bytes that are text already are left alone. What
    is there of a compressed body that was cut is decompressed. Raises CodingUnknownError for a coding that
    this installation cannot take off, and CodingDamagedError.
    """
    names = [value for name, value in headers if name.lower() == "content-encoding"]
    codings = [name.strip().lower() for name in ",".join(names).split(",")]
    for coding in reversed([name for name in codings if name not in ("", "identity")][-_CODINGS:]):
        if _is_text(data):
            return data
        if coding not in _DECODERS:
            raise CodingUnknownError(coding)
        data = _joined(_DECODERS[coding](data), coding)
    return data


def unpacked(data: bytes, largest: int) -> bytes:
    """A file without gzip. Raises DamagedFileError, and TooLargeError for more than `largest` bytes.

    One that was cut off is damaged: what it lacks is not to be held against the endpoint.
    """
    found = bytearray()
    try:
        for part in _inflated(zlib.MAX_WBITS | 16, whole=True)(data):
            found += part
            if len(found) > largest:
                raise TooLargeError(0, largest)
    except zlib.error as error:
        raise DamagedFileError("gzip", str(error)) from None
    return bytes(found)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and error.start > 0  # cut inside a character
    return True


def _joined(parts: Iterator[bytes], coding: str) -> bytes:
    found = bytearray()
    try:
        for part in parts:
            found += part
            if len(found) >= _MOST:
                break
    except CodingUnknownError:
        raise
    except Exception as error:  # noqa: BLE001 - each library has errors of its own
        raise CodingDamagedError(coding, str(error)) from None
    return bytes(found)


def _inflated(bits: int, *, whole: bool = False) -> Callable[[bytes], Iterator[bytes]]:
    """A decoder of zlib. With `whole`, it raises zlib.error for data that end in the middle."""

    def parts(data: bytes) -> Iterator[bytes]:
        rest = memoryview(data)
        while rest:  # a body may have several members
            machine = zlib.decompressobj(bits)
            while rest and not machine.eof:
                part = machine.decompress(given := rest[:_GIVEN], _STEP)
                left = machine.unused_data or machine.unconsumed_tail
                rest = rest[len(given) - len(left) :]
                yield part
            if whole and not machine.eof:
                raise zlib.error("it ends in the middle")
            yield machine.flush() if not machine.eof else b""

    return parts


def _deflated(data: bytes) -> Iterator[bytes]:
    # By the standard with a header of zlib, but some servers send none.
    headed = len(data) > 1 and data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
    return _inflated(zlib.MAX_WBITS if headed else -zlib.MAX_WBITS)(data)


def _unbrotlied(data: bytes) -> Iterator[bytes]:
    machine = _module("brotli", "br").Decompressor()
    part = machine.process(data, output_buffer_limit=_STEP)
    while part:
        yield part
        part = b"" if machine.is_finished() else machine.process(b"", output_buffer_limit=_STEP)


def _unzstd(data: bytes) -> Iterator[bytes]:
    library = _module("zstandard", "zstd")
    machine = library.ZstdDecompressor(max_window_size=2**27)
    with machine.stream_reader(BytesIO(data), read_across_frames=True) as reader:
        while part := reader.read(_STEP):
            yield part


def _module(name: str, coding: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise CodingUnknownError(coding, name) from None


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _inflated(zlib.MAX_WBITS | 16),
    "x-gzip": _inflated(zlib.MAX_WBITS | 16),
    "deflate": _deflated,
    "br": _unbrotlied,
    "zstd": _unzstd,
}
