"""Locates the data files of the package, in a checkout and in an installed wheel."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["data", "near", "schema"]

_PACKAGE = Path(__file__).parent


def data(name: str) -> Path:
    """The path of `providers.toml`, `profiles` or `schemas`, in a checkout or a wheel.

    A wheel has them in `conformance/_data`, a checkout beside the package. Raises FileNotFoundError if
    neither exists, which means a broken installation.
    """
    for folder in (_PACKAGE / "_data", _PACKAGE.parent):
        if (path := folder / name).exists():
            return path
    raise FileNotFoundError(f"{name} is in neither {_PACKAGE / '_data'} nor {_PACKAGE.parent}: reinstall")


@cache
def schema(name: str) -> dict[str, Any]:
    """The content of a schema of the package; `name` is its file name without `.json`."""
    document: dict[str, Any] = json.loads((data("schemas") / f"{name}.json").read_text())
    return document


def near(path: Path) -> str:
    """A path in its shortest form as seen from the current folder."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
