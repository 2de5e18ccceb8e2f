"""Draws up the profiles of a day: `python -m tools.profiles [--date DATE] [--check] [--replace]`.

The table below says what each profile is about. Its requirements follow from the catalogue: the MUST of its
families that its scenarios can trigger and that no model can break by itself, and what the row adds. A
profile that was released is never changed: requirements that came later are in it from its next date on.
`OUTSIDE` says of other MUST why they are in no profile, and `LATER` lists those that wait for the next date.
"""

import hashlib
import sys
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from conformance.capabilities import CAPABILITIES
from conformance.catalogue import Family, Kind, Level, Requirement
from conformance.dialects import DIALECTS
from conformance.exchange import Api, Promise
from conformance.requirements import CATALOGUE
from conformance.scenarios import SCENARIOS, Scenario
from conformance.standing import Profile

__all__ = [
    "ADMITTED",
    "FROZEN",
    "LATER",
    "OUTSIDE",
    "ROWS",
    "Row",
    "digest",
    "drawn_up",
    "main",
    "outside",
    "text",
]

ROOT = Path(__file__).parents[1]
PROFILES = ROOT / "profiles"
FROZEN = ROOT / "tests" / "profiles" / "frozen.toml"
"""The digest of every profile, by its id, as it was drawn up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a profile is about.

    `claims` are the capabilities that it needs, the last of which is what it is about, and `may` those that
    its scenarios may try besides. `also` are requirements that it has beyond the MUST of its families: what
    depends on the model only if it is the very promise of the capability, and a SHOULD only if the
    capability is worth nothing without it.
    """

    name: str
    api: Api
    says: str
    claims: tuple[str, ...]
    families: tuple[Family, ...]
    of: str = ""
    may: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


_STREAM = (Family.WIRE, Family.CHAT)  # the second has rules of both APIs too
_THOUGHTS = ("reasoning-string", "reasoning-fields-agree", "reasoning-cumulative", "think-leak", "claim-kept")

ROWS = (
    Row(
        name="chat-core",
        api=Api.CHAT,
        says="Chat Completions streams text with usage, keeps token limits, and refuses in OpenAI's form.",
        claims=("chat", "usage", "max-tokens"),
        families=(*_STREAM, Family.USAGE, Family.ERRORS),
    ),
    Row(
        name="chat-tools",
        api=Api.CHAT,
        says="Chat Completions streams calls of functions, chosen by the model and forced by the request.",
        of="tools",
        claims=("chat", "tools", "forced-tools"),
        may=("parallel-tools",),
        families=(*_STREAM, Family.TOOLS),
        also=("tool-choice-honoured", "claim-kept"),
    ),
    Row(
        name="chat-reasoning",
        api=Api.CHAT,
        says="Chat Completions streams the reasoning of a model beside its answer, in a field of its own.",
        of="reasoning",
        claims=("chat", "reasoning"),
        families=(*_STREAM, Family.REASONING),
        also=_THOUGHTS,
    ),
    Row(
        name="chat-structured",
        api=Api.CHAT,
        says="Chat Completions streams answers that fit the JSON schema of the request.",
        of="structured-output",
        claims=("chat", "structured-output"),
        families=_STREAM,
        also=("structured-output",),
    ),
    Row(
        name="responses-core",
        api=Api.RESPONSES,
        says="Responses streams text as typed events that agree with each other, and keeps token limits.",
        claims=("responses", "responses-max-tokens"),
        families=(*_STREAM, Family.RESPONSES, Family.USAGE, Family.ERRORS),
    ),
    Row(
        name="responses-tools",
        api=Api.RESPONSES,
        says="Responses streams calls of functions, chosen by the model and forced by the request.",
        of="responses-tools",
        claims=("responses", "responses-tools", "responses-forced-tools"),
        families=(*_STREAM, Family.RESPONSES, Family.TOOLS),
        also=("response-tool-choice", "claim-kept"),
    ),
    Row(
        name="responses-reasoning",
        api=Api.RESPONSES,
        says="Responses streams the reasoning of a model as items of their own.",
        of="responses-reasoning",
        claims=("responses", "responses-reasoning"),
        families=(*_STREAM, Family.RESPONSES, Family.REASONING),
        also=("think-leak", "claim-kept"),
    ),
)

ADMITTED = (
    "usage-unasked",
    "finish-repeated-with-usage",
    "finish-key-late",
    "created-per-chunk",
    "azure-prompt-filter",
    "reasoning-tokens-apart",
)
"""The dialects with which the official SDKs give right and whole data."""

_NO_AUDIO = "no scenario asks for audio"

OUTSIDE: Mapping[str, str] = {
    "audio-end": _NO_AUDIO,
    "audio-id": _NO_AUDIO,
    "response-logprobs-nonpositive": "no profile is about the capability responses-logprobs",
    "shell-command-agrees": "no scenario asks for hosted tools",
}
"""Why a MUST that no rule of `outside` explains is in no profile."""
LATER: tuple[str, ...] = ("whole-response-schema",)
"""Requirements that came after the newest profiles, and will be in those of the next date."""


def drawn_up(row: Row, day: date) -> Profile:
    """The profile of a row, from the catalogue as it is."""
    sent = [item for item in SCENARIOS if _asks(row, item)]
    rules = [rule for rule in CATALOGUE if _belongs(row, rule, sent) or rule.id in row.also]
    names = {rule.id for rule in rules}
    return Profile(
        name=row.name,
        date=day,
        api=row.api,
        says=row.says,
        claims=row.claims,
        scenarios=tuple(item.name for item in sent if _always(row, item)),
        optional=tuple(item.name for item in sent if not _always(row, item)),
        dialects=tuple(name for name in ADMITTED if names & DIALECTS[name].explains.keys()),
        requirements=tuple(rule.id for rule in rules),
    )


def outside(rule: Requirement, held: Sequence[str] = ()) -> str:
    """Why a requirement is in none of the profiles, whose requirements are `held`; "" if it is in one."""
    if rule.id in held:
        return ""
    reasons = (
        (rule.id in LATER, "it came after the newest profiles"),
        (rule.untestable, "it cannot be tested from outside"),
        (rule.level is not Level.MUST, f"it is a {rule.level}: official clients cope without it"),
        (rule.model, "it depends on how well the model obeys"),
        (rule.capability, f"no profile is about the capability {rule.capability}"),
        (rule.promise and not _promised(rule.promise), f"no scenario of a profile promises {rule.promise}"),
    )
    found = next((why for applies, why in reasons if applies), "")
    return OUTSIDE.get(rule.id, found)


def text(profile: Profile) -> str:
    """A profile as the text of its file."""
    lists = ("claims", "scenarios", "optional", "dialects", "requirements")
    return "\n".join(
        [
            f'name = "{profile.name}"',
            f"date = {profile.date.isoformat()}",
            f'api = "{profile.api}"',
            f'says = "{profile.says}"',
            *(_listed(key, getattr(profile, key)) for key in lists),
            "",
        ]
    )


def digest(content: str) -> str:
    """The digest by which a profile's file is held."""
    return hashlib.sha256(content.encode()).hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the profiles of a day. The exit code is 1 where `--check` finds one that is not so."""
    parser = ArgumentParser(prog="python -m tools.profiles", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--date", type=date.fromisoformat, default=datetime.now(UTC).date())
    parser.add_argument("--check", action="store_true", help="write nothing; say what has changed")
    parser.add_argument("--replace", action="store_true", help="write over unreleased profiles")
    given = parser.parse_args(arguments)
    if given.check:
        changes = list(_changes())
        sys.stdout.writelines(f"{line}\n" for line in changes or ["nothing has changed"])
        return bool(changes)
    frozen = tomllib.loads(FROZEN.read_text()) if FROZEN.exists() else {}
    for row in ROWS:
        profile = drawn_up(row, given.date)
        path = PROFILES / f"{profile.id}.toml"
        if path.exists() and not given.replace:
            sys.stderr.write(f"{path.name} is there, and a profile is never changed; give another --date\n")
            return 1
        content = text(profile)
        path.write_text(content)
        frozen[profile.id] = digest(content)
        sys.stdout.write(f"{path.name}: {len(profile.requirements)} requirements\n")
    FROZEN.write_text("".join(f'{name} = "{value}"\n' for name, value in sorted(frozen.items())))
    return 0


def _changes() -> Iterator[str]:
    """What the table says differently from the newest file of each profile, a line for each."""
    for row in ROWS:
        path = max(PROFILES.glob(f"{row.name}-*.toml"), default=None)
        if path is None:
            yield f"{row.name}: there is no such profile yet"
            continue
        old = tomllib.loads(path.read_text())
        new = tomllib.loads(text(drawn_up(row, old["date"])))
        for key, value in new.items():
            if isinstance(value, list):
                yield from (f"{path.stem}: + {key} {name}" for name in value if name not in old[key])
                yield from (f"{path.stem}: - {key} {name}" for name in old[key] if name not in value)
            elif value != old[key]:
                yield f"{path.stem}: {key} is {value!r}"


def _asks(row: Row, scenario: Scenario) -> bool:
    allowed = {*row.claims, *row.may}
    return scenario.api is row.api and allowed.issuperset(scenario.needs) and row.of in ("", *scenario.needs)


def _always(row: Row, scenario: Scenario) -> bool:
    """Whether every endpoint of the profile is sent a scenario: some take no key."""
    keyed = Promise.BAD_KEY in scenario.promises
    return not keyed and not scenario.only_claimed and set(row.claims).issuperset(scenario.needs)


def _belongs(row: Row, rule: Requirement, sent: Sequence[Scenario]) -> bool:
    mine = rule.family in row.families and rule.api.hold(row.api)
    if not mine or rule.level is not Level.MUST or rule.model or rule.untestable or rule.id in OUTSIDE:
        return False
    if rule.kind is Kind.TWINS and not any(item.twin for item in sent):
        return False
    tried = rule.capability in ("", *row.claims) or CAPABILITIES[rule.capability].api is not row.api
    promised = {promise for item in sent for promise in item.promises}
    elsewhere = rule.promise is not None and any(rule.promise in item.promises for item in SCENARIOS)
    return tried and (rule.promise in promised or not elsewhere)


def _promised(promise: Promise) -> bool:
    return any(promise in item.promises for row in ROWS for item in SCENARIOS if _asks(row, item))


def _listed(key: str, names: Sequence[str]) -> str:
    if not names:
        return f"{key} = []"
    return "\n".join([f"{key} = [", *(f'  "{name}",' for name in names), "]"])


if __name__ == "__main__":
    sys.exit(main())
