"""The environment that tests see contains nothing that leads to a real endpoint."""

import ast
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.providers import ROLES, find_providers, variable
from tests import home
from tests.capture.hostile import Hostile, whole
from tests.guard.sitecustomize import ATTEMPTS

PROVIDERS = find_providers(folder=Path("/nowhere"), environment={}).values()
MODELS = ["MODEL", *(f"MODEL_{role.upper()}" for role in ROLES)]
PROXIES = [f"{scheme}_proxy" for scheme in ("http", "https", "all", "no")]
NAMES = {
    *(provider.api_key_env for provider in PROVIDERS if provider.api_key_env),
    *(variable(provider.name, what) for provider in PROVIDERS for what in ("BASE_URL", *MODELS)),
    *PROXIES,
    *map(str.upper, PROXIES),
    "OF_NO_FILE_API_KEY",
    "OF_NO_FILE_KEY",
    "OF_NO_FILE_BASE_URL",
    *(f"OF_NO_FILE_{what}" for what in MODELS),
}
PRINTED = [sys.executable, "-c", "import os; print(*os.environ, sep='\\n')"]


def exported(address: str) -> dict[str, str]:
    """All of it, as a person may have it, with every address at one server."""
    proxies = dict.fromkeys([*PROXIES[:3], *map(str.upper, PROXIES[:3])], address.removesuffix("/v1"))
    addresses = {name: address for name in NAMES if name.endswith("_BASE_URL")}
    return dict.fromkeys(NAMES, "sk-not-a-real-key-000000000000") | proxies | addresses


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_variable_that_leads_away_is_known(name: str) -> None:
    assert home.leads_away(name)


@pytest.mark.parametrize("name", ["PATH", "HOME", "LANG", "TMPDIR", "PIP_INDEX_URL", "SSL_CERT_FILE", "KEYS"])
def test_a_variable_that_does_not_is_kept(name: str) -> None:
    assert not home.leads_away(name)


def test_a_key_is_known_by_the_entry_that_names_it() -> None:
    """However its variable is called."""
    assert home.leads_away("ACME_SECRET", ["ACME_SECRET"])
    assert not home.leads_away("ACME_SECRET")
    assert set(home.declared()) == {provider.api_key_env for provider in PROVIDERS} - {""}


def test_a_process_is_given_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor what is of this session of pytest and its coverage; what a test gives it arrives."""
    ours = {
        "PYTEST_ADDOPTS": "-x",
        "COV_CORE_SOURCE": ".",
        "COVERAGE_PROCESS_START": "x",
        "PYTHONHASHSEED": "1",
    }
    for name, value in (exported("http://127.0.0.1:9/v1") | ours | {"PIP_INDEX_URL": "x"}).items():
        monkeypatch.setenv(name, value)
    seen = set(home.run(PRINTED).stdout.split())
    assert not seen & {*NAMES, *ours}
    assert {"PATH", "PIP_INDEX_URL"} <= seen
    assert "ACME_KEY" in home.run(PRINTED, env=home.environment({"ACME_KEY": "x"})).stdout.split()
    with home.start(PRINTED) as process:
        assert not set(process.communicate()[0].split()) & {*NAMES, *ours}


@pytest.mark.parametrize(
    ("number", "expected"),
    [(signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)],
    ids=["ctrl-c", "hang-up"],
)
def test_a_process_hears_what_stops_it(number: signal.Signals, expected: object) -> None:
    """Also where this one does not, as what a shell has started in the background, or nohup."""
    asks = [sys.executable, "-c", f"import signal; print(repr(signal.getsignal({number:d})))"]
    before = signal.signal(number, signal.SIG_IGN)
    try:
        assert home.run(asks).stdout == f"{expected!r}\n"
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


INSIDE = """
import os
import subprocess
import sys

from tests import home

AWAY = {away!r}
AT_IMPORT = set(os.environ)


def test_the_session_sees_none():
    assert not AWAY & AT_IMPORT
    assert not AWAY & set(os.environ)


def test_a_process_sees_none():
    done = home.run({printed!r})
    assert "PATH" in done.stdout.split()
    assert not AWAY & set(done.stdout.split())


def test_a_process_of_a_library_sees_none():
    done = subprocess.run({printed!r}, capture_output=True, text=True, check=True)
    assert not AWAY & set(done.stdout.split())


def test_all_finds_no_key(tmp_path, monkeypatch):
    for name in AWAY:
        monkeypatch.setenv(name, "sk-not-a-real-key-000000000000")
    done = home.session("--provider", "all", cwd=tmp_path)
    assert done.returncode == 4, done.stdout
    assert "not one provider's key is set" in done.stderr


def test_a_provider_by_name_finds_no_key_and_no_address(tmp_path):
    done = home.session("--provider", "zenmux", cwd=tmp_path)
    assert done.returncode == 4, done.stdout
    assert "ZENMUX_API_KEY is not set" in done.stderr
"""


def test_a_session_has_none_of_what_is_exported(tmp_path: Path) -> None:
    """Neither itself, from its first module on, nor a process of its tests; the endpoint is not asked."""
    (tmp_path / "test_inside.py").write_text(INSIDE.format(away=NAMES, printed=PRINTED))
    with Hostile([whole("404 Not Found")]) as sink:
        person = home.environment({**exported(sink.base_url), ATTEMPTS: str(tmp_path / "attempts")})
        assert set(home.run(PRINTED, env=person).stdout.split()) >= NAMES
        done = home.run(
            [sys.executable, "-m", "pytest", *home.PLUGIN, "-p", "tests.conftest"], cwd=tmp_path, env=person
        )
        assert "5 passed" in done.stdout, done.stdout
        assert not sink.asked


ELSEWHERE = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
sys.path[:] = [folder for folder in sys.path if folder != sys.argv[1]]
spec = spec_from_file_location("conftest", sys.argv[1] + "/tests/conftest.py")
spec.loader.exec_module(module_from_spec(spec))
print("loaded")
"""


def test_the_set_up_is_found_where_the_checkout_is_not_on_the_path(tmp_path: Path) -> None:
    """As after `pip install .`, where pytest loads it for a run of the suite."""
    command = [sys.executable, "-c", ELSEWHERE, str(home.ROOT)]
    done = home.run(command, cwd=tmp_path, env=home.environment(checkout=False))
    assert done.stdout == "loaded\n", done.stderr


ENTRY = """
[acme]
base_url = "{address}"
api_key_env = "ACME_API_KEY"
model = "m"
"""


def test_a_run_of_the_suite_keeps_the_key_of_its_user(tmp_path: Path) -> None:
    """In this folder too, where pytest loads the tests' own set-up if an option names a file elsewhere."""
    with Hostile([whole("401 Unauthorized")]) as sink:
        (tmp_path / "mine.toml").write_text(ENTRY.format(address=sink.base_url))
        person = home.environment({"ACME_API_KEY": "sk-not-a-real-key-000000000000"})
        asked = ["--provider", "acme", "--scenarios", "smoke", "--providers", str(tmp_path / "mine.toml")]
        kept = ["--report-dir", str(tmp_path / "reports")]
        done = home.run(
            [sys.executable, "-m", "pytest", *home.PLUGIN, *asked, *kept], cwd=home.ROOT, env=person
        )
    assert "acme refuses the key in ACME_API_KEY" in done.stdout, done.stdout + done.stderr
    assert sink.asked[0].headers["authorization"] == "Bearer sk-not-a-real-key-000000000000"


MODULES = {"subprocess", "_posixsubprocess", "multiprocessing", "pty", "venv", "ensurepip"}
"""What starts a process with an environment that nobody cleaned, or helps others to it."""


def starters(tree: ast.AST) -> Iterator[str]:
    """What a module has to start processes by."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module), names=names):
                named = [f"{module}.{name.name}" for name in names]
                yield from (name for name in named if name.split(".")[0] in MODULES or _starts(name))
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if _starts(f"{owner}.{attribute}"):
                yield f"{owner}.{attribute}"
            case ast.Attribute(
                attr="subprocess_exec" | "subprocess_shell" | "runpytest_subprocess" as method
            ):
                yield method


def _starts(name: str) -> bool:
    ways = ("os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "os.startfile")
    return name.startswith((*ways, "asyncio.create_subprocess", "asyncio.subprocess"))


def _modules() -> Iterator[Path]:
    folder = home.ROOT / "tests"
    return (path for path in sorted(folder.rglob("*.py")) if path != folder / "home.py")


@pytest.mark.parametrize("path", list(_modules()), ids=lambda path: path.relative_to(home.ROOT).as_posix())
def test_processes_are_started_in_one_place(path: Path) -> None:
    found = sorted(set(starters(ast.parse(path.read_text()))))
    assert not found, f"{path.name} has {', '.join(found)}: processes are started by tests/home.py"


@pytest.mark.parametrize(
    "line",
    [
        "import subprocess",
        "import os, subprocess as other",
        "from subprocess import run",
        "import multiprocessing.context",
        "from venv import create",
        "import pty",
        "from os import system",
        "from asyncio import create_subprocess_exec",
        "from asyncio.subprocess import Process",
        "from asyncio import subprocess",
        "os.system('true')",
        "os.popen('true')",
        "os.execv('true', [])",
        "os.spawnl(0, 'true')",
        "os.posix_spawn('true', [], {})",
        "asyncio.create_subprocess_shell('true')",
        "loop.subprocess_exec(None, 'true')",
        "pytester.runpytest_subprocess()",
    ],
)
def test_a_start_in_another_place_is_seen(line: str) -> None:
    assert list(starters(ast.parse(line)))


def test_what_starts_nothing_is_not_held_against_anybody() -> None:
    harmless = "import os\nfrom os import environ\nos.environ\nname = 'subprocess'\nhome.run([])\n"
    assert not list(starters(ast.parse(harmless)))


def test_the_guard_goes_before_everything_else() -> None:
    """In each process, whatever it finds besides."""
    guard = str(home.ROOT / "tests" / "guard")
    for given in (home.environment(), home.environment(checkout=False), os.environ):
        assert given["PYTHONPATH"].split(os.pathsep)[0] == guard
    assert str(home.ROOT) not in home.environment(checkout=False)["PYTHONPATH"].split(os.pathsep)
