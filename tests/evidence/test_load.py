"""Files and folders that a user names become exchanges, or errors that say why not."""

import json
import os
from pathlib import Path

import pytest

from conformance.evidence import load as package_load
from conformance.evidence.errors import (
    CannotBeOpenedError,
    EmptyFolderError,
    EvidenceError,
    NotAFileError,
    NotARecordingError,
    NotAStreamError,
    PathMissingError,
    ReportNamedError,
    TooLargeError,
    Unreadable,
)
from conformance.evidence.imports.errors import KnownForeignError
from conformance.evidence.load import DEEPEST, LARGEST, load
from conformance.evidence.writer import write_evidence
from conformance.exchange import Api, Exchange, Piece

STREAM = "data: {}\n\n"


def evidence(path: Path, name: str = "chat-text", provider: str = "acme") -> None:
    write_evidence(
        path, Exchange(id=name, api=Api.CHAT, provider=provider, pieces=(Piece(data=STREAM.encode()),))
    )


def recording(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"api": "chat", "body": STREAM}))


def only(unreadable: list[Unreadable]) -> EvidenceError:
    """The error of the one source that could not be read."""
    assert len(unreadable) == 1
    return unreadable[0].error


def test_a_folder_gives_all_kinds_in_the_order_of_names(tmp_path: Path) -> None:
    """Evidence, recordings and streams of all folders inside are read; other and hidden files are not."""
    recording(tmp_path / "b.json")
    (tmp_path / "a.SSE").write_text(STREAM)
    evidence(tmp_path / "c" / "deep.jsonl", "deep")
    (tmp_path / "c" / "notes.txt").write_text("no stream")
    recording(tmp_path / ".hidden" / "x.json")
    recording(tmp_path / ".y.json")
    exchanges, unreadable = load([tmp_path])
    assert [item.id for item in exchanges] == ["a", "b", "deep"]
    assert [item.source for item in exchanges] == [
        str(tmp_path / "a.SSE"),
        str(tmp_path / "b.json"),
        str(tmp_path / "c" / "deep.jsonl"),
    ]
    assert unreadable == []


def test_an_extension_in_capitals_is_the_same(tmp_path: Path) -> None:
    """In a folder, and where the file itself is named."""
    evidence(tmp_path / "a.JSONL", "first")
    recording(tmp_path / "b.Json")
    exchanges, unreadable = load([tmp_path])
    assert [item.id for item in exchanges] == ["first", "b"]
    (named,), _ = load([tmp_path / "a.JSONL"])
    assert (named.id, named.provider) == ("first", "acme")
    assert unreadable == []


def test_ids_that_are_taken_are_not_given_again(tmp_path: Path) -> None:
    """Whatever comes first: a sample's own id, or a double that would get it."""
    for number, name in enumerate(("x", "x", "x.2", "x", "x.3", "x.2")):
        evidence(tmp_path / f"{number}.jsonl", name)
    exchanges, _ = load([tmp_path])
    ids = [item.id for item in exchanges]
    assert len(set(ids)) == len(ids)
    assert ids == ["x", "x.4", "x.2", "x.5", "x.3", "x.2.2"]


def test_providers_may_have_exchanges_of_one_name(tmp_path: Path) -> None:
    """They are told apart by the provider."""
    for provider in ("acme", "bolt"):
        evidence(tmp_path / f"{provider}.jsonl", "chat-text", provider)
    exchanges, _ = load([tmp_path])
    assert [(item.provider, item.id) for item in exchanges] == [("acme", "chat-text"), ("bolt", "chat-text")]


def test_of_a_run_its_evidence_alone_is_read(tmp_path: Path) -> None:
    """The report of a run is no exchange, and what else lies beside it is none either."""
    run = tmp_path / "acme" / "acme-1" / "20260821T120000Z"
    evidence(run / "evidence" / "chat-text.jsonl")
    (run / "report.jsonl").write_text("{}\n")
    recording(run / "other.json")
    for named in (run, tmp_path):
        exchanges, unreadable = load([named])
        assert [item.id for item in exchanges] == ["chat-text"]
        assert unreadable == []


def test_a_report_that_is_named_says_which_folder_to_name(tmp_path: Path) -> None:
    """The report holds verdicts; the exchanges are beside it."""
    (tmp_path / "report.jsonl").write_text("{}\n")
    error = only(load([tmp_path / "report.jsonl"])[1])
    assert type(error) is ReportNamedError
    assert "name the folder of the run" in error.hint


def test_a_file_that_is_named_is_read_whatever_its_extension(tmp_path: Path) -> None:
    """A file without one of our extensions is raw text, and must be an event stream."""
    (tmp_path / "stream.txt").write_text(STREAM)
    (tmp_path / "other.log").write_text("no stream")
    exchanges, unreadable = load([str(tmp_path / "stream.txt"), tmp_path / "other.log"])
    assert [item.id for item in exchanges] == ["stream"]
    error = only(unreadable)
    assert type(error) is NotAStreamError
    assert str(unreadable[0]) == (
        f'{tmp_path / "other.log"}: its first line, "no stream", is none of an event stream '
        "(raw text must be a server-sent event stream as received, with lines such as `data: {...}`)"
    )


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    """A folder and a file in it, and a link to the file, are one exchange."""
    recording(tmp_path / "a.json")
    (tmp_path / "b.json").symlink_to(tmp_path / "a.json")
    exchanges, _ = load([tmp_path, tmp_path / "a.json"])
    assert [item.id for item in exchanges] == ["a"]
    exchanges, _ = load([tmp_path / "b.json", tmp_path / "a.json", tmp_path / "none" / ".." / "b.json"])
    assert [item.id for item in exchanges] == ["b"]


def test_ids_are_made_unique_and_keep_the_scenario(tmp_path: Path) -> None:
    """Of several runs the first keeps its ids; the others get a number that no sample has."""
    for run in ("one", "two", "three"):
        evidence(tmp_path / run / "a.jsonl", "chat-text")
        evidence(tmp_path / run / "b.jsonl", "chat-text.2")
    exchanges, _ = load([tmp_path / "one", tmp_path / "two", tmp_path / "three"])
    assert [item.id for item in exchanges] == [
        "chat-text",
        "chat-text.2",
        "chat-text.3",
        "chat-text.2.2",
        "chat-text.4",
        "chat-text.2.3",
    ]


def test_names_out_of_a_file_are_made_slugs(tmp_path: Path) -> None:
    """What a stranger wrote into evidence cannot reach a page or an item's id as markup."""
    evidence(tmp_path / "a.jsonl", "<script>Alert</script>", "Acme & Sons")
    evidence(tmp_path / "b.jsonl", "<>", "")
    exchanges, _ = load([tmp_path])
    assert [(item.id, item.provider) for item in exchanges] == [
        ("script-alert-script", "acme-sons"),
        ("exchange", ""),
    ]


def test_what_cannot_be_read_does_not_keep_the_rest_from_being_read(tmp_path: Path) -> None:
    """Each bad file is a value with its error; the good ones are exchanges."""
    recording(tmp_path / "good.json")
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "events.jsonl").write_text('{"event": 1}\n')
    (tmp_path / "binary.sse").write_bytes(b"\0\1\2")
    exchanges, unreadable = load([tmp_path])
    assert [item.id for item in exchanges] == ["good"]
    assert [(Path(item.source).name, type(item.error)) for item in unreadable] == [
        ("binary.sse", NotAStreamError),
        ("events.jsonl", KnownForeignError),
        ("package.json", NotARecordingError),
    ]
    assert all(item.error.hint for item in unreadable)


def test_what_could_not_be_read_is_not_kept_in_memory(tmp_path: Path) -> None:
    """The error of a file holds no frame in which its content still is."""
    (tmp_path / "bad.json").write_text("{")
    error = only(load([tmp_path])[1])
    assert (error.__traceback__, error.__context__) == (None, None)


def test_a_huge_file_is_not_opened(tmp_path: Path) -> None:
    """A log of a day, named by mistake, is told by its size."""
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    error = only(load([path])[1])
    assert type(error) is TooLargeError
    assert f"{LARGEST + 1} bytes" in error.message


def test_paths_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    """Misspelt paths, empty folders, pipes, links in a circle and names that no system takes."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "circle.json").symlink_to(tmp_path / "circle.json")
    os.mkfifo(tmp_path / "pipe.json")
    paths = ["nowhere", "empty", "circle.json", "pipe.json", "x" * 300]
    _, unreadable = load(tmp_path / name for name in paths)
    assert [type(item.error) for item in unreadable] == [
        PathMissingError,
        EmptyFolderError,
        PathMissingError,
        NotAFileError,
        CannotBeOpenedError,
    ]
    assert [Path(item.source).name for item in unreadable] == paths


def test_a_folder_that_may_not_be_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other folders are read all the same."""
    recording(tmp_path / "a" / "a.json")
    recording(tmp_path / "b" / "b.json")
    listed = Path.iterdir

    def iterdir(path: Path) -> object:
        if path.name == "a":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    exchanges, unreadable = load([tmp_path])
    assert [item.id for item in exchanges] == ["b"]
    assert only(unreadable).message == "it cannot be opened (Permission denied)"


def test_a_file_that_may_not_be_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is the system's, in its words."""
    recording(tmp_path / "a.json")

    def read_bytes(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    error = only(load([tmp_path / "a.json"])[1])
    assert type(error) is CannotBeOpenedError
    assert error.message == "it cannot be opened (Permission denied)"


def test_a_linked_folder_is_not_entered(tmp_path: Path) -> None:
    """A link may lead to the folder that it is in; to read another folder, name it."""
    recording(tmp_path / "in" / "a.json")
    recording(tmp_path / "out" / "b.json")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "out").symlink_to(tmp_path / "out")
    exchanges, unreadable = load([tmp_path / "in"])
    assert [item.id for item in exchanges] == ["a"]
    assert unreadable == []


def test_nothing_named_is_nothing_read() -> None:
    assert package_load([]) == ([], [])


def test_folders_that_are_nested_without_end_are_told(tmp_path: Path) -> None:
    """What lies above is read."""
    write_evidence(tmp_path / "one.jsonl", Exchange(id="one", api=Api.CHAT))
    tmp_path.joinpath(*"d" * (DEEPEST + 2)).mkdir(parents=True)
    exchanges, unreadable = load([tmp_path])

    assert [exchange.id for exchange in exchanges] == ["one"]
    (told,) = unreadable
    assert told.error.message == f"it is more than {DEEPEST} folders below the one that was named"


def test_an_id_that_is_longer_than_a_name_of_a_file_is_cut(tmp_path: Path) -> None:
    """Two of them stay two."""
    for number in range(2):
        write_evidence(
            tmp_path / f"{number}.jsonl", Exchange(id="x" * 5_000, api=Api.CHAT, provider="p" * 5_000)
        )
    exchanges, _ = load([tmp_path])

    assert [exchange.id for exchange in exchanges] == ["x" * 100, f"{'x' * 100}.2"]
    assert {exchange.provider for exchange in exchanges} == {"p" * 100}
