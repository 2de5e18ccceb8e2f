"""Everything that passes through one recorder: folders by model, judging beside the traffic, and the end."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from conformance.capture.failures import ours
from conformance.evidence import EvidenceError, Redactor, read_evidence, write_evidence
from conformance.evidence.fields import field_secrets, without_fields
from conformance.evidence.foreign import expectation
from conformance.evidence.format import parsed
from conformance.evidence.headers import address_secrets, header_secrets
from conformance.evidence.imports import EVIDENCE
from conformance.evidence.imports.coding import decoded
from conformance.exchange import Exchange, Expects, Need, Request
from conformance.providers import Provider
from conformance.record.lines import exchange_line
from conformance.record.proxy import ProxiedRequest
from conformance.record.tally import RecordingTally
from conformance.record.tape import Tape
from conformance.report.write import evidence_path, run_folder
from conformance.run.judgement import UNNAMED
from conformance.run.origin import Settings
from conformance.run.result import Result
from conformance.subject import Answer, ChatStream, Document, ResponsesStream, read
from conformance.text import counted

__all__ = ["Session"]

_NAME = 300  # characters of the name of a model
_KEPT = 16  # sets of secrets for which everything is kept prepared
_NOTE = "Recorded between an application and its endpoint."


class Session:
    """What is recorded of one upstream. Exchanges begin in the thread of the server; a thread judges them.

    `passed_on` counts the requests that were not to be recorded, `lost` the exchanges, and in the end the
    reports, that could not be written.
    """

    def __init__(
        self,
        provider: Provider,
        settings: Settings,
        tell: Callable[[str], None],
        *,
        drop_requests: bool = False,
    ) -> None:
        """`tell` is given a line for each exchange, and what goes wrong on this side."""
        if settings.report_dir is None:
            raise ValueError("a recording needs a folder")
        self.passed_on = 0
        self.lost = 0
        self._provider = provider
        self._settings = settings
        self._root = settings.report_dir
        self._tell = tell
        self._drop = drop_requests
        self._count = 0
        self._told_of_websockets = False
        self._open: set[Tape] = set()
        self._redactors, self._redactors_of_judge = _Redactors(), _Redactors()  # of one thread each
        self._lock = Lock()
        self._folders: dict[str, Path] = {}
        self._tallies: dict[Path, RecordingTally] = {}
        self._judge = ThreadPoolExecutor(max_workers=1, thread_name_prefix="judge")

    # In the thread of the server.

    def passed(self) -> None:
        """Something else passed through."""
        self.passed_on += 1

    def refused(self) -> None:
        """A WebSocket was refused; told once, for an application tries again."""
        if not self._told_of_websockets:
            self._told_of_websockets = True
            self._tell("a WebSocket was refused, for only HTTP is recorded; most applications then use it")

    def begin(self, asked: ProxiedRequest) -> Tape | None:
        """The recording of an exchange that is about to be sent; None if there is no room for it."""
        self._count += 1
        text, note = self._body(asked)
        body = _object(text)
        try:
            exchange, path = self._exchange(asked, without_fields(text, body), body, note)
        except OSError as error:
            self.lost += 1
            self._tell(f"{asked.api}-{self._count:04}  error: not recorded: {error.strerror or error}")
            return None
        # The upstream's address has none: `Upstream` takes a base URL alone.
        secrets = (*header_secrets(asked.headers), *address_secrets(asked.url), *field_secrets(body))
        tape = Tape(
            path,
            exchange,
            redactor=self._redactors[secrets],
            limits=self._provider.limits,
            over=lambda tape: self._over(tape, secrets),
        )
        for other in self._open:
            other.beside = max(other.beside, len(self._open))
        tape.beside = len(self._open)
        self._open.add(tape)
        return tape

    def _exchange(
        self, asked: ProxiedRequest, text: str, body: Mapping[str, Any], note: str
    ) -> tuple[Exchange, Path]:
        model = body.get("model")
        model = model[:_NAME] if isinstance(model, str) else ""
        kept = "" if self._drop else text
        lacks = frozenset() if kept or asked.body == b"" else frozenset({Need.REQUEST})
        exchange = Exchange(
            id=f"{asked.api}-{self._count:04}",
            api=asked.api,
            provider=self._provider.name,
            model=model,
            started=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            request=Request(method=asked.method, url=asked.url, headers=asked.headers, body=kept),
            expects=Expects.STREAM if asked.method == "GET" else expectation(body),  # of a response resumed
            note=f"{_NOTE} {note}".strip(),
            lacks=lacks,
        )
        return exchange, evidence_path(self._folder(model), exchange.id)

    def _body(self, asked: ProxiedRequest) -> tuple[str, str]:
        """The body of a request as text, and what is to be said of it."""
        if asked.body is None:
            return "", "The body of the request was too large to be kept."
        try:
            plain = decoded(asked.body, asked.headers)
        except EvidenceError as error:
            return "", f"The body of the request is not kept: {error.message}."
        note = "The body of the request was not kept, as --drop-requests asks." if self._drop else ""
        return plain.decode(errors="replace"), note

    def _folder(self, model: str) -> Path:
        with self._lock:
            if (folder := self._folders.get(model)) is None:
                name = model or UNNAMED
                folder = run_folder(self._root, self._provider.name, name, self._settings.started)
                self._folders[model] = folder
            return folder

    def _over(self, tape: Tape, secrets: tuple[str, ...]) -> None:
        self._open.discard(tape)
        if tape.fault:
            self._tell(f"{tape.id}  error: {tape.fault}")
        self._judge.submit(self._see, tape.path, secrets)

    # In the thread that judges.

    def _see(self, path: Path, secrets: tuple[str, ...]) -> None:
        try:
            answer = read(replace(read_evidence(path), source=""))  # nobody named the file
            if not answer.exchange.model and (model := _told_model(answer)):
                path, answer = self._moved(path, answer, model)
            folder = path.parent.parent
            if folder not in self._tallies:
                self._tallies[folder] = RecordingTally(self._provider, folder)
            verdicts = self._tallies[folder].see(answer, self._redactors_of_judge[secrets])
        except Exception as error:  # noqa: BLE001 - told; the traffic and the other exchanges go on
            self.lost += 1
            self._tell(f"{path.stem}  error: not judged: {ours(error)}")
        else:
            self._tell(exchange_line(answer, verdicts))

    def _moved(self, path: Path, answer: Answer, model: str) -> tuple[Path, Answer]:
        """The evidence of a request that named no model, in the folder of the model that the answer names."""
        there = evidence_path(self._folder(model), path.stem)
        exchange = replace(answer.exchange, model=model)
        write_evidence(there, exchange, loopback=True)  # it was redacted when it was recorded
        path.unlink()
        return there, replace(answer, exchange=exchange)

    # When all is over.

    def close(self) -> list[Result]:
        """Waits until everything is judged, and writes a report for each model."""
        try:
            self._judge.shutdown()
        except KeyboardInterrupt:
            self._judge.shutdown(wait=False, cancel_futures=True)
            raise
        results = []
        for tally in self._tallies.values():
            run = tally.run()
            if self.lost:
                lost = f"{counted(self.lost, 'exchange')} could not be recorded"
                run = replace(run, incomplete="; ".join(filter(None, [run.incomplete, lost])), late=True)
            results.append(Result.of(run, self._settings))
            try:
                results[-1].write(tally.folder)
            except OSError as error:
                self.lost += 1
                self._tell(f"error: {tally.folder} could not be written whole: {error.strerror or error}")
        for folder in self._folders.values():
            with suppress(OSError):  # only a folder from which all was moved is empty
                (folder / EVIDENCE).rmdir()
                folder.rmdir()
                folder.parent.rmdir()
        return results


class _Redactors(dict[tuple[str, ...], Redactor]):
    """The redactors of sets of secrets, prepared once for those that come again. For one thread."""

    def __missing__(self, secrets: tuple[str, ...]) -> Redactor:
        if len(self) >= _KEPT:
            self.clear()
        found = self[secrets] = Redactor(secrets, loopback=True)
        return found


def _object(text: str) -> dict[str, Any]:
    try:
        value = parsed(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _told_model(answer: Answer) -> str:
    """The model that an answer names; "" if it names none."""
    match answer:
        case ChatStream():
            return str(answer.chat.identity.model.value or "")
        case ResponsesStream():
            ends = answer.responses.lifecycle.terminals
            model = ends[-1].response.get("model") if ends else ""
        case Document(document=dict() as document):
            model = document.get("model")
        case _:
            return ""
    return model if isinstance(model, str) else ""
