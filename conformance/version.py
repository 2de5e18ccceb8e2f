"""Which version of the suite this is."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["suite_version"]


def suite_version() -> str:
    """The version of the suite; `unknown` when it runs without being installed."""
    try:
        return version("stream-conformance")
    except PackageNotFoundError:
        return "unknown"
