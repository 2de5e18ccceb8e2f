"""Data that goes on in a line without `data:`: one fault, told as what it is."""

from dataclasses import replace

from conformance.api import judge_exchanges
from conformance.catalogue import Outcome
from conformance.exchange import Piece
from tests.played import played


def test_json_that_goes_on_in_a_line_without_data_is_one_fault() -> None:
    """It is not told as cut off, and the stray line follows from it."""
    exchange = next(item for item in played() if item.id == "chat-text")
    body = b"".join(piece.data for piece in exchange.pieces)
    at = body.index(b'"model"')
    broken = replace(exchange, pieces=(Piece(data=body[:at] + b"\n" + body[at:], at=0.1),))
    told = {item.requirement: item for item in judge_exchanges([broken])[0].verdicts}

    assert told["event-json"].outcome is Outcome.FAIL
    assert (
        told["event-json"]
        .violations[0]
        .observed.startswith('the JSON goes on in a line without `data:`: "model"')
    )
    assert told["sse-field-unknown"].because == "event-json"
