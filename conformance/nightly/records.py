"""The records that a night keeps beside the reports: what came of each provider and of each of its models.

One file for each process, `_nightly/<provider>.json` or `_nightly/<provider>--<model>.json`, so that
processes on several machines, as in CI, leave what one of them then tells of.
"""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from conformance.evidence.whole import put_whole
from conformance.gate import ExitCode
from conformance.nightly.errors import NotARecordError
from conformance.report.write import folder_name

__all__ = ["RECORDS", "Record", "asked_places", "log_path", "reports_of", "stored_records"]

RECORDS = "_nightly"
"""The folder of the records, in that of the reports."""


# `<provider>/<model>/<run>/report.jsonl`: a record of another job may name any file of this machine.
_REPORT = re.compile(r"([^/\0]+/[^/\0]+/[^/\0]+/report\.jsonl)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What came of one provider and one of its models.

    `model` is one of the further models of its entry, empty for the entry's own. `exit_code` is that of its
    process, None where there is no record of one. `report` is the path of its `report.jsonl` from the folder
    of the reports, empty where the run wrote none. `why` says what is not in a report, in words: why there is
    none, or that the process was ended. `flaky` are the requirements that the run broke and that would have
    turned it red, had they not been known as flaky.
    """

    provider: str
    model: str = ""
    exit_code: ExitCode | None = None
    report: str = ""
    why: str = ""
    flaky: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The provider, and the model where it is a further one."""
        return f"{self.provider} ({self.model})" if self.model else self.provider

    @property
    def folder(self) -> str:
        """The folder of its provider, in that of the reports."""
        return folder_name(self.provider)

    @property
    def stem(self) -> str:
        """What its files are named after."""
        # Two hyphens, which the name of no provider has.
        return f"{self.folder}--{folder_name(self.model)}" if self.model else self.folder

    @property
    def place(self) -> str:
        """The folder of its model, from that of the reports; "" if there is no report."""
        return "/".join(self.report.split("/")[:-2])

    def write(self, root: Path) -> None:
        """Keeps it below the folder of the reports. Raises OSError."""
        path = root / RECORDS / f"{self.stem}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        value = {
            "provider": self.provider,
            "model": self.model,
            "exit_code": self.exit_code,
            "report": self.report,
            "why": self.why,
            "flaky": list(self.flaky),
        }
        with put_whole(path) as neighbour:
            neighbour.write_text(json.dumps(value) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Record":
        """The record in a file. Raises NotARecordError, and OSError."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            texts = {name: value[name] for name in ("provider", "model", "report", "why")}
            if wrong := [name for name, text in texts.items() if not isinstance(text, str)]:
                raise NotARecordError(path, f"{wrong[0]} is no text")
            report = texts["report"]
            if not (_REPORT.fullmatch(report) and report.isprintable()) or ".." in report.split("/"):
                raise NotARecordError(path, "its report lies in no folder of a run")
            flaky = value.get("flaky", [])
            if not isinstance(flaky, list) or not all(isinstance(name, str) for name in flaky):
                raise NotARecordError(path, "flaky is no list of texts")
            return cls(**texts, exit_code=ExitCode(value["exit_code"]), flaky=tuple(flaky))
        except KeyError as error:
            raise NotARecordError(path, f"it has no {error.args[0]}") from None
        except (TypeError, ValueError) as error:
            raise NotARecordError(path, str(error)) from None


def log_path(root: Path, record: Record) -> Path:
    """The file with what its process printed."""
    return root / RECORDS / f"{record.stem}.log"


def stored_records(root: Path, expected: Iterable[str] | None = None) -> tuple[Record, ...]:
    """The records below a folder, by provider and model, the entry's own model first.

    A provider that is expected and has none gets one without an exit code; those that are not expected are
    left out. None expects those that are there. Raises NotARecordError, and OSError.
    """
    found = [Record.read(path) for path in sorted((root / RECORDS).glob("*.json"))]
    found.sort(key=lambda item: (item.provider, item.model))
    if expected is None:
        return tuple(found)
    return tuple(
        record
        for name in expected
        for record in [item for item in found if item.provider == name] or [Record(provider=name)]
    )


def asked_places(root: Path) -> frozenset[str]:
    """The places at which nights have left records; one that cannot be read tells of none. Raises OSError."""
    found = set()
    for path in (root / RECORDS).glob("*.json"):
        with suppress(NotARecordError):
            found.add(Record.read(path).place)
    return frozenset(found - {""})


def reports_of(root: Path, provider: str) -> set[Path]:
    """The reports of a provider below a folder."""
    return set((root / folder_name(provider)).glob("*/*/report.jsonl"))
