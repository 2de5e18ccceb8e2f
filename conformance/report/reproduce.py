"""Commands that reproduce a violation: offline from the evidence, and against the endpoint."""

import re
import shlex
from pathlib import PurePosixPath

from conformance.evidence.headers import NOT_KEPT, REPLACEMENT
from conformance.exchange import Request
from conformance.report.records import ExchangeLine

__all__ = ["curl", "replay"]

_LONG = 16_000  # characters of a request body
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_KEYED = frozenset({"authorization", "api-key", "x-api-key"})
# curl sets these headers itself, or they do not affect the answer.
_OWN = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
)


def replay(line: ExchangeLine, requirement: str) -> str:
    """The command that judges an exchange again offline; "" if no evidence is stored.

    The evidence path is relative to the report, so the command must run in the report's folder.
    """
    path = line.evidence or line.source
    if not path:
        return ""
    return f"pytest --replay {shlex.quote(str(PurePosixPath(path)))} -k {shlex.quote(requirement)}"


def curl(request: Request | None, key_variable: str) -> str:
    """The curl command that sends a request again; "" if the request is unknown or too long for a command.

    The redacted key is replaced by a reference to its environment variable.
    """
    if request is None or not request.url.startswith(("http://", "https://")) or len(request.body) > _LONG:
        return ""
    parts = ["curl -N -sS"]
    if request.method != "POST" or not request.body:
        parts.append(f"-X {shlex.quote(request.method)}")
    parts.append(shlex.quote(request.url))
    keyed = False
    for name, value in request.headers:
        if name.lower() in _OWN or not _TOKEN.fullmatch(name):
            continue
        if name.lower() in _KEYED or REPLACEMENT in value:
            keyed = True
            parts += _key(name, key_variable)
        elif value != NOT_KEPT:
            parts.append(f"-H {shlex.quote(f'{name}: {value}')}")
    if not keyed:
        parts += _key("Authorization", key_variable)
    if request.body:
        if not any(name.lower() == "content-type" for name, _ in request.headers):
            parts.append("-H 'Content-Type: application/json'")
        parts.append(f"--data-raw {shlex.quote(request.body)}")
    return " \\\n  ".join(parts)


def _key(name: str, variable: str) -> list[str]:
    # Double quotes, so that the shell inserts the key, which stays out of the report.
    if not _VARIABLE.fullmatch(variable):
        return []
    scheme = "Bearer " if name.lower() == "authorization" else ""
    return [f'-H "{name}: {scheme}${variable}"']
