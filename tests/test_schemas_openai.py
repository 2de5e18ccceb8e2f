"""The schemas agree with the types of the installed `openai` package; every difference has a reason."""

import json
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from jsonschema import Draft202012Validator
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseOutputItem, ResponseStreamEvent
from openai.types.shared import ErrorObject
from pydantic import BaseModel, TypeAdapter

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
ANY = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
JSON_TYPES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
SCALARS: dict[Any, tuple[frozenset[str], tuple[Any, ...]]] = {
    str: (frozenset({"string"}), ("text",)),
    int: (frozenset({"integer"}), (1,)),
    float: (frozenset({"integer", "number"}), (0.5, 1)),
    bool: (frozenset({"boolean"}), (True,)),
    object: (ANY, ({},)),
    type(None): (frozenset({"null"}), (None,)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Places of a document at which it differs from the package in one way, for one reason.

    Kinds: `optional` (the package requires the key), `required` (only the schema does), `unknown` (only the
    package has the key), `extra` (only the schema has it), `no null` (the package allows null), `null` (only
    the schema does), `narrower` and `wider` (in types of JSON), `open` (the package lists the values, the
    schema does not), `values` (both do, differently), `opaque` (the schema does not look inside).
    """

    kind: str
    documents: tuple[str, ...]
    places: str  # separated by white space
    reason: str

    def keys(self) -> set[tuple[str, str]]:
        return {(f"{name}:{place}", self.kind) for name in self.documents for place in self.places.split()}


CHUNK, COMPLETION, EVENTS, ERROR = ("chat.chunk",), ("chat.completion",), ("responses.events",), ("error",)
CHAT = CHUNK + COMPLETION
DIFFERENCES = (
    Difference(
        kind="optional",
        documents=EVENTS,
        places="response.output_text.delta.logprobs response.output_text.done.logprobs",
        reason="OpenAI's recordings leave logprobs out of text events; a requirement of its own asks for it",
    ),
    Difference(
        kind="optional",
        documents=EVENTS,
        places="InputTokensDetails.cache_write_tokens",
        reason="most of OpenAI's recordings leave it out",
    ),
    Difference(
        kind="optional",
        documents=EVENTS,
        places="WebSearchItem.action",
        reason="OpenAI's recording adds the item without an action and completes it with one",
    ),
    Difference(
        kind="required",
        documents=CHUNK,
        places="Choice.finish_reason",
        reason="required and nullable in the OpenAPI schema; the package has audio streams in mind",
    ),
    Difference(
        kind="required",
        documents=CHAT,
        places="Logprobs.content Logprobs.refusal TokenLogprob.bytes TopLogprob.bytes",
        reason="required and nullable in the OpenAPI schema, which the package writes as optional",
    ),
    Difference(
        kind="required",
        documents=ERROR,
        places="Error.param Error.code",
        reason="required and nullable in the OpenAPI schema, which the package writes as optional",
    ),
    Difference(
        kind="required",
        documents=COMPLETION,
        places="Message.content",
        reason="without the key an empty answer cannot be told from a broken one; null is allowed",
    ),
    Difference(
        kind="required",
        documents=EVENTS,
        places="""Response.error Response.incomplete_details Response.instructions Response.metadata
            Response.temperature Response.top_p error.code error.param
            response.output_text.annotation.added.annotation""",
        reason="required and nullable in the OpenAPI schema, which the package writes as optional",
    ),
    Difference(
        kind="required",
        documents=EVENTS,
        places="CodeInterpreterItem.code CodeInterpreterItem.outputs",
        reason="nullable, and in all of OpenAI's recordings of such an item",
    ),
    Difference(
        kind="extra",
        documents=EVENTS,
        places="""response.audio.delta.obfuscation response.audio.transcript.delta.obfuscation
            response.code_interpreter_call_code.delta.obfuscation
            response.custom_tool_call_input.delta.obfuscation
            response.function_call_arguments.delta.obfuscation response.mcp_call_arguments.delta.obfuscation
            response.output_text.delta.obfuscation response.reasoning_summary_text.delta.obfuscation
            response.reasoning_text.delta.obfuscation response.refusal.delta.obfuscation""",
        reason="OpenAPI: any delta may carry it (include_obfuscation); the package names it once",
    ),
    Difference(
        kind="extra",
        documents=EVENTS,
        places="response.function_call_arguments.done.name",
        reason="in the OpenAPI schema only",
    ),
    Difference(
        kind="extra",
        documents=CHUNK,
        places="ToolCallDelta.custom",
        reason="the form in which openai-node reads calls of custom tools; the package knows whole ones only",
    ),
    Difference(
        kind="values",
        documents=CHUNK,
        places="ToolCallDelta.type",
        reason="`custom` beside `function`, as in the whole answer",
    ),
    Difference(
        kind="null",
        documents=EVENTS,
        places="""InputTokensDetails.cache_write_tokens
            response.output_text.delta.logprobs response.output_text.done.logprobs""",
        reason="it may be absent here, and null is as good as absence",
    ),
    Difference(
        kind="no null",
        documents=EVENTS,
        places="CustomToolCallItem.id FunctionCallItem.id Response.status",
        reason="events name an item by its id, and clients go by the status: null says nothing",
    ),
    Difference(
        kind="wider",
        documents=EVENTS,
        places="McpCallItem.error",
        reason="a string in earlier versions of the package, an object now",
    ),
    Difference(
        kind="open",
        documents=CHAT,
        places=".service_tier",
        reason="clients accept values that they do not know",
    ),
    Difference(
        kind="open",
        documents=EVENTS,
        places="""AdditionalToolsItem.role IncompleteDetails.reason MessageItem.phase ResponseError.code
            ToolSearchCallItem.execution ToolSearchOutputItem.execution
            response.reasoning_summary_part.done.status""",
        reason="values are added, and clients accept those that they do not know",
    ),
    Difference(
        kind="open",
        documents=EVENTS,
        places="""ImageGenerationItem.action ImageGenerationItem.background ImageGenerationItem.output_format
            ImageGenerationItem.quality Reasoning.context Reasoning.effort Reasoning.generate_summary
            Reasoning.summary Response.prompt_cache_retention Response.service_tier Response.truncation
            ResponseText.verbosity""",
        reason="a setting of the request, given back",
    ),
    Difference(
        kind="open",
        documents=EVENTS,
        places="""LocalShellAction.type McpCodedError.type McpToolError.type PatchDelete.type
            PatchWithDiff.type ShellOutcome.type ToolChoice.type Typed.type""",
        reason="types that are not listed are allowed",
    ),
    Difference(
        kind="extra",
        documents=EVENTS,
        places="Response.frequency_penalty Response.presence_penalty Response.store",
        reason="settings of the request that OpenAI gives back, and the package does not know",
    ),
    Difference(
        kind="opaque",
        documents=EVENTS,
        places="""Response.access_programs Response.image Response.input_transformations[]
            Response.instructions[] Response.prompt Response.prompt_cache_diagnostics
            Response.prompt_cache_options Response.tool_choice Response.tools[] ResponseText.format""",
        reason="gives the request back, or tells what became of it: no part of the stream",
    ),
    Difference(
        kind="opaque",
        documents=EVENTS,
        places="""InputTokensDetails.cache_write_tokens_details Response.moderation Response.tool_usage
            ResponseError.misalignment ImageError.moderation_details ImageGenerationItem.svg_usage""",
        reason="an addition that no client of a stream depends on",
    ),
    Difference(
        kind="opaque",
        documents=ERROR,
        places="Error.misalignment",
        reason="an addition that no client of a stream depends on",
    ),
    Difference(
        kind="opaque",
        documents=EVENTS,
        places="""AdditionalToolsItem.tools[] ApplyPatchCallItem.caller ApplyPatchCallOutputItem.caller
            ComputerCallItem.action ComputerCallItem.actions[] ComputerCallOutputItem.output
            CustomToolCallItem.caller CustomToolCallOutputItem.caller CustomToolCallOutputItem.output[]
            FunctionCallItem.caller FunctionCallOutputItem.caller FunctionCallOutputItem.output[]
            SearchAction.sources[] ShellCallItem.caller ShellCallItem.environment ShellCallOutputItem.caller
            ToolSearchOutputItem.tools[]""",
        reason="an object that says what it is; a hosted tool or the caller's program reads the rest",
    ),
    Difference(
        kind="values",
        documents=EVENTS,
        places="ApplyPatchCallItem.status ImageGenerationItem.status ProgramOutputItem.status",
        reason="an item that was cut is incomplete, and one under way is in progress, as other items are",
    ),
)
LISTED = set[tuple[str, str]]().union(*(row.keys() for row in DIFFERENCES))
WRONG: tuple[Any, ...] = (True, 7, 0.5, "text", [], {})
PATCHED = "sent by OpenAI for changes to files; in no document and in no SDK"
EVENTS_ONLY_OURS = {
    "keepalive": "sent by OpenAI in long pauses and known to openai-node; in no document",
    "response.apply_patch_call_operation_diff.delta": PATCHED,
    "response.apply_patch_call_operation_diff.done": PATCHED,
}


@cache
def document(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text())
    return loaded


@dataclass(frozen=True, slots=True)
class Node:
    """A subschema, the document it is from, and the definition it is in (empty: the top)."""

    document: str
    within: str
    schema: dict[str, Any]

    def applied(self, tag: str | None) -> Iterator["Node"]:
        """This and all that applies with it to an object whose `type` is `tag`."""
        yield self
        if reference := self.schema.get("$ref"):
            yield from definition(self.document, reference.removeprefix("#/$defs/")).applied(tag)
        for member in self.schema.get("allOf", ()):
            wanted = member["if"].get("properties", {}).get("type", {}).get("const")
            if wanted is None:  # the one condition on a key: the package knows the form without it
                branch = member["else"]
            elif wanted == tag:
                branch = member["then"]
            else:
                continue
            yield from Node(self.document, self.within, branch).applied(tag)

    def types(self) -> frozenset[str]:
        """The types of JSON that it accepts."""
        found = ANY
        for node in self.applied(None):
            if "type" in node.schema:
                stated = node.schema["type"]
                kinds = frozenset([stated] if isinstance(stated, str) else stated)
                found &= kinds | {"integer"} if "number" in kinds else kinds
        values = self.values()
        return found if values is None else found & frozenset(map(json_type, values))

    def values(self) -> frozenset[Any] | None:
        """The values it is restricted to, null among them; None where it is not restricted."""
        for node in self.applied(None):
            if "const" in node.schema:
                return frozenset([node.schema["const"]])
            if "enum" in node.schema:
                return frozenset(node.schema["enum"])
        return None


@cache
def definition(name: str, key: str) -> Node:
    """A definition of a document; the top of it when `key` is empty."""
    top = document(name)
    return Node(name, key, top["$defs"][key] if key else top)


def json_type(value: Any) -> str:
    return JSON_TYPES[type(value)]


def members(annotation: Any) -> list[Any]:
    """The alternatives of a type, without the wrappers."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [member for part in get_args(annotation) for member in members(part)]
    return [annotation]


def is_model(member: Any) -> bool:
    return isinstance(member, type) and issubclass(member, BaseModel)


def types_of(member: Any) -> frozenset[str]:
    if get_origin(member) is Literal:
        return frozenset(json_type(value) for value in get_args(member))
    if get_origin(member) in (list, Sequence):
        return frozenset({"array"})
    if get_origin(member) is dict or is_model(member):
        return frozenset({"object"})
    return SCALARS[member][0]


def tag_of(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("type")
    values = [value for part in members(field.annotation) for value in get_args(part)] if field else []
    return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Side:
    """What a schema says of the objects that one model of the package describes."""

    label: str
    properties: dict[str, Node]
    required: frozenset[str]


def side(node: Node, model: type[BaseModel]) -> Side:
    label, properties, required = f"{node.document}:{node.within}", {}, set[str]()
    for part in node.applied(tag_of(model)):
        if "properties" in part.schema:
            label = f"{part.document}:{part.within}"
        for key, schema in part.schema.get("properties", {}).items():
            properties[key] = Node(part.document, part.within, schema)
        required |= set(part.schema.get("required", ()))
    return Side(label, properties, frozenset(required))


def fields(model: type[BaseModel]) -> dict[str, Any]:
    """The fields of a model by their name on the wire."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def is_opaque(ours: Side, model: type[BaseModel]) -> bool:
    """Whether the schema looks at no key of the model, or at its `type` only though there are more."""
    looked_at = ours.properties.keys() - {"type"}
    return not looked_at and (not ours.properties or fields(model).keys() != {"type"})


class Comparison:
    """Walks the models beside the schemas and collects each (place, kind) at which they differ."""

    def __init__(self) -> None:
        self.found: set[tuple[str, str]] = set()
        self._seen: set[tuple[str, type[BaseModel]]] = set()

    def model(self, place: str, node: Node, model: type[BaseModel]) -> None:
        ours, theirs = side(node, model), fields(model)
        if is_opaque(ours, model):
            self.found.add((place, "opaque"))
            return
        if (ours.label, model) in self._seen:
            return
        self._seen.add((ours.label, model))
        for key in ours.properties.keys() | theirs.keys():
            at = f"{ours.label}.{key}"
            if key not in theirs:
                self.found.add((at, "extra"))
            elif key not in ours.properties:
                self.found.add((at, "unknown"))
            else:
                if theirs[key].is_required() and key not in ours.required:
                    self.found.add((at, "optional"))
                if key in ours.required and not theirs[key].is_required():
                    self.found.add((at, "required"))
                self.value(at, ours.properties[key], theirs[key].annotation)

    def value(self, at: str, node: Node, annotation: Any) -> None:
        parts = members(annotation)
        ours, theirs = node.types(), frozenset[str]().union(*map(types_of, parts))
        for here, there, null, other in (
            (ours, theirs, "no null", "narrower"),
            (theirs, ours, "null", "wider"),
        ):
            for missing in there - here:
                self.found.add((at, null if missing == "null" else other))
        self._values(at, node.values(), [part for part in parts if part is not type(None)])
        for part in parts:
            if is_model(part):
                self.model(at, node, part)
            elif get_origin(part) is list:
                items = [applied for applied in node.applied(None) if "items" in applied.schema]
                if not items:
                    self.found.add((at, "opaque"))
                for item in items:
                    inner = Node(item.document, item.within, item.schema["items"])
                    self.value(f"{at}[]", inner, get_args(part)[0])

    def _values(self, at: str, ours: frozenset[Any] | None, parts: list[Any]) -> None:
        listed = all(get_origin(part) is Literal for part in parts)
        theirs = frozenset(value for part in parts for value in get_args(part)) if listed else None
        if ours is None and theirs is not None:
            self.found.add((at, "open"))
        elif ours is not None and ours - {None} != theirs:
            self.found.add((at, "values"))


class Samples:
    """Makes values that the package documents, keeping to what the table lists as stricter in the schema."""

    def of_model(self, node: Node, model: type[BaseModel], depth: int = 0) -> list[dict[str, Any]]:
        """Objects with all keys that between them hold every alternative of each, and one with the least."""
        ours, theirs = side(node, model), fields(model)
        unlooked = Node(node.document, node.within, {})
        columns = {
            key: self.of_type(
                f"{ours.label}.{key}", ours.properties.get(key, unlooked), field.annotation, depth
            )
            for key, field in theirs.items()
        }
        needed = [
            key
            for key in theirs
            if theirs[key].is_required() or (f"{ours.label}.{key}", "required") in LISTED
        ]
        least = {key: columns[key][-1] for key in needed}
        if is_opaque(ours, model):
            return [least]
        rows = max(map(len, columns.values())) if depth < 2 else 1
        return [
            *(
                {key: column[min(row, len(column) - 1)] for key, column in columns.items()}
                for row in range(rows)
            ),
            least,
        ]

    def of_type(self, at: str, node: Node, annotation: Any, depth: int) -> list[Any]:
        found: list[Any] = []
        parts = members(annotation)
        for part in parts:
            if get_origin(part) is Literal:
                found += () if str in parts else get_args(part)
            elif is_model(part):
                found += self.of_model(node, part, depth + 1)
            elif get_origin(part) is list:
                found += [self._items(at, node, get_args(part)[0], depth), []]
            elif get_origin(part) is dict:
                found += [{"key": value} for value in self.of_type(at, node, get_args(part)[1], depth)]
            elif part is not type(None):
                found += SCALARS[part][1]
        if type(None) in parts and (at, "no null") not in LISTED:
            found.append(None)
        return found

    def _items(self, at: str, node: Node, annotation: Any, depth: int) -> list[Any]:
        schemas = [part.schema["items"] for part in node.applied(None) if "items" in part.schema]
        inner = Node(node.document, node.within, schemas[0] if schemas else {})
        return self.of_type(f"{at}[]", inner, annotation, depth)


def events() -> dict[str, type[BaseModel]]:
    """The event models of the package by their type."""
    return {str(tag_of(model)): model for model in members(ResponseStreamEvent)}


ROOTS: dict[str, tuple[str, str, type[BaseModel]]] = {
    "chat.chunk": ("chat.chunk", "", ChatCompletionChunk),
    "chat.completion": ("chat.completion", "", ChatCompletion),
    "error": ("error", "Error", ErrorObject),
    "response": ("responses.events", "Response", Response),
    **{kind: ("responses.events", kind, model) for kind, model in events().items() if kind != "error"},
    "error event": ("responses.events", "error", events()["error"]),
    **{str(tag_of(model)): ("responses.events", "Item", model) for model in members(ResponseOutputItem)},
}


def compared() -> set[tuple[str, str]]:
    comparison = Comparison()
    for name, key, model in ROOTS.values():
        comparison.model(f"{name}:{key}", definition(name, key), model)
    return comparison.found


def validator(name: str, key: str) -> Draft202012Validator:
    top = document(name)
    return Draft202012Validator({"$defs": top["$defs"], "$ref": f"#/$defs/{key}"} if key else top)


def test_every_difference_from_the_package_is_listed_with_its_reason() -> None:
    """A key, type, value or null that one side has and the other has not is in the table."""
    assert sorted(compared() - LISTED) == []


def test_no_listed_difference_is_stale() -> None:
    """A row of the table whose difference is gone has to go."""
    assert sorted(LISTED - compared()) == []


def test_no_difference_is_listed_twice() -> None:
    """One place differs in one way for one reason."""
    assert sum(len(row.keys()) for row in DIFFERENCES) == len(LISTED)


def test_every_event_of_the_package_has_a_schema_and_the_others_are_listed() -> None:
    """Definitions with a small letter are events: those of the package and `EVENTS_ONLY_OURS`."""
    ours = {key for key in document("responses.events")["$defs"] if key[0].islower()}
    assert ours == events().keys() | EVENTS_ONLY_OURS.keys()


def test_every_item_of_the_package_has_a_schema() -> None:
    """The types that `Item` tells apart are those of the package."""
    branches = document("responses.events")["$defs"]["Item"]["allOf"]
    ours = {branch["if"]["properties"]["type"]["const"] for branch in branches}
    assert ours == {tag_of(model) for model in members(ResponseOutputItem)}


@pytest.mark.parametrize("root", ROOTS)
def test_what_the_package_documents_is_accepted(root: str) -> None:
    """Each documented alternative of each key, and the least that is required, has no error."""
    name, key, model = ROOTS[root]
    documented = TypeAdapter(model)
    schema = validator(name, key)
    for sample in Samples().of_model(definition(name, key), model):
        documented.validate_python(sample)
        assert [error.message for error in schema.iter_errors(sample)] == []


@pytest.mark.parametrize("root", ROOTS)
def test_what_the_package_requires_is_missed(root: str) -> None:
    """Without a required key there is an error, unless the table says that the key may be missing."""
    name, key, model = ROOTS[root]
    ours, schema = side(definition(name, key), model), validator(name, key)
    least = Samples().of_model(definition(name, key), model)[-1]
    tolerated = {field for field in least if (f"{ours.label}.{field}", "optional") in LISTED}
    for field in least.keys() - tolerated:
        assert not schema.is_valid({k: v for k, v in least.items() if k != field}), field
    assert schema.is_valid({k: v for k, v in least.items() if k not in tolerated})


@pytest.mark.parametrize("root", ROOTS)
def test_a_value_of_the_wrong_type_is_refused(root: str) -> None:
    """A key with a type of JSON that neither the package nor the table allows has an error."""
    name, key, model = ROOTS[root]
    ours, schema = side(definition(name, key), model), validator(name, key)
    least = Samples().of_model(definition(name, key), model)[-1]
    for field, info in fields(model).items():
        allowed = frozenset[str]().union(*map(types_of, members(info.annotation)))
        wider = {"string"} if (f"{ours.label}.{field}", "wider") in LISTED else set[str]()
        for wrong in WRONG:
            if json_type(wrong) not in allowed | wider:
                assert not schema.is_valid({**least, field: wrong}), (field, wrong)
