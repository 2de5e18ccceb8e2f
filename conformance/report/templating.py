"""The environment of templates that every page of the suite is rendered in. Pure.

What a page shows may come from a stranger, so every value is escaped and passes through a function that
makes visible what would hide or reorder text. The report, the matrix and certificates share it.
"""

import re
from collections.abc import Callable
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.report.policy import policy
from conformance.report.visible import visible
from conformance.text import counted, ended

__all__ = ["environment", "prose", "weblink"]


def environment(*packages: str, shown: Callable[[str], str]) -> Environment:
    """An environment whose templates are in the folders `templates` of these packages, the first one first.

    `shown` is how a text that is no HTML is shown; it is escaped behind it. Templates fail for a name that
    they are not given. Each has the filters `counted`, `ended`, `policy`, `prose` and `weblink`.
    """

    def finalize(value: Any) -> Any:
        return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    made = Environment(
        loader=ChoiceLoader([PackageLoader(package, "templates") for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"counted": counted, "ended": ended, "policy": policy, "prose": prose, "weblink": weblink}
    return made


def prose(text: str) -> Markup:
    """A sentence of the catalogue as HTML, with text in backticks as code."""
    parts = visible(text).split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 and index < len(parts) - 1 else part
        for index, part in enumerate(parts)
    )


def weblink(address: str) -> str:
    """The URL if a page may link to it; otherwise ""."""
    return address if re.match(r"https?://[^\s\"'<>]+\Z", address) else ""
