"""Declarations: id and family follow from the function, and misspelt names fail at import."""

from collections.abc import Iterator
from types import ModuleType

import pytest

from conformance.catalogue import Apis, Family, Kind, Level, Requirement, Violation, trigger
from conformance.requirements import CATALOGUE, by_id, declare
from conformance.requirements.chat import identity
from conformance.requirements.common import owned
from conformance.requirements.declare import chat_rule, untestable_rule
from conformance.subject import ChatStream, ResponsesStream, read
from tests.proof.streams.chat import TEXT
from tests.proof.streams.edits import edited, every
from tests.proof.streams.handmade import exchange

MODULE = """
from collections.abc import Iterator
from conformance.catalogue import Family, Level, Violation
from conformance.exchange import Need, Promise
from conformance.requirements.declare import {decorator}
from conformance.subject import ChatStream

@{decorator}(
    level=Level.MUST, statement="S.", hurts="H.", sources=[], {arguments}
)
def some_rule(stream: ChatStream) -> Iterator[Violation]:
    yield from ()
"""


def imported(
    *arguments: str, decorator: str = "chat_rule", name: str = "conformance.requirements.chat.new"
) -> Requirement:
    """The rule of a module with one declaration, imported by this name."""
    module = ModuleType(name)
    source = MODULE.format(decorator=decorator, arguments=", ".join(arguments))
    exec(source, vars(module))  # noqa: S102  as an import does
    rule: Requirement = vars(module)["some_rule"]
    return rule


def test_the_id_is_the_name_of_the_function_and_the_family_that_of_the_module() -> None:
    rule = imported()

    assert (rule.id, rule.family) == ("some-rule", Family.CHAT)
    assert (rule.kind, rule.api, rule.level) == (Kind.STREAM, Apis.CHAT, Level.MUST)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (
            {"promise": '"chta"'},
            ValueError,
            r"promise of some-rule: there is no 'chta', did you mean chat\?",
        ),
        ({"promise": "Promise.CHTA"}, AttributeError, "CHTA"),
        ({"needs": '["requests"]'}, ValueError, r"needs of some-rule: .* did you mean request\?"),
        ({"needs": "[Need.REQUESTS]"}, AttributeError, "REQUESTS"),
        ({"family": "Family.CHAT"}, ValueError, "some-rule: its module says the family already, chat"),
        ({"family": "Family.CHATS"}, AttributeError, "CHATS"),
        ({"level": "Level.MUST"}, SyntaxError, "keyword argument repeated"),
    ],
)
def test_what_does_not_exist_does_not_import(
    arguments: dict[str, str], error: type[Exception], said: str
) -> None:
    """A misspelt promise or need would never be made or lacked, and nobody would notice."""
    with pytest.raises(error, match=said):
        imported(*(f"{name}={value}" for name, value in arguments.items()))


def test_a_misspelt_api_does_not_import() -> None:
    """The decorator is the API."""
    with pytest.raises(ImportError, match="chats_rule"):
        imported(decorator="chats_rule")


def test_a_module_of_several_families_has_them_named() -> None:
    """As `runs` and `whole` do, which are about kinds of subjects."""
    with pytest.raises(ValueError, match="some-rule: the module 'runs' is no family, so name one"):
        imported(name="conformance.requirements.runs")

    assert imported("family=Family.TOOLS", name="conformance.requirements.runs").family is Family.TOOLS


def test_an_untestable_rule_says_why() -> None:
    """And is never judged."""

    @untestable_rule(family=Family.CHAT, level=Level.MUST, statement="S.", hurts="H.", sources=[])
    def some_rule() -> str:
        return "Nobody sees it."

    assert (some_rule.id, some_rule.untestable) == ("some-rule", "Nobody sees it.")


def test_the_type_checker_refuses_a_check_of_another_subject() -> None:
    """`make check` fails where one of these comments is needless, so it refuses both."""

    @trigger(absent="no event")
    def has_events(stream: ResponsesStream) -> bool:
        return bool(stream.responses.events.count)

    @chat_rule(level=Level.MUST, statement="S.", hurts="H.", sources=[], family=Family.CHAT)  # type: ignore[arg-type]
    def of_responses(_stream: ResponsesStream) -> Iterator[Violation]:
        yield from ()

    @chat_rule(
        level=Level.MUST,
        statement="S.",
        hurts="H.",
        sources=[],
        family=Family.CHAT,
        when=has_events,  # type: ignore[arg-type]
    )
    def when_responses(_stream: ChatStream) -> Iterator[Violation]:
        yield from ()

    assert {of_responses.id, when_responses.id} == {"of-responses", "when-responses"}


def test_every_decorator_is_used() -> None:
    """Each kind of subject is judged by some rule."""
    made = {
        (value.kind, value.api) for value in vars(declare).values() if isinstance(value, declare.Declaration)
    }
    assert made == {(rule.kind, rule.api) for rule in CATALOGUE}


# Triggers


@trigger(absent="no number in the text")
def numbers(text: str) -> list[int]:
    return [int(char) for char in text if char.isdigit()]


def test_a_trigger_finds_what_a_rule_is_about() -> None:
    """It is called as the function that it is made of, so that a check looks at the same."""
    assert numbers("a1b2") == [1, 2]
    assert not numbers("ab")
    assert numbers.absent == "no number in the text"


def test_a_trigger_is_no_generator() -> None:
    """Its rule would be asked where there is nothing to ask of."""
    with pytest.raises(TypeError, match=r"digits gives a generator, .* return a list"):

        @trigger(absent="no number in the text")
        def digits(text: str) -> Iterator[str]:
            yield from filter(str.isdigit, text)


def test_a_trigger_may_have_an_exception() -> None:
    """Whose words stand behind those for its absence."""
    quiet = numbers.unless("a whisper", str.islower)

    assert [bool(quiet(text)) for text in ("A1", "a1", "A")] == [True, False, False]
    assert quiet.absent == "no number in the text, or a whisper"


# The rules about the whole schema


def test_what_a_rule_owns_is_left_out_of_the_rule_about_the_rest() -> None:
    """The catalogue hands it the paths of all others; alone it speaks of everything."""
    stream = read(exchange(edited(TEXT, "object", every(b"chat.completion.chunk", b"chunk"))))
    assert isinstance(stream, ChatStream)

    assert list(owned(stream, by_id("chunk-object").shapes))
    assert list(identity.chunk_schema.check(stream))
    assert not list(by_id("chunk-schema").check(stream))
