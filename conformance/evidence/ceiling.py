"""No more of a stored or received body is judged than an endpoint can make a reader pay for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.decode import Decoder
from conformance.exchange import Ended, Exchange, Packed, Piece

__all__ = ["BYTES", "WEIGHT", "bounded"]

# Four times what a recorder takes by default, so that what it wrote is never cut.
BYTES = 32_000_000  # of a body
WEIGHT = 400_000  # of a body, in events: see `Decoder.weight`
_STEP = 65_536  # bytes; a ceiling is seen at most so much too late


def bounded(exchange: Exchange) -> Exchange:
    """The exchange; one whose body goes past a ceiling is cut there, and says so as a recorder would."""
    kept = list(_kept(exchange.pieces)) if _suspect(exchange.pieces) else exchange.pieces
    if sum(len(piece.data) for piece in kept) == sum(len(piece.data) for piece in exchange.pieces):
        return exchange
    said = f"The body is cut: it has more than {BYTES:,} bytes, or {WEIGHT:,} events, blocks or lines."
    return replace(
        exchange,
        pieces=Packed(kept) if isinstance(exchange.pieces, Packed) else tuple(kept),
        ended=Ended.CEILING,
        detail="more was stored than is read of one body",
        note=f"{exchange.note} {said}".strip(),
    )


def _suspect(pieces: Sequence[Piece]) -> bool:
    """Whether a body may go past a ceiling: a quick look, since a block has two line ends at least."""
    size = sum(len(piece.data) for piece in pieces)
    return size > BYTES or sum(piece.data.count(b"\n") + piece.data.count(b"\r") for piece in pieces) > WEIGHT


def _kept(pieces: Sequence[Piece]) -> Iterator[Piece]:
    decoder = Decoder()
    size = 0
    for piece in pieces:
        for start in range(0, len(piece.data), _STEP):
            data = piece.data[start : start + _STEP]
            decoder.feed(data)
            decoder.taken()
            size += len(data)
            if size > BYTES or decoder.weight > WEIGHT:
                yield Piece(data=piece.data[: start + _STEP], at=piece.at)
                return
        yield piece
