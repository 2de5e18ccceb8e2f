"""Sessions of pytest, as the tests of the plugin run them."""

from tests.plugin.conftest import run

__all__ = ["run"]
