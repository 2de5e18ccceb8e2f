"""What is wrong with a document for which a request gives a JSON Schema: a text, or arguments of a call."""

from typing import Any

from conformance.assemble.payload import differences, documents, parse
from conformance.fitting import schema_misfit
from conformance.text import clipped

__all__ = ["asked_schema", "misfit", "repeated"]


def asked_schema(form: Any, inner: Any) -> dict[str, Any] | None:
    """The schema that a text must fit; {} for any JSON; None if prose was asked for.

    `form` has the type of the format; `inner`, in Responses the same object, has name, schema and strict.
    An empty schema means any JSON: without `strict` the schema is not binding.
    """
    if not isinstance(form, dict):
        return None
    if form.get("type") == "json_object":
        return {}
    if form.get("type") != "json_schema" or not isinstance(inner, dict):
        return None
    schema = inner.get("schema")
    if not isinstance(schema, dict):
        return None
    return schema if inner.get("strict") is True else {}


def misfit(text: str, schema: dict[str, Any]) -> str:
    """Why a text is not JSON that fits the schema, with its beginning quoted; "" if it is.

    Of a document that is repeated, one is judged.
    """
    again = repeated(text)
    value, wrong = (again[0], "") if again else parse(text)
    if not wrong and schema:
        wrong = schema_misfit(value, schema)
    # The error quotes the text once more.
    return f"{clipped(text, 60)!r}: {wrong.removesuffix(f' of {clipped(text, 80)!r}')}" if wrong else ""


def repeated(text: str) -> list[Any]:
    """The documents of a text that is the same JSON document several times; [] for any other text."""
    found = documents(text)
    alike = len(found) > 1 and all(not any(differences(found[0], other)) for other in found[1:])
    return found if alike else []
