"""`python -m interop [SERVER...]`: install, start, run the suite, compare with what is expected, stop."""

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from string import Template

import click
import httpx

from conformance.errors import ConformanceError
from conformance.gate import ExitCode
from conformance.plan import plan
from conformance.providers import Provider, Providers, find_providers
from conformance.reference.faults import FAULTS
from conformance.reference.server import Reference
from conformance.report.jsonl import read_report
from conformance.text import counted
from interop.errors import CommandFailedError, NoReportError, SessionFailedError, UnknownServerError
from interop.expected import Expected, differences, expectations
from interop.fixtures import fixtures
from interop.processes import Processes, free_port, tail
from interop.servers import FREE_PORTS, PACE, SERVERS, UPSTREAMS, Server, ServerRun
from tools import replays

HERE = Path(__file__).parent
ROOT = HERE.parent
WORK = HERE / ".servers"
REPORTS = ROOT / "reports"
PROVIDERS = WORK / "providers.toml"
_KEY = "LITELLM_MASTER_KEY"
_JUDGED = (ExitCode.CONFORMS, ExitCode.VIOLATION, ExitCode.ERROR)  # pytest's codes after a whole run


def main(names: Sequence[str]) -> ExitCode:
    """Try the named servers, or all but the optional ones; print what differs from `expected.toml`."""
    try:
        return _main(names)
    except ConformanceError as error:
        click.echo(f"interop: {error}", err=True)
        return ExitCode.USAGE


def _main(names: Sequence[str]) -> ExitCode:
    servers = [_named(name) for name in names] or [item for item in SERVERS.values() if not item.optional]
    expected = expectations((HERE / "expected.toml").read_text(encoding="utf-8"))
    for server in servers:
        _install(server)
    outcomes: list[tuple[str, Path, list[str]]] = []
    with ExitStack() as stack:
        filled = {
            name: stack.enter_context(Reference(FAULTS.get(fault), PACE)).base_url
            for name, fault in UPSTREAMS.items()
        }
        filled |= {name: str(free_port()) for name in (*SERVERS, *FREE_PORTS)}
        providers = _providers(filled)
        environment = {**os.environ, _KEY: f"sk-{secrets.token_hex(24)}", "NO_PROXY": "127.0.0.1"}
        processes = stack.enter_context(Processes())
        for server in servers:
            _start(server, processes, filled, providers, environment)
        for server in servers:
            for run in server.runs:
                outcomes += _run(server, run, environment, expected)
    return _summary(outcomes)


def _named(name: str) -> Server:
    if name not in SERVERS:
        raise UnknownServerError(name, tuple(SERVERS))
    return SERVERS[name]


def _install(server: Server) -> None:
    """Install what the pinned files name, unless exactly that is installed."""
    source, home = HERE / server.name, WORK / server.name
    stamp = home / ".installed"
    content = b"".join((source / name).read_bytes() for name in server.pinned) + repr(server.install).encode()
    digest = hashlib.sha256(content).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return
    click.echo(f"{server.name}: installing into {home.relative_to(ROOT)}")
    home.mkdir(parents=True, exist_ok=True)
    for name in server.pinned:
        shutil.copy(source / name, home / name)
    for command in server.install:
        _finish(server, command, home / "install.log")
    stamp.write_text(digest, encoding="utf-8")


def _finish(server: Server, command: Sequence[str], log: Path) -> None:
    words = [Template(word).substitute(python=sys.executable) for word in command]
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603 - the commands of the table of servers
            words,
            cwd=WORK / server.name,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise CommandFailedError(server.name, " ".join(words), tail(log))


def _providers(filled: Mapping[str, str]) -> Providers:
    WORK.mkdir(exist_ok=True)
    PROVIDERS.write_text(_filled(HERE / "providers.toml", filled), encoding="utf-8")
    return find_providers(PROVIDERS)


def _filled(path: Path, filled: Mapping[str, str]) -> str:
    # A dollar of the file itself stays as it is.
    return Template(path.read_text(encoding="utf-8")).safe_substitute(filled)


def _start(
    server: Server,
    processes: Processes,
    filled: Mapping[str, str],
    providers: Providers,
    environment: Mapping[str, str],
) -> None:
    source, home, port = HERE / server.name, WORK / server.name, filled[server.name]
    for name in server.copied:
        shutil.copy(source / name, home / name)
    for name in server.filled:
        (home / name).write_text(_filled(source / name, filled), encoding="utf-8")
    if server.name == "aimock":
        answers = fixtures(plan(providers["aimock"]), plan(providers["aimock-cut"]))
        (home / "fixtures.json").write_text(json.dumps(answers, indent=1), encoding="utf-8")
    for command in server.prepare:
        _finish(server, command, home / "prepare.log")
    click.echo(f"{server.name}: starting on port {port}")
    processes.start(
        [Template(word).substitute(filled, port=port) for word in server.start],
        folder=home,
        environment={**environment, **server.environment},
        url=f"http://127.0.0.1:{port}{server.path}",
        seconds=server.seconds,
    )
    _warm(providers[server.runs[0].providers[0]], environment)


def _warm(provider: Provider, environment: Mapping[str, str]) -> None:
    """Ask once before it counts: what a server loads for its first answer is no matter of its streaming."""
    key = environment.get(provider.api_key_env, "")
    httpx.post(
        f"{provider.base_url}/chat/completions",
        json={"model": provider.model_for("text"), "messages": [{"role": "user", "content": "Hello"}]},
        headers={**provider.headers, **({"Authorization": f"Bearer {key}"} if key else {})},
        timeout=60.0,
        trust_env=False,
    )


def _run(
    server: Server, run: ServerRun, environment: Mapping[str, str], expected: Mapping[str, Expected]
) -> Iterator[tuple[str, Path, list[str]]]:
    """Each provider of a run, with its report and what differs from the expectations."""
    names = ",".join(run.providers)
    click.echo(f"{server.name}: pytest --provider {names}")
    command = [sys.executable, "-m", "pytest", "--provider", names, "--providers", str(PROVIDERS)]
    command += ["--report-dir", str(REPORTS)]
    command += ["--scenarios", run.scenarios] if run.scenarios else []
    log = WORK / server.name / f"pytest-{run.providers[0]}.log"
    before = set(REPORTS.glob("*/*/*/report.jsonl"))
    with log.open("wb") as output:
        done = subprocess.run(  # noqa: S603 - pytest on the providers of the table of servers
            command, cwd=ROOT, env=dict(environment), stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode not in _JUDGED:
        raise SessionFailedError(done.returncode, tail(log))
    written = {path.parts[-4]: path for path in set(REPORTS.glob("*/*/*/report.jsonl")) - before}
    for name in run.providers:
        if name not in written:
            raise NoReportError(name, tail(log))
        verdicts = [ruling.verdict for ruling in read_report(written[name]).rulings]
        known = expected.get(name, Expected(provider=name))
        different = differences(known, verdicts)
        # Whoever has the evidence must come to the same verdicts.
        different += [
            f"a replay differs: {told}"
            for told in replays.differences(written[name].parent, find_providers(PROVIDERS))
        ]
        yield name, written[name].with_name("index.html"), different


def _summary(outcomes: Sequence[tuple[str, Path, list[str]]]) -> ExitCode:
    click.echo()
    for name, page, different in outcomes:
        words = counted(len(different), "difference") if different else "as expected"
        click.echo(f"{name:<20} {words:<16} {page.relative_to(ROOT)}")
        for difference in different:
            click.echo(f"    {difference}")
    wrong = sum(bool(different) for _, _, different in outcomes)
    click.echo(f"\n{counted(len(outcomes), 'provider')} tried, {wrong} not as expected.toml says")
    return ExitCode.VIOLATION if wrong else ExitCode.CONFORMS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
