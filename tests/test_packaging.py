"""The distribution: what it contains, and that it works without the rest of the project."""

import json
import os
import sys
import sysconfig
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.certify.verify import verified
from tests import home

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = home.run(command)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def python(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with the wheel in it.

    What the wheel depends on is lent by this environment; the project itself is not, since the path of an
    editable install is only followed from a site folder of its own.
    """
    folder = tmp_path_factory.mktemp("fresh")
    made = home.run([sys.executable, "-m", "venv", "--without-pip", folder])
    assert made.returncode == 0, made.stdout + made.stderr
    interpreter = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    (wheel,) = built.glob("*.whl")
    site = sysconfig.get_path("purelib", vars={"base": str(folder)})
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(interpreter)]
    install: list[str | Path] = [*pip, "install", "--quiet", "--no-deps", "--no-index", wheel]
    installed = home.run(install, cwd=folder, env=home.environment(checkout=False))
    assert installed.returncode == 0, installed.stdout + installed.stderr
    lent = {path for path in sys.path if Path(path).name == "site-packages"}
    (Path(site) / "lent.pth").write_text("\n".join(sorted(lent)) + "\n")
    return interpreter


def ran(python: Path, folder: Path, *arguments: str) -> home.Finished:
    """A command of the fresh environment in a folder, without anything of this one but its packages."""
    return home.run([python, *arguments], cwd=folder, env=home.environment(checkout=False))


def test_the_wheel_holds_what_the_package_reads(built: Path) -> None:
    """Code, schemas, providers, templates; no tests, no caches."""
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for path in (ROOT / "schemas").glob("*.json"):
        assert f"conformance/_data/schemas/{path.name}" in names
    for path in (ROOT / "profiles").glob("*.toml"):
        assert f"conformance/_data/profiles/{path.name}" in names
    assert "conformance/_data/providers.toml" in names
    for folder in ("report", "certify"):
        assert any(name.startswith(f"conformance/{folder}/templates/") for name in names)
    assert "conformance/suite/test_conformance.py" in names
    assert "conformance/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "reports/")) or "__pycache__" in name]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_an_installed_wheel_certifies_and_a_checkout_checks_it(python: Path, tmp_path: Path) -> None:
    """It is unchanged by the digests of its installer, and its code is that of the checkout."""
    done = ran(python, tmp_path, "-m", "pytest", "--certify", "chat-structured", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    (bundle,) = tmp_path.rglob("certificate-*.zip")
    data = bundle.read_bytes()
    found = verified(data, datetime.now(UTC).date())
    assert found.problems == ()
    assert found.content is not None
    assert found.content["suite"]["commit"] == ""


def test_the_source_distribution_can_be_tested(built: Path) -> None:
    """It holds the tests and all that they need."""
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    for name in ("pyproject.toml", "Makefile", "constraints.txt", "providers.toml", "LICENSE", "README.md"):
        assert name in names
    assert "tests/test_packaging.py" in names
    assert any(name.startswith("schemas/") for name in names)


def test_it_replays_in_an_empty_folder(python: Path, tmp_path: Path) -> None:
    """The suite is found by itself, judges, and writes the reports there."""
    where = ran(python, tmp_path, "-c", "import conformance; print(conformance.__file__)")
    assert not where.stdout.startswith(str(ROOT)), "this is not the wheel but the checkout"
    value = {
        "provider": "acme",
        "api": "chat",
        "body": "data: {}\n\n",
        "status": 200,
        "request": {"stream": True},
    }
    stored = tmp_path / "stored.json"
    stored.write_text(json.dumps(value))
    empty = tmp_path / "empty"
    empty.mkdir()
    done = ran(python, empty, "-m", "pytest", "--replay", str(stored))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "MUST   done-present" in done.stdout
    assert list(empty.glob("reports/acme/*/*/index.html"))


def test_the_reference_conforms_live(python: Path, tmp_path: Path) -> None:
    """The embedded provider, the packaged providers and schemas are found in the wheel's form."""
    done = ran(python, tmp_path, "-m", "pytest", "--provider", "reference", "--report-dir", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Conforms" in done.stdout


def test_the_command_works(python: Path, tmp_path: Path) -> None:
    """conformance, from the wheel's entry point."""
    done = ran(python, tmp_path, "-m", "conformance", "explain", "role-first")
    assert done.returncode == 0
    command = [str(python.parent / "conformance"), "--version"]
    done = home.run(command, cwd=tmp_path, env=home.environment(checkout=False))
    assert done.stdout.startswith("conformance, version"), done.stderr


def test_an_unrelated_project_is_unchanged(python: Path, tmp_path: Path) -> None:
    """Its pytest says the same with the plugin as without it, and no file is written."""
    (tmp_path / "test_own.py").write_text(
        "def test_own(request):\n    assert request.node.name == 'test_own'\n"
    )
    outputs = []
    for arguments in ((), ("-p", "no:conformance")):
        done = ran(python, tmp_path, "-m", "pytest", "-p", "no:cacheprovider", *arguments)
        assert done.returncode == 0
        lines = done.stdout.splitlines()
        outputs.append([line for line in lines if not line.startswith(("plugins:", "=====")) and line])
    assert outputs[0] == outputs[1]
    assert {path.name for path in tmp_path.iterdir()} <= {"test_own.py", "__pycache__"}
