"""Renders the page of a certificate from its content alone: one HTML file, to be mailed and printed. Pure."""

import hashlib
from functools import cache

from jinja2 import Environment

from conformance.certify.certificate import CERTIFIED, Json, written
from conformance.certify.words import broken_in, install, sent
from conformance.report.templating import environment
from conformance.report.visible import visible
from conformance.text import clipped

__all__ = ["render"]

_TEXT = 2_000  # characters shown of one text
_LOOKS = {  # by the verdict on the profile: the sign, the words at the top, and the class of their colour
    "kept": ("✓", "Self-certified", "pass"),
    "broken": ("✕", "Not certified: broken", "fail"),
    "not_testable": ("?", "Not certified: not testable", "unknown"),
    "not_applicable": ("\N{EN DASH}", "Not certified: does not apply", "unknown"),
}


def render(content: Json) -> str:
    """The page of a certificate. The same content always gives the same page."""
    certified = content["verdict"] == CERTIFIED
    stand = content["result"]["verdict"]
    beside = content["result"].get("beside", [])  # a certificate of an earlier suite has no such list
    look = _LOOKS[stand] if certified or stand != "kept" else ("!", "Not certified: incomplete", "unknown")
    return (
        _environment()
        .get_template("certificate.html")
        .render(
            it=content,
            digest=hashlib.sha256(written(content)).hexdigest(),
            certified=certified,
            sign=look[0],
            words=look[1],
            tone=look[2],
            beside=beside,
            listed=[item for item in beside if item["level"] != "INFO"],
            noted=[item for item in beside if item["level"] == "INFO"],
            vendor={**dict.fromkeys(("name", "product", "contact", "url"), ""), **content["vendor"]},
            settings=_settings(content["configuration"]),
        )
    )


def _settings(configuration: Json) -> list[tuple[str, str]]:
    """What the entry of the provider sets and what changes a request or its judgement, for people."""
    claims = configuration["claims"]
    rows = [
        ("Claims", ", ".join(name for name, works in claims.items() if works)),
        ("Says that it has no", ", ".join(name for name, works in claims.items() if not works)),
        ("Further keys of each request", _json(configuration["extra_body"])),
        ("Keys left out of requests", ", ".join(configuration["unsupported_params"])),
        ("Limit on tokens", configuration["token_param"]),
        ("Headers", ", ".join(configuration["headers"])),
        ("Known deviations", ", ".join(item["requirement"] for item in configuration["deviations"])),
    ]
    return [(name, value) for name, value in rows if value]


def _kept(result: Json) -> str:
    """All requirements of the profile by what became of them; those that are left had nothing to judge."""
    total, broken = result["requirements"], len(result["broken"])
    following, untested = result["following"], result["untested"]
    left = total - result["kept"] - broken - following - untested
    parts = [f"{result['kept']} of {total} were kept", f"{broken} broken"]
    parts += [f"{following} broken because of what is broken"] if following else []
    parts += [f"{untested} could not be tested"] if untested else []
    return (
        f"{', '.join(parts)}{f'; the other {left} had nothing to judge in these answers' if left > 0 else ''}"
    )


def _json(value: Json) -> str:
    return ", ".join(f"{key}={item!r}" for key, item in value.items())


@cache
def _environment() -> Environment:
    made = environment("conformance.certify", shown=lambda text: visible(clipped(text, _TEXT)))
    made.globals |= {"broken_in": broken_in, "install": install, "kept": _kept, "sent": sent}
    return made
