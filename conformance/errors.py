"""Errors that the user can put right, as opposed to faults of an endpoint or of the suite.

Each kind of mistake is a class with a common base. This module holds the base and the kinds that several
stages raise: unknown names, addresses, models and keys. Errors in files are defined beside their readers, in
`toml_errors`, `evidence/errors` and `report/errors`, and errors in the options of a run in `run/errors`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import ClassVar

from conformance.text import clipped

__all__ = [
    "ConformanceError",
    "EmptyOptionError",
    "HeaderUnusableError",
    "KeyCharactersError",
    "KeyMissingError",
    "ModelMissingError",
    "NotARequirementError",
    "NotAnAddressError",
    "PortUnusableError",
    "ProxyUnusableError",
    "UnknownCapabilityError",
    "UnknownDialectError",
    "UnknownFaultError",
    "UnknownNameError",
    "UnknownProfileError",
    "UnknownProviderError",
    "UnknownRequirementError",
    "UnknownScenarioError",
    "did_you_mean",
]


@dataclass(eq=False)
class ConformanceError(Exception):
    """The base of all errors that the user can put right; only subclasses are raised.

    A subclass is a dataclass: its fields hold the particulars, and the message is built from them. `code` is
    a stable slug for programs. The classes are not frozen, because Python sets the traceback of an exception.
    """

    code: ClassVar[str]

    def __post_init__(self) -> None:
        # Copying and pickling re-create an exception from its `args`.
        self.args = tuple(getattr(self, field.name) for field in fields(self))

    @property
    def message(self) -> str:
        """What happened, and where."""
        raise NotImplementedError

    @property
    def hint(self) -> str:
        """What was probably meant, or what to do; "" if the message says it all."""
        return ""

    @property
    def one_line(self) -> str:
        """Message and hint on one line, for lists and tables."""
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


_CLOSE = 0.7  # of the ratio of difflib; at 0.6, `nope` is meant to be `openai`


def did_you_mean(name: str, choices: Sequence[str], otherwise: str = "") -> str:
    """`did you mean X?` for the closest of the choices; if none is close, `otherwise` or a list of all.

    A choice is close if it differs in a letter or two, or is the longer or the shorter of the two names.
    """
    text = str(name)
    close = get_close_matches(text, choices, n=1, cutoff=_CLOSE)
    begun = [item for item in choices if text and (item.startswith(text) or text.startswith(item))]
    if near := close or begun:
        return f"did you mean {near[0]}?"
    return otherwise or f"there are {', '.join(choices)}"


# Names


@dataclass(eq=False)
class UnknownNameError(ConformanceError):
    """The base of errors about an unknown name; each subclass says what it should name.

    `choices` are the known names; `listing` says where to find them if they are too many for a hint.
    """

    what: ClassVar[str]
    listing: ClassVar[str] = ""

    name: str
    choices: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"no {self.what} is named {self.name!r}"

    @property
    def hint(self) -> str:
        return did_you_mean(self.name, self.choices, self.listing)


@dataclass(eq=False)
class UnknownProviderError(UnknownNameError):
    """Raised for the name of a provider that no providers.toml has."""

    code = "provider-unknown"
    what = "provider"


@dataclass(eq=False)
class UnknownProfileError(UnknownNameError):
    """Raised for a name that is neither that of a profile nor that of one with its date."""

    code = "profile-unknown"
    what = "profile"


@dataclass(eq=False)
class UnknownScenarioError(UnknownNameError):
    """Raised for the name of a scenario that the suite does not have."""

    code = "scenario-unknown"
    what = "scenario"


@dataclass(eq=False)
class UnknownRequirementError(UnknownNameError):
    """Raised for the id of a requirement that the catalogue does not have."""

    code = "requirement-unknown"
    what = "requirement"
    listing = "`conformance list` names them all; `conformance judge PATH` judges what is stored"


@dataclass(eq=False)
class NotARequirementError(ConformanceError):
    """Raised for the name of something else where that of a requirement is asked for.

    `what` is what it names, and `instead` what to type.
    """

    code = "requirement-other"

    name: str
    what: str
    instead: str

    @property
    def message(self) -> str:
        return f"{self.name} is no requirement but {self.what}"

    @property
    def hint(self) -> str:
        return self.instead


@dataclass(eq=False)
class UnknownFaultError(UnknownNameError):
    """Raised for the id of a fault that the reference provider does not have."""

    code = "fault-unknown"
    what = "fault"
    listing = "`conformance serve --faults` names them all"


@dataclass(eq=False)
class UnknownDialectError(UnknownNameError):
    """Raised for a dialect that the suite does not know."""

    code = "dialect-unknown"
    what = "dialect"


@dataclass(eq=False)
class UnknownCapabilityError(UnknownNameError):
    """Raised for a claim of a capability that the suite does not know."""

    code = "capability-unknown"
    what = "capability"


# Addresses, models and keys


@dataclass(eq=False)
class NotAnAddressError(ConformanceError):
    """Raised for an endpoint's URL that is not valid; `what` says where it was given."""

    code = "not-an-address"

    what: str
    text: str

    @property
    def message(self) -> str:
        shown = re.sub(r"(?<=//)[^/]*@", "", self.text)  # without user name and password
        return f"{self.what} {clipped(shown)!r} is no http or https address"

    @property
    def hint(self) -> str:
        return next(
            (words for sign, words in _ADDRESSES if sign.search(self.text)), "for example https://host/v1"
        )


# Hints by what a wrong address looks like. The first that fits counts.
_ADDRESSES = (
    (re.compile(r"^[^/]*//[^/]*\s"), "there is white space in the name of the host"),
    (re.compile(r"\[[^\]]*$"), "an IPv6 address ends with a bracket, as in http://[::1]:8000/v1"),
    (
        re.compile(
            r":(0+|6553[6-9]|655[4-9]\d|65[6-9]\d\d|6[6-9]\d{3}|[7-9]\d{4}|\d{6,}|[^/:\]]*[^/:\]\d][^/:\]]*)"
            r"(/|$)",
            re.ASCII,
        ),
        "a port is a number from 1 to 65535",
    ),
    (re.compile(r"^[\w.-]+(:\d+)?(/|$)"), "it begins with https://, or with http:// on this machine"),
)


@dataclass(eq=False)
class HeaderUnusableError(ConformanceError):
    """Raised for a header that cannot be sent. Its value is not shown, since it may be a secret."""

    code = "header-unusable"

    where: str
    name: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.where}: the header {clipped(self.name)!r} cannot be sent: {self.reason}"

    @property
    def hint(self) -> str:
        if "frames" in self.reason:
            return "leave it out"
        return "look for a line end, a letter beyond ASCII or a colon that was copied with it"


@dataclass(eq=False)
class PortUnusableError(ConformanceError):
    """Raised where the reference provider cannot listen on the requested port."""

    code = "port-unusable"
    hint = "choose another --port, or leave it out for a free one"

    port: int
    reason: str

    @property
    def message(self) -> str:
        return f"cannot listen on port {self.port}: {self.reason}"


@dataclass(eq=False)
class ProxyUnusableError(ConformanceError):
    """Raised where the environment names a proxy that cannot be used."""

    code = "proxy-unusable"
    hint = "look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; NO_PROXY exempts hosts"

    provider: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.provider}: the proxy that the environment names cannot be used: {self.reason}"


@dataclass(eq=False)
class CertificatesUnusableError(ConformanceError):
    """Raised where the trusted certificates that the environment names cannot be read."""

    code = "certificates-unusable"
    hint = "look at SSL_CERT_FILE and SSL_CERT_DIR, or unset them"

    provider: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.provider}: the trusted certificates cannot be read: {self.reason}"


@dataclass(eq=False)
class ModelMissingError(ConformanceError):
    """Raised where neither a provider's entry nor the environment names a model for a request.

    `role` is what the model is needed for, where the entry names one for something else; "" otherwise.
    """

    code = "model-missing"

    provider: str
    configuration: str
    variable: str
    role: str = ""

    @property
    def message(self) -> str:
        wanted = f" for {self.role}" if self.role else ""
        where = f"is named in {self.configuration}, and {self.variable} is not set"
        return f"{self.provider}: no model{wanted} {where}"

    @property
    def hint(self) -> str:
        if not self.role:
            return f"set {self.variable} to a model that the endpoint serves"
        beside = (
            f"a `model` beside `models`, or {self.variable}, is taken for all that `models` does not name"
        )
        return f"name it as `{self.role}` in `models`; {beside}"


@dataclass(eq=False)
class KeyMissingError(ConformanceError):
    """Raised where requests need a key and its variable is not set, before anything is sent.

    What has not the form of such a name may be the key itself, and is not shown.
    """

    code = "key-missing"

    provider: str
    variable: str

    @property
    def message(self) -> str:
        named = f"{self.variable} is" if self._named else "that is named for it is"
        return f"{self.provider} needs a key: the environment variable {named} not set"

    @property
    def hint(self) -> str:
        if not self._named:
            return "name the variable, such as ACME_API_KEY, and not the key itself; nothing was sent"
        return f"export {self.variable}=... and run again; nothing was sent"

    @property
    def _named(self) -> bool:
        return re.fullmatch(r"[A-Z_][A-Z0-9_]*", self.variable) is not None


@dataclass(eq=False)
class KeyCharactersError(ConformanceError):
    """Raised for a key that an HTTP header cannot hold, before anything is sent. It never shows the key."""

    code = "key-characters"

    provider: str
    variable: str
    prefixed: bool = False  # whether it begins with `Bearer `

    @property
    def message(self) -> str:
        if self.prefixed:
            return f"{self.provider}: the key in {self.variable} begins with `Bearer`, which is no part of it"
        return f"{self.provider}: the key in {self.variable} holds characters that no key has"

    @property
    def hint(self) -> str:
        if self.prefixed:
            return "leave it out: the suite puts it in front of the key"
        return "look for a space, a line end or a quotation mark that was copied with it"


@dataclass(eq=False)
class EmptyOptionError(ConformanceError):
    """Raised for an option with nothing as its value, which must not mean that it was left out."""

    code = "option-empty"
    hint = "a variable that is not set gives an empty value: set it, or leave the option out"

    option: str

    @property
    def message(self) -> str:
        return f"{self.option} has an empty value"
