"""A run that was cut off goes on: what is kept, what is asked for again, and which runs are refused."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import Family, Outcome
from conformance.errors import ConformanceError
from conformance.evidence import load, read_evidence, write_evidence
from conformance.exchange import Ended, Mistake
from conformance.gate import ExitCode
from conformance.providers import Provider, Providers
from conformance.reference.server import Reference
from conformance.report.write import latest
from conformance.requirements import by_id
from conformance.run import resume
from conformance.run.conduct import Run
from conformance.run.live import Live
from conformance.run.options import Options, named_profiles, origin_of
from conformance.run.result import Result
from conformance.run.resume import held
from conformance.run.selection import Selection
from conformance.run.stored import StoredRun
from conformance.standing import Stand
from tests.capture.hostile import Hostile, endpoint, whole
from tests.played import REFERENCE
from tests.run.conftest import settings

KEY = "sk-a-key-of-nobody-0123456789"
ASKED = ("chat-text", "chat-tool", "responses-text", "chat-bad-key")


@pytest.fixture(scope="module")
def server() -> Iterator[Reference]:
    """The reference, which counts what it is asked."""
    with Reference() as running:
        yield running


def provider(server: Reference, **changes: Any) -> Provider:
    """The reference as a provider."""
    given = {"base_url": server.base_url, "models": REFERENCE.models, "claims": REFERENCE.claims, **changes}
    return endpoint(name="acme", **given)


def run(
    folder: Path,
    *providers: Provider,
    named: str = "",
    asked: tuple[str, ...] = ASKED,
    held_to: tuple[str, ...] = (),
) -> Run:
    """A run below a folder, begun or gone on with."""
    how = replace(settings(folder, "pytest --provider acme"), profiles=named_profiles(held_to))
    live = Live(
        providers,
        how,
        selection=Selection(scenarios=asked, profiles=how.profiles),
        environment={"HOSTILE_API_KEY": KEY},
        resume=named,
    )
    begun = Run(live, how)
    begun.execute()
    return begun


def told(result: Result) -> set[tuple[str, str, Outcome]]:
    """The verdicts that no busy machine changes."""
    return {
        (item.subject, item.requirement, item.outcome)
        for item in result.verdicts
        if by_id(item.requirement).family is not Family.TIMING
    }


@pytest.fixture(scope="module")
def first(server: Reference, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A run from its beginning to its end; only to copy."""
    (result,) = run(tmp_path_factory.mktemp("first"), provider(server)).results
    return result


@pytest.fixture
def cut(first: Result, tmp_path: Path) -> Path:
    """The folder of that run in another place, without its report: as after `kill -9`."""
    assert first.run.folder is not None
    folder = tmp_path / "acme" / first.run.folder.parent.name / first.run.folder.name
    shutil.copytree(first.run.folder, folder)
    (folder / "report.jsonl").unlink()
    (folder / "index.html").unlink()
    return folder


def evidence(folder: Path, name: str) -> Path:
    """The evidence of an exchange."""
    return folder / "evidence" / f"{name}.jsonl"


def change(folder: Path, name: str, **changes: Any) -> None:
    """Write another exchange into a file of evidence."""
    exchange = read_evidence(evidence(folder, name))
    write_evidence(evidence(folder, name), replace(exchange, **changes))


@pytest.mark.parametrize("named", ["latest", "folder"])
def test_only_what_is_missing_is_asked_for(
    named: str, cut: Path, server: Reference, first: Result, tmp_path: Path
) -> None:
    """In the same folder; the verdicts are those of a run at once, and the report says how it came about."""
    evidence(cut, "chat-tool").unlink()
    kept = {path: path.read_bytes() for path in (cut / "evidence").iterdir()}
    before = server.requests

    (result,) = run(tmp_path, provider(server), named=str(cut) if named == "folder" else named).results

    assert server.requests - before == 1
    assert result.run.folder == cut
    assert {path: path.read_bytes() for path in kept} == kept
    assert told(result) == told(first)
    assert (cut / "report.jsonl").is_file()
    (note,) = [item for item in result.report.header.notes if "resumed" in item]
    assert "3 exchanges of 4 planned ones had been recorded" in note
    assert "before-N" not in note


def damaged(text: bytes) -> dict[str, bytes]:
    """What may be left of a file of evidence."""
    lines = text.splitlines(keepends=True)
    return {
        "nothing": b"",
        "half a head": lines[0][:50],
        "a head": lines[0],
        "half a piece": b"".join(lines[:4])[:-20],
        "all but the end": b"".join(lines[:-1]),
        "half an end": text[:-40],
        "without a line": b"".join([*lines[:4], *lines[5:]]),
        "another letter": text.replace(b'"text":"data', b'"text":"dbta', 1),
        "zeros": text[:500] + bytes(len(text) - 500),
    }


@pytest.mark.parametrize("how", damaged(bytes(999)))
def test_half_a_file_is_asked_for_again_and_kept_aside(
    how: str, cut: Path, server: Reference, first: Result, tmp_path: Path
) -> None:
    """Wherever it was cut, and whatever is wrong in it, it is never judged as whole."""
    path = evidence(cut, "chat-text")
    left = damaged(path.read_bytes())[how]
    path.write_bytes(left)
    before = server.requests

    (result,) = run(tmp_path, provider(server), named="latest").results

    assert server.requests - before == 1
    assert told(result) == told(first)
    assert path.with_name("chat-text.jsonl.before-1").read_bytes() == left
    (note,) = [item for item in result.report.header.notes if "resumed" in item]
    assert note.endswith("what had come of chat-text is kept as evidence/*.before-N")
    assert len(load([cut])[0]) == len(ASKED)


@pytest.mark.parametrize(
    "changes",
    [
        {"ended": Ended.NOT_SENT, "status": None, "headers": (), "pieces": ()},
        {"ended": Ended.INTERRUPTED},
        {"ended": Ended.NO_CONNECTION, "status": None, "headers": (), "pieces": ()},
        {"ended": Ended.NO_RESPONSE, "status": None, "headers": (), "pieces": ()},
        {"status": 429},
        {"mistake": Mistake.KEY, "status": 401},
        {"provider": "another"},
    ],
    ids=["not-sent", "interrupted", "no-connection", "no-response", "limited", "mistaken", "of-another"],
)
def test_what_nothing_can_be_judged_by_is_asked_for_again(
    changes: dict[str, Any], cut: Path, server: Reference, first: Result, tmp_path: Path
) -> None:
    """An endpoint is not judged by it, so that asking again chooses among no verdicts."""
    change(cut, "chat-tool", **changes)
    before = server.requests

    (result,) = run(tmp_path, provider(server), named="latest").results

    assert server.requests - before == 1
    assert told(result) == told(first)
    # Where nothing was sent there is nothing to keep.
    aside = evidence(cut, "chat-tool").with_name("chat-tool.jsonl.before-1").is_file()
    assert aside is (changes.get("ended") is not Ended.NOT_SENT)


@pytest.mark.parametrize("ended", [Ended.RESET, Ended.SILENCE, Ended.OVERTIME, Ended.CEILING])
def test_what_is_judged_is_not_asked_for_again(
    ended: Ended, cut: Path, server: Reference, tmp_path: Path
) -> None:
    """However badly it ended: going on is no way to a better verdict."""
    change(cut, "chat-tool", ended=ended, beside=0)
    before = server.requests

    (result,) = run(tmp_path, provider(server), named="latest").results

    assert server.requests == before
    assert [item.ended for item in result.exchanges if item.id == "chat-tool"] == [ended]


def test_a_run_that_was_killed_while_it_judged_is_only_judged(
    cut: Path, server: Reference, first: Result, tmp_path: Path
) -> None:
    """Nothing is sent, and `latest` names it where it is complete."""
    before = server.requests
    (result,) = run(tmp_path, provider(server), named="latest").results

    assert server.requests == before
    assert told(result) == told(first)
    assert latest(cut.parent) is None  # some scenarios only


def moved(folder: Path, address: str) -> None:
    """Let the plan of a run name another address, as if its server had come back there."""
    path = folder / "plan.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "base_url": address}))


def test_a_path_that_is_missing_is_no_mistake_where_another_answered(
    cut: Path, server: Reference, tmp_path: Path
) -> None:
    """As it would not have been, had the run not been cut off."""
    evidence(cut, "responses-text").unlink()
    with Hostile([whole("404 Not Found")]) as bad:
        moved(cut, bad.base_url)
        (result,) = run(tmp_path, provider(server, base_url=bad.base_url), named="latest").results
        assert len(bad.asked) == 1

    assert {item.mistake for item in result.exchanges} == {Mistake.NONE}
    assert [item.status for item in result.exchanges if item.id == "responses-text"] == [404]


def test_a_mistake_that_was_not_told_yet_is_found_again(cut: Path, server: Reference, tmp_path: Path) -> None:
    """A run that was killed behind the first refusal does not take it for an answer."""
    for name in ASKED[1:]:
        evidence(cut, name).unlink()
    change(cut, "chat-text", status=404, pieces=(), headers=())
    with Hostile([whole("404 Not Found")]) as bad:
        moved(cut, bad.base_url)
        (result,) = run(tmp_path, provider(server, base_url=bad.base_url), named="latest").results

    assert result.run.judgement.mistake.startswith("there is no API at ")
    assert {item.mistake for item in result.exchanges if item.status} == {Mistake.PATH}
    assert result.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("changes", "asked", "said"),
    [
        ({"name": "other"}, ASKED, "the provider was acme and is other"),
        ({"models": {"text": "m", "tools": "m"}}, ASKED, "the model was reference and is m"),
        (
            {"base_url": "http://127.0.0.1:9/v1"},
            ASKED,
            "the address was http://.* and is http://127.0.0.1:9/v1",
        ),
        (
            {"claims": {"chat": True}},
            ASKED,
            "chat-text and 3 more would be asked for, or judged",
        ),
        ({"extra_body": {"seed": 1}}, ASKED, "would be asked for, or judged, in another way"),
        ({}, ASKED[:2], "chat-bad-key and 1 more would not be asked for any more"),
        ({}, (*ASKED, "chat-n"), "chat-n would be asked for in addition"),
    ],
)
def test_another_run_is_refused(
    changes: dict[str, Any], asked: tuple[str, ...], said: str, cut: Path, server: Reference, tmp_path: Path
) -> None:
    """With all that differs, and the command that began it; nothing is sent, and nothing is changed."""
    evidence(cut, "chat-text").write_bytes(b"half")
    before = server.requests
    with pytest.raises(ConformanceError, match=said) as caught:
        run(tmp_path, replace(provider(server), **changes), named=str(cut), asked=asked)

    assert "pytest --provider acme" in caught.value.hint
    assert server.requests == before
    assert evidence(cut, "chat-text").read_bytes() == b"half"


def test_a_run_that_is_held_to_profiles_goes_on_with_the_same(server: Reference, tmp_path: Path) -> None:
    """With others it would ask for something else."""
    names = ("chat-structured", "responses-reasoning")
    (begun,) = run(tmp_path, provider(server), asked=(), held_to=names).results
    assert {item.id for item in begun.exchanges} == {"chat-json", "responses-reasoning"}
    folder = begun.run.folder
    assert folder is not None
    evidence(folder, "chat-json").unlink()
    with pytest.raises(ConformanceError, match="responses-reasoning would not be asked for any more"):
        run(tmp_path, provider(server), named=str(folder), asked=(), held_to=names[:1])

    before = server.requests
    (result,) = run(tmp_path, provider(server), named="latest", asked=(), held_to=names).results
    assert server.requests - before == 1
    assert result.run.folder == folder
    assert result.profiles == begun.profiles
    assert [item.stand for item in result.profiles] == [Stand.KEPT, Stand.KEPT]


def test_another_version_of_the_suite_is_refused(
    cut: Path, server: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose requests and rules may be others."""
    monkeypatch.setattr(resume, "suite_version", lambda: "99.0")
    with pytest.raises(ConformanceError, match=r"the version of the suite was .* and is 99\.0"):
        run(tmp_path, provider(server), named=str(cut))


def test_a_folder_without_a_plan_is_no_run(server: Reference, tmp_path: Path) -> None:
    """Nor is there a newest run in an empty folder."""
    with pytest.raises(ConformanceError, match=r"there is no plan\.json of a run"):
        run(tmp_path, provider(server), named=str(tmp_path))
    with pytest.raises(ConformanceError, match="there is no run of acme"):
        run(tmp_path, provider(server), named="latest")


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "it is not JSON"), ("[]", "at its top"), ('{"format": "x"}', "found"), ("[" * 9_999, "not JSON")],
)
def test_a_damaged_plan_is_told(text: str, said: str, cut: Path, server: Reference, tmp_path: Path) -> None:
    """By going on and by judging, which judges what there is."""
    (cut / "plan.json").write_text(text)
    with pytest.raises(ConformanceError, match=said):
        run(tmp_path, provider(server), named=str(cut))
    exchanges, unreadable = load([cut])
    assert len(exchanges) == len(ASKED)
    assert [item.error.code for item in unreadable] == ["plan-unreadable"]


def test_a_complete_run_is_not_gone_on_with(server: Reference, tmp_path: Path) -> None:
    """It says so, rather than telling old evidence as new."""
    (result,) = run(tmp_path, provider(server)).results
    assert result.run.folder is not None
    report = result.run.folder / "report.jsonl"
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    lines[-1] |= {"complete": True, "incomplete": ""}
    report.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(ConformanceError, match="is complete: there is nothing to go on with"):
        run(tmp_path, provider(server), named="latest")


def test_a_run_that_is_under_way_is_left_alone(cut: Path, server: Reference, tmp_path: Path) -> None:
    """Two processes would spoil each other's files."""
    with held(cut), pytest.raises(ConformanceError, match="another process is at work on the run in"):
        run(tmp_path, provider(server), named="latest")


def test_what_had_not_begun_begins_with_the_run_that_goes_on(
    cut: Path, server: Reference, first: Result, tmp_path: Path
) -> None:
    """A provider whose turn had not come; and its folder belongs to the same run."""
    evidence(cut, "chat-tool").unlink()
    other = provider(server, models={}, model="reference")
    before = server.requests
    one, two = run(tmp_path, provider(server), replace(other, name="later"), named="latest").results

    assert server.requests - before == 1 + len(ASKED)
    assert told(one) == told(first)
    assert two.run.folder is not None
    assert two.run.folder.name == cut.name
    with pytest.raises(ConformanceError, match=r"it is one run, and acme, later are asked"):
        run(tmp_path, provider(server), replace(other, name="later"), named=str(cut))


def test_the_newest_run_is_meant(cut: Path, server: Reference, tmp_path: Path) -> None:
    """Not an older one that was cut off too, and no folder of another name."""
    older = cut.with_name("20200101T000000Z")
    shutil.copytree(cut, older)
    shutil.copytree(cut, cut.with_name("zzz"))
    (result,) = run(tmp_path, provider(server), named="latest").results
    assert result.run.folder == cut


def test_what_a_run_lacks_is_told_by_whoever_judges_it(cut: Path) -> None:
    """Files that are not there are told as files that are cut are."""
    exchanges, unreadable = load([cut])
    assert unreadable == []
    assert [replace(one, whole=False) for one in exchanges] == load([cut / "evidence"])[0]
    assert all(one.whole for one in exchanges)
    evidence(cut, "chat-tool").unlink()
    exchanges, (missing,) = load([cut.parent])
    assert not any(one.whole for one in exchanges)
    assert [exchange.id for exchange in exchanges] == [name for name in sorted(ASKED) if name != "chat-tool"]
    assert "1 of 4 planned exchanges have no evidence (chat-tool)" in str(missing)


def test_what_is_left_of_a_killed_run_never_conforms(cut: Path, tmp_path: Path) -> None:
    """Though every file that there is may be good."""
    evidence(cut, "chat-tool").unlink()
    how = settings(tmp_path / "again")
    judged = Run(StoredRun([cut], Providers({}), how), how)
    judged.execute()

    (result,) = judged.results
    assert result.exit_code is ExitCode.ERROR
    assert result.report.footer.exit_code is ExitCode.ERROR
    assert result.report.footer.incomplete.startswith("1 source could not be read: ")
    assert Outcome.ERROR not in {item.outcome for item in result.verdicts}


def test_a_repetition_is_kept_with_what_it_repeats(cut: Path, server: Reference, tmp_path: Path) -> None:
    """And set aside with it."""
    repeated = replace(read_evidence(evidence(cut, "chat-text")), id="chat-text.again", again="chat-text")
    write_evidence(evidence(cut, "chat-text.again"), repeated)
    before = server.requests
    (result,) = run(tmp_path, provider(server), named="latest").results
    assert server.requests == before
    assert [item.id for item in result.exchanges][-1] == "chat-text.again"

    (cut / "report.jsonl").unlink()
    evidence(cut, "chat-text").unlink()
    (result,) = run(tmp_path, provider(server), named="latest").results
    assert server.requests == before + 1
    assert evidence(cut, "chat-text.again").with_name("chat-text.again.jsonl.before-1").is_file()
    assert len(result.exchanges) == len(ASKED)


def test_a_repetition_that_was_not_made_is_made(cut: Path, server: Reference, tmp_path: Path) -> None:
    """A timing violation that was seen under load, before the run was cut off, is asked again alone."""
    change(cut, "chat-text", ended=Ended.SILENCE, ended_at=90.0, beside=5)
    before = server.requests
    (result,) = run(tmp_path, provider(server), named="latest").results
    assert server.requests - before == 1
    assert result.exchanges[-1].again == "chat-text"


def test_a_second_stop_loses_nothing(cut: Path, server: Reference, tmp_path: Path) -> None:
    """What is set aside twice has two names."""
    for number in (1, 2):
        evidence(cut, "chat-text").write_bytes(b"half %d" % number)
        run(tmp_path, provider(server), named=str(cut))
        (cut / "report.jsonl").unlink()
        before = evidence(cut, "chat-text").with_name(f"chat-text.jsonl.before-{number}")
        assert before.read_bytes() == b"half %d" % number


def test_evidence_of_a_turn_that_did_not_come_is_kept(
    cut: Path, server: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of two models that is stopped in the first does not overwrite what there is of the second."""
    ask = Live._ask

    def stopped(self: Live, *given: Any, **named: Any) -> Any:
        return ask(self, *given, **{**named, "stopped": True})

    monkeypatch.setattr(Live, "_ask", stopped)
    evidence(cut, "chat-tool").unlink()
    before = evidence(cut, "chat-text").read_bytes()
    (result,) = run(tmp_path, provider(server), named="latest").results

    assert evidence(cut, "chat-text").read_bytes() == before
    ended = {item.id: item.ended for item in result.exchanges}
    assert ended["chat-text"] is Ended.CLOSED
    assert ended["chat-tool"] is Ended.NOT_SENT


def test_a_replay_is_not_gone_on_with() -> None:
    """It sends nothing."""
    with pytest.raises(ConformanceError, match="--resume and --replay do not go together"):
        origin_of(Options(resume="latest", replay=("x",)), Providers({}), settings(None), {})


def test_no_secret_is_in_a_plan(server: Reference, tmp_path: Path) -> None:
    """Of the address, the headers, the key and the command."""
    secrets = ["s3cret-of-a-header-42", "s3cret-of-a-password"]
    address = server.base_url.replace("//", f"//me:{secrets[1]}@")
    one = provider(server, base_url=address, headers={"x-tenant": secrets[0]}, extra_body={"user": KEY})
    (result,) = run(tmp_path, one, asked=("chat-text",)).results
    assert result.run.folder is not None
    text = (result.run.folder / "plan.json").read_text()
    assert not [secret for secret in (*secrets, KEY) if secret in text]
