"""What breaks and what keeps the requirements on the names and kinds of the tools that are called."""

from tests.proof.streams.chat import WEATHER, call, calling, opens
from tests.proof.streams.echoed import CLOCK, CRM, NOTE, answered, changed, note_call
from tests.proof.streams.echoed import WEATHER as FUNCTION
from tests.proof.streams.handmade import Breaks, Json, Wire
from tests.proof.streams.responses import function_call

BOTH = ("tool-name-form", "tool-name-offered")
CAUSE = "A name that nobody may offer was not offered."
UNLISTED = "The response lists functions and custom tools only."
BUILTIN: Json = {"type": "builtin_function", "function": {"name": "$web_search"}}
DOTTED: Json = {"type": "function", "function": {"name": "files.read", "parameters": {"type": "object"}}}
SQL: Json = {"type": "custom", "custom": {"name": "sql"}}
SEARCH: Json = {"type": "tool_search"}
LATER: Json = {"type": "tool_search_output", "tools": [CLOCK]}


def chat(id: str, name: str, *tools: Json, breaks: Breaks = (), cause: str = "") -> Wire:
    """A call of this name in chat."""
    asks = {"tools": list(tools)} if tools else {}
    deltas = opens(0, "call_a", name, '{"city":"Oslo"}')
    return calling(id, deltas, asks=asks, breaks=breaks, cause=cause)


def called(name: str, **more: object) -> tuple[tuple[Json, ...], Json]:
    """A call of this name in Responses."""
    return changed(function_call(0, "call_a", name, '{"city":"Oslo"}'), more)


BROKEN: tuple[Wire, ...] = (
    # Names that were not offered
    chat("name-of-no-tool", "time", WEATHER, breaks="tool-name-offered"),
    chat("name-in-capitals", "Weather", WEATHER, breaks="tool-name-offered"),
    chat("name-with-a-tail", "weather_1", WEATHER, breaks="tool-name-offered"),
    answered(
        "name-of-no-tool-in-responses", {"tools": [FUNCTION]}, called("clock"), breaks="tool-name-offered"
    ),
    answered("name-of-a-function-lost", {"tools": [NOTE]}, called("weather"), breaks="tool-name-offered"),
    calling(
        "custom-of-no-tool",
        call(0, id="call_a", type="custom", custom={"name": "python", "input": "1"}),
        asks={"tools": [WEATHER, SQL]},
        breaks="tool-name-offered",
    ),
    # Names outside of what the API takes
    chat(
        "name-with-prefix",
        "functions.weather",
        WEATHER,
        breaks=("tool-name-offered", "tool-name-form"),
        cause=CAUSE,
    ),
    chat("name-with-space", "get weather", breaks="tool-name-form"),
    chat("name-of-65", "w" * 65, breaks="tool-name-form"),
    chat("name-of-letters-with-accents", "météo", breaks="tool-name-form"),
    answered("name-with-colon-in-responses", {}, called("default_api:weather"), breaks="tool-name-form"),
    answered(
        "name-with-arguments-in-responses",
        {"tools": [FUNCTION]},
        called('weather{"city"'),
        breaks=("tool-name-offered", "tool-name-form"),
        cause=CAUSE,
    ),
    # Namespaces
    answered(
        "namespace-lost",
        {"tools": [CRM]},
        called("weather"),
        told={"tools": [CRM]},
        breaks="tool-namespace",
    ),
    answered(
        "namespace-another",
        {"tools": [CRM]},
        called("weather", namespace="erp"),
        told={"tools": [CRM]},
        breaks="tool-namespace",
    ),
    answered(
        "namespace-in-the-name-alone",
        {"tools": [CRM]},
        called("crm.weather"),
        told={"tools": [CRM]},
        breaks="tool-namespace",
    ),
    answered(
        "name-with-dot-of-no-namespace",
        {"tools": [FUNCTION]},
        called(".weather"),
        breaks=("tool-name-form", "tool-name-offered"),
        cause="A name that nobody may offer was not offered.",
    ),
    # Kinds
    answered("custom-tool-as-function", {"tools": [NOTE]}, called("note"), breaks="tool-kind"),
    answered(
        "function-as-custom-tool",
        {"tools": [{**FUNCTION, "name": "note"}]},
        note_call(0, "Hi", "Hi"),
        breaks="tool-kind",
    ),
    calling(
        "custom-tool-as-function-in-chat",
        opens(0, "call_a", "note", '{"input":"Hi"}'),
        asks={"tools": [{"type": "custom", "custom": {"name": "note"}}]},
        breaks="tool-kind",
    ),
)

LEGAL: tuple[Wire, ...] = (
    chat("name-as-offered", "weather", WEATHER),
    chat("name-of-a-second-tool", "weather", BUILTIN, WEATHER),
    chat("name-of-a-builtin", "$web_search", BUILTIN),
    chat("name-with-dot-as-offered", "files.read", DOTTED),
    chat("name-with-no-tools-known", "time"),
    chat("name-of-64", "w" * 64),
    chat("name-of-all-signs", "Get-weather_2"),
    calling(
        "name-of-old-functions",
        opens(0, "call_a", "clock", "{}"),
        asks={"tools": [WEATHER], "functions": [{"name": "clock"}]},
    ),
    answered("name-as-offered-in-responses", {"tools": [CLOCK, FUNCTION]}, called("weather")),
    answered(
        "name-found-by-search", {"tools": [FUNCTION, SEARCH]}, called("clock"), told={"tools": [SEARCH]}
    ),
    answered("name-of-a-stored-prompt", {"tools": [FUNCTION], "prompt": {"id": "pmpt_1"}}, called("clock")),
    answered("name-added-later", {"tools": [FUNCTION], "input": [LATER]}, called("clock")),
    answered("namespace-kept", {"tools": [CRM]}, called("weather", namespace="crm"), told={"tools": [CRM]}),
    answered(
        "namespace-kept-and-in-the-name",
        {"tools": [CRM]},
        called("crm.weather", namespace="crm"),
        told={"tools": [CRM]},
    ),
    answered(
        "namespace-not-needed",
        {"tools": [CRM, FUNCTION]},
        called("weather"),
        told={"tools": [CRM, {**FUNCTION, "strict": True}]},
    ),
    answered("custom-tool-as-itself", {"tools": [NOTE, FUNCTION]}, note_call(0, "Hi", "Hi")),
)
