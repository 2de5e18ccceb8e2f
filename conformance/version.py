"""The version of the suite."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["suite_version"]


def suite_version() -> str:
    """The version of the suite; `unknown` if it is not installed."""
    try:
        return version("stream-conformance")
    except PackageNotFoundError:
        return "unknown"
