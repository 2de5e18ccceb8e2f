"""The prompts, the tool and the schema that requests of both APIs share. They are fixed, public and harmless.

The prompts make answers checkable: the answer is a numbered sequence with a code word of its own, so lost,
doubled, reordered and mixed-up deltas show.
"""

from collections.abc import Mapping
from typing import Any

__all__ = [
    "AWKWARD",
    "CALL",
    "CALL_AWKWARD",
    "CITIES",
    "COUNT",
    "ECHO",
    "ECHO_AWKWARD",
    "JSON",
    "LINE",
    "SCHEMA",
    "TOOL",
    "TWO_CITIES",
]

COUNT = "Write the numbers 1 to {n}, in digits and in order, each followed by a hyphen and the code {code}, "
COUNT += "with single spaces between them, like 1-{code} 2-{code}. Write nothing else."
ECHO = "Repeat the line between the quotation marks exactly, without the marks: «{line}»"
LINE = "Grüße aus Zürich, 東京 и Київ 👋🏽 {code}"
CALL = "Call get_weather for {cities}, with the code {code}. Do not write any text."
# Characters that programs escape, lose or change on the way, a line break, and a letter in decomposed form.
AWKWARD = "& < > \" ' \\ é 漢 😀\nu\u0308 {code}"
ECHO_AWKWARD = "Repeat the two lines between the quotation marks exactly, without the marks: «{line}»"
CALL_AWKWARD = "Call get_weather for {cities}. As the code, give the two lines between the quotation marks, "
CALL_AWKWARD += "exactly and without the marks: «{line}» Do not write any text."
TWO_CITIES = "Paris and for Rome, both in this answer"
CITIES = ("Paris", "Rome")
JSON = "Give a JSON object with the city Paris and the code {code}."
TOOL: Mapping[str, Any] = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "code": {"type": "string"}},
        "required": ["city", "code"],
        "additionalProperties": False,
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "code": {"type": "string"}},
    "required": ["city", "code"],
    "additionalProperties": False,
}
