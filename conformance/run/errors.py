"""Errors in the options of a run, and in the set of files that it should judge together."""

from dataclasses import dataclass
from pathlib import Path

from conformance.errors import ConformanceError
from conformance.text import clipped, shown_models

__all__ = [
    "ConcurrencyFormError",
    "EndpointModelMissingError",
    "ExclusiveOptionsError",
    "FolderUnusableError",
    "FolderUsedError",
    "HeaderFormError",
    "NoKeySetError",
    "NoProviderNamedError",
    "NothingOfProfileError",
    "NothingToSendError",
    "NumberTooSmallError",
    "OptionsWithoutEndpointError",
    "RequestWithoutReplayError",
    "SecondsFormError",
    "SeveralProcessesError",
    "SuiteLeftOutError",
    "TwoRunsError",
    "UnknownFailOnError",
]


@dataclass(eq=False)
class ExclusiveOptionsError(ConformanceError):
    """Raised where more than one option says what to judge."""

    code = "options-exclusive"
    hint = "choose one of them"

    options: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"{' and '.join(self.options)} do not go together"


@dataclass(eq=False)
class RequestWithoutReplayError(ConformanceError):
    """Raised for --request where nothing is replayed."""

    code = "request-without-replay"
    message = "--request belongs to --replay, which is not given"
    hint = "name the answer to this request: `pytest --replay FILE --request FILE`"


@dataclass(eq=False)
class OptionsWithoutEndpointError(ConformanceError):
    """Raised where options that belong to --endpoint are given without it.

    `provider` is the value of --provider, and `setting` the environment variable to set instead, if there is
    one; both may be "".
    """

    code = "options-without-endpoint"

    options: tuple[str, ...]
    provider: str = ""
    setting: str = ""

    @property
    def message(self) -> str:
        verb = "belongs" if len(self.options) == 1 else "belong"
        return f"{' and '.join(self.options)} {verb} to --endpoint, which is not given"

    @property
    def hint(self) -> str:
        if self.setting:
            return f"set {self.setting} in the environment"
        if self.provider:
            return (
                "its entry in providers.toml says how a provider is asked; for another address --endpoint URL"
            )
        return "add --endpoint URL"


@dataclass(eq=False)
class EndpointModelMissingError(ConformanceError):
    """Raised for --endpoint without --model, if `GET /models` does not list exactly one model."""

    code = "endpoint-model-missing"

    choices: tuple[str, ...]
    listed: str  # what GET /models did instead of listing one, in words
    meant: str = ""  # what to look at, where that shows what is wrong

    @property
    def message(self) -> str:
        return f"an endpoint that is in no file needs a model, and its GET /models {self.listed}"

    @property
    def hint(self) -> str:
        if self.choices:
            return f"name one with --model, or `model` in Python: {shown_models(self.choices)}"
        if self.meant:
            return f"{self.meant}; if it lists several models then, name one with --model"
        return "name one that it serves: --model, or `model` in Python; and look at its address and its key"


@dataclass(eq=False)
class NothingToSendError(ConformanceError):
    """Raised where scenarios, claims and budget leave no request to send."""

    code = "nothing-to-send"
    hint = "look at the scenarios that are named, and at the claims that are false"

    provider: str
    reasons: tuple[str, ...]

    @property
    def message(self) -> str:
        told = f": {'; '.join(self.reasons)}" if self.reasons else ""
        return f"there is nothing to send to {self.provider}{told}"


@dataclass(eq=False)
class NothingOfProfileError(ConformanceError):
    """Raised where none of the scenarios that are named is one of the profiles that are named."""

    code = "nothing-of-profile"
    hint = "leave --scenarios out: a profile names its own, which are in its file in profiles/"

    scenarios: tuple[str, ...]
    profiles: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"{', '.join(self.profiles)}: of --scenarios {', '.join(self.scenarios)}, none is in it"


@dataclass(eq=False)
class FolderUnusableError(ConformanceError):
    """Raised for a report folder that cannot be written; `reason` is the system's message."""

    code = "folder-unusable"
    hint = "name another folder with --report-dir, or look at its permissions and at the room that is left"

    folder: Path
    reason: str

    @property
    def message(self) -> str:
        return f"the report folder {self.folder} cannot be written ({self.reason})"


@dataclass(eq=False)
class FolderUsedError(ConformanceError):
    """Raised for a folder that already holds the evidence of other exchanges."""

    code = "folder-used"
    hint = "name an empty folder, or one that is not there yet"

    folder: Path

    @property
    def message(self) -> str:
        return f"{self.folder} holds the evidence of another run"


@dataclass(eq=False)
class NoProviderNamedError(ConformanceError):
    """Raised for a --provider that contains no name."""

    code = "provider-not-named"

    text: str
    choices: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"--provider {self.text!r} names no provider"

    @property
    def hint(self) -> str:
        return f"there are {', '.join(self.choices)}"


@dataclass(eq=False)
class NoKeySetError(ConformanceError):
    """Raised for `--provider all` where no key is set in the environment."""

    code = "no-key-set"
    message = "not one provider's key is set"
    hint = (
        "export a variable that `api_key_env` names in providers.toml, or name who needs no key: "
        "--provider reference"
    )


@dataclass(eq=False)
class HeaderFormError(ConformanceError):
    """Raised for a --header without a name or a colon."""

    code = "header-form"
    hint = "for example --header 'X-Title: nightly'"

    text: str

    @property
    def message(self) -> str:
        return f"--header {self.text!r} has no name with a colon behind it"


@dataclass(eq=False)
class NumberTooSmallError(ConformanceError):
    """Raised for an option that is not a whole number of at least 1."""

    code = "number-too-small"
    hint = "leave it out, or give a higher number"

    option: str
    number: int

    @property
    def message(self) -> str:
        return f"{self.option} {self.number!r} is no whole number of 1 or more"


@dataclass(eq=False)
class ConcurrencyFormError(ConformanceError):
    """Raised for a --concurrency that is neither a number nor `auto`."""

    code = "concurrency-form"
    hint = "a number of requests, such as 4, or auto"

    text: str

    @property
    def message(self) -> str:
        return f"--concurrency {clipped(self.text)!r} is no number"


@dataclass(eq=False)
class SecondsFormError(ConformanceError):
    """Raised for a time that is no number of seconds."""

    code = "seconds-form"
    hint = "a number of seconds above 0, such as 600"

    option: str
    text: str

    @property
    def message(self) -> str:
        return f"{self.option} {clipped(self.text)!r} is no time"


@dataclass(eq=False)
class UnknownFailOnError(ConformanceError):
    """Raised for a `fail_on` other than `must` and `should`."""

    code = "fail-on-unknown"
    hint = "it is 'must' or 'should'"

    text: str

    @property
    def message(self) -> str:
        return f"fail_on is {self.text!r}"


@dataclass(eq=False)
class SeveralProcessesError(ConformanceError):
    """Raised where pytest would run the suite in several processes."""

    code = "several-processes"
    message = "-n: the suite does not run in several processes, each of which would send every request"
    hint = "leave -n out (with xdist in addopts: -n 0); requests are sent concurrently anyway"


@dataclass(eq=False)
class SuiteLeftOutError(ConformanceError):
    """Raised where paths are given to pytest but the suite is not among them."""

    code = "suite-left-out"
    hint = "leave the paths out, the suite is found by itself; to replay several, repeat --replay"

    paths: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"the suite is not among the paths that were given: {' '.join(self.paths)}"


@dataclass(eq=False)
class TwoRunsError(ConformanceError):
    """Raised where exchanges of two runs of one provider would be judged as one; `sources` is one of each."""

    code = "two-runs"
    hint = "judge one run of a provider at a time"

    provider: str
    scenario: str
    sources: tuple[str, str]

    @property
    def message(self) -> str:
        return f"{' and '.join(self.sources)} are both {self.provider}'s {self.scenario}"
