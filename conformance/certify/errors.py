"""Errors of certification that the user can put right."""

from dataclasses import dataclass
from pathlib import Path

from conformance.certify.words import once
from conformance.errors import ConformanceError

__all__ = [
    "BadgeFolderError",
    "BadgeProfileError",
    "BundleForgedError",
    "BundleUnreadableError",
    "CertifyBodyError",
    "CertifyLimitError",
    "CertifyManyError",
    "CertifyOptionError",
    "CertifyPromptsError",
    "CertifySamplesError",
    "CertifySeveralError",
    "ItemsDeselectedError",
    "SecretInBundleError",
    "SshKeygenMissingError",
    "SshSignersError",
    "SshSignersFormError",
    "SuiteChangedError",
]


@dataclass(eq=False)
class BadgeFolderError(ConformanceError):
    """Raised for a folder to which no badge can be written; `reason` is the system's message."""

    code = "badge-folder"
    hint = "name another folder with --out, or look at its permissions"

    folder: Path
    reason: str

    @property
    def message(self) -> str:
        return f"the folder {self.folder} cannot be written ({self.reason})"


@dataclass(eq=False)
class CertifyOptionError(ConformanceError):
    """Raised for an option that a certificate does not go with."""

    code = "certify-option"

    option: str
    why: str

    @property
    def message(self) -> str:
        return f"--certify refuses {self.option}: {self.why}"

    @property
    def hint(self) -> str:
        return f"leave {self.option} out, also of addopts and of the environment"


@dataclass(eq=False)
class CertifySeveralError(ConformanceError):
    """Raised for a --certify that does not name exactly one profile."""

    code = "certify-several"
    hint = "one certificate speaks of one profile; run once for each"

    names: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"--certify names {' and '.join(self.names)}" if self.names else "--certify names no profile"


@dataclass(eq=False)
class CertifySamplesError(ConformanceError):
    """Raised for fewer samples than a certificate rests on."""

    code = "certify-samples"
    hint = "leave --samples out, or ask for more"

    samples: int
    least: int

    @property
    def message(self) -> str:
        return f"--certify refuses --samples {self.samples}: {once(self.least)}"


@dataclass(eq=False)
class CertifyPromptsError(ConformanceError):
    """Raised for a provider whose entry replaces prompts of the suite."""

    code = "certify-prompts"
    hint = (
        "take `prompts` out of its entry in providers.toml: a certificate rests on the suite's own requests"
    )

    provider: str
    scenarios: tuple[str, ...]

    @property
    def message(self) -> str:
        return (
            f"--certify refuses {self.provider}, which has prompts of its own for {', '.join(self.scenarios)}"
        )


@dataclass(eq=False)
class CertifyBodyError(ConformanceError):
    """Raised for a provider whose entry lays values over keys of the suite's own requests."""

    code = "certify-body"
    hint = "take them out of `extra_body` of its entry in providers.toml; keys that no request has may stay"

    provider: str
    keys: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"--certify refuses {self.provider}, whose requests have {', '.join(self.keys)} of its own"


@dataclass(eq=False)
class CertifyLimitError(ConformanceError):
    """Raised for a provider whose limit leaves out requests that a certificate rests on."""

    code = "certify-limit"
    hint = "raise `limits.requests` of its entry in providers.toml"

    provider: str
    left: int

    @property
    def message(self) -> str:
        return f"--certify refuses {self.provider}, whose limit of requests leaves {self.left} of them out"


@dataclass(eq=False)
class CertifyManyError(ConformanceError):
    """Raised for more exchanges than a bundle may hold."""

    code = "certify-many"
    hint = "ask for fewer --samples"

    provider: str
    planned: int
    most: int

    @property
    def message(self) -> str:
        return (
            f"--certify refuses {self.provider}: {self.planned:,} exchanges are planned, and no bundle of "
            f"more than {self.most:,} is read"
        )


@dataclass(eq=False)
class SuiteChangedError(ConformanceError):
    """Raised for a suite whose code or data is not what was installed or committed."""

    code = "certify-suite-changed"
    hint = "install the released package, or commit or undo what was changed in the checkout"

    why: str

    @property
    def message(self) -> str:
        return f"--certify refuses a changed suite: {self.why}"


@dataclass(eq=False)
class ItemsDeselectedError(ConformanceError):
    """Raised where something took items out of a run that certifies, before anything is sent."""

    code = "certify-deselected"
    hint = "look for hooks of a conftest.py or of another plugin; nothing was sent"

    left: int
    possible: int

    @property
    def message(self) -> str:
        return (
            f"--certify refuses deselection: {self.left} of {self.possible} items were taken out of the run"
        )


@dataclass(eq=False)
class SecretInBundleError(ConformanceError):
    """Raised where a bundle would hold something that looks like a credential; it is not written."""

    code = "certify-secret"
    hint = (
        "look at `vendor`, `headers`, `query` and `extra_body` of its entry; keys belong into the environment"
    )

    where: str
    what: str

    @property
    def message(self) -> str:
        return f"no bundle was written: {self.where} would hold {self.what}"


@dataclass(eq=False)
class BundleUnreadableError(ConformanceError):
    """Raised for a path at which there is no bundle to read."""

    code = "bundle-unreadable"
    hint = "name the .zip that `pytest --certify PROFILE` wrote"

    path: Path
    why: str

    @property
    def message(self) -> str:
        return f"{self.path} is no bundle: {self.why}"


@dataclass(eq=False)
class BundleForgedError(ConformanceError):
    """Raised for a bundle that its own evidence does not bear out, of which no badge is made."""

    code = "bundle-forged"

    path: Path
    first: str

    @property
    def message(self) -> str:
        return f"no badge was made of {self.path}: {self.first}"

    @property
    def hint(self) -> str:
        return f"`conformance verify {self.path}` lists all that is wrong"


@dataclass(eq=False)
class BadgeProfileError(ConformanceError):
    """Raised for a profile of which a run or bundle says nothing."""

    code = "badge-profile"

    name: str
    there: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"nothing is said of the profile {self.name!r}"

    @property
    def hint(self) -> str:
        return f"there are {', '.join(self.there)}" if self.there else "judge a run that the suite sent"


@dataclass(eq=False)
class SshKeygenMissingError(ConformanceError):
    """Raised where a signature is to be checked and ssh-keygen is not there."""

    code = "ssh-keygen-missing"
    message = "--ssh-signers needs the program ssh-keygen, which is not there"
    hint = "install OpenSSH 8.2 or later, or check without --ssh-signers"


@dataclass(eq=False)
class SshSignersError(ConformanceError):
    """Raised for a file of allowed signers that is not there."""

    code = "ssh-signers-missing"
    hint = "each of its lines is `NAME KEYTYPE KEY`, as ssh-keygen(1) says under ALLOWED SIGNERS"

    path: Path

    @property
    def message(self) -> str:
        return f"--ssh-signers {self.path}: there is no such file"


@dataclass(eq=False)
class SshSignersFormError(ConformanceError):
    """Raised for a public key in place of a file of allowed signers, which says whose key it is."""

    code = "ssh-signers-form"

    path: Path
    key: str

    @property
    def message(self) -> str:
        return f"--ssh-signers {self.path}: it is no file of allowed signers, but a public key without a name"

    @property
    def hint(self) -> str:
        return f"write a file with this line, where NAME is whose key it is: NAME {self.key}"
