"""The embedded reference provider: a deterministic server that behaves on the wire as api.openai.com does.

`answer` is pure, `server.Reference` puts it on a loopback port, `faults.FAULTS` breaks it in named ways.
"""

from conformance.reference.answer import answer
from conformance.reference.wire import Ask, Frame, Pace, Reply

__all__ = ["Ask", "Frame", "Pace", "Reply", "answer"]
