"""What breaks and what keeps the requirement on the model that a request asks for."""

from tests.proof.streams import responses
from tests.proof.streams.chat import ASKS, TEXT
from tests.proof.streams.edits import edited, every
from tests.proof.streams.handmade import Breaks, Wire


def modelled(id: str, asked: str, name: str, breaks: Breaks = ()) -> Wire:
    """A stream whose chunks name a model."""
    change = every(b'"model":"gpt-5.2"', b'"model":"%s"' % name.encode())
    return edited(TEXT, id, change, asks={**ASKS, "model": asked}, breaks=breaks)


BROKEN: tuple[Wire, ...] = (
    modelled("model-other-vendor", "gpt-5.2", "llama-4-8b", breaks="model-as-asked"),
    modelled("model-smaller", "gpt-5.2-pro", "gpt-5.2-mini", breaks="model-as-asked"),
    edited(
        responses.TEXT,
        "model-of-another-name",
        every(b'"model":"gpt-5.2"', b'"model":"llama"'),
        breaks="model-as-asked",
    ),
)

LEGAL: tuple[Wire, ...] = (
    modelled("model-dated", "gpt-5.2", "gpt-5.2-2026-08-01"),
    modelled("model-undated", "gpt-5.2-2026-08-01", "gpt-5.2"),
    modelled("model-with-vendor", "openai/gpt-5.2", "gpt-5.2"),
    modelled("model-with-vendor-in-answer", "gpt-5.2", "openai/gpt-5.2-2026-08-01"),
    modelled("model-with-variant", "openai/gpt-5.2:free", "gpt-5.2"),
    modelled("model-in-capitals", "gpt-5.2", "GPT-5.2"),
    modelled("model-with-underscores", "gpt_5_2", "gpt-5.2"),
    modelled("model-with-path", "models/gpt-5.2", "/srv/weights/gpt-5.2"),
    edited(
        responses.TEXT, "response-model-dated", every(b'"model":"gpt-5.2"', b'"model":"gpt-5.2-2025-12-11"')
    ),
)
