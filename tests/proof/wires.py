"""Every hand-made broken wire. They share no code with the checks, nor with the reference provider."""

from tests.proof import (
    honoured,
    timed,
    wires_agree,
    wires_chat,
    wires_documents,
    wires_framing,
    wires_held,
    wires_honoured,
    wires_items,
    wires_mutants,
    wires_responses,
    wires_texts,
    wires_tools,
    wires_usage,
)
from tests.proof.wire import Wire

WIRES: tuple[Wire, ...] = (
    *wires_framing.WIRES,
    *wires_chat.WIRES,
    *wires_usage.WIRES,
    *wires_tools.WIRES,
    *honoured.WIRES,
    *wires_honoured.WIRES,
    *wires_responses.WIRES,
    *wires_items.WIRES,
    *wires_texts.WIRES,
    *wires_agree.WIRES,
    *wires_held.WIRES,
    *wires_documents.WIRES,
    *wires_mutants.WIRES,
    *timed.WIRES,
)
