"""The signs and words that display outcomes, so that nothing depends on colour alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.catalogue import Outcome
from conformance.report.summary import Conclusion

__all__ = ["HEADINGS", "OUTCOMES", "Look"]


@dataclass(frozen=True, slots=True)
class Look:
    """How the page displays an outcome: a sign, a word, and a sentence that explains it."""

    sign: str
    word: str
    sentence: str


OUTCOMES: Mapping[Outcome, Look] = {
    Outcome.PASS: Look("✓", "pass", "The requirement was kept."),
    Outcome.FAIL: Look(
        "✕", "fail", "A MUST was broken. It turns the run red and stands in the way of a certificate."
    ),
    Outcome.WARN: Look(
        "▲",
        "warn",
        "A SHOULD was broken, or a MUST in a way that the provider declares as its dialect. It turns the run "
        "red only with --fail-on should.",
    ),
    Outcome.INFO: Look("●", "info", "Something worth telling was seen. It never turns a run red."),
    Outcome.NOT_APPLICABLE: Look(
        "\N{EN DASH}",
        "not applicable",
        "What the requirement speaks of did not occur and was not asked for, or the provider does not claim "
        "the capability and refused it.",
    ),
    Outcome.NOT_TESTABLE: Look(
        "?",
        "not testable",
        "The request asks for what the requirement speaks of and it did not come, or the stored source lacks "
        "what the check needs. It does not turn the run red, counts as kept nowhere, and stands in the way "
        "of a certificate.",
    ),
    Outcome.ERROR: Look(
        "!",
        "error",
        "The suite or the network failed, or the address, the key or the model is wrong: nothing can be said "
        "of the endpoint. The run ends with exit code 6, with 4 for such a mistake, unless something was "
        "broken as well; no list excuses it.",
    ),
}

# The sign and the colour of a whole run.
HEADINGS: Mapping[Conclusion, tuple[str, str]] = {
    Conclusion.CONFORMS: ("✓", "pass"),
    Conclusion.EXCEPTED: ("◆", "warn"),
    Conclusion.BROKEN: ("✕", "fail"),
    Conclusion.STALE: ("▲", "warn"),
    Conclusion.UNKNOWN: ("?", "not_testable"),
}
