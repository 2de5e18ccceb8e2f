"""Text of anybody in Markdown: shown as it is, and neither a mark of the page nor a call to anybody."""

import pytest

from conformance.report.markdown import markdown


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("@all, @octo/team", "＠all, ＠octo/team"),  # noqa: RUF001 - as it is meant
        ("see octo/repo#3, #4 and GH-5", "see octo/repo＃3, ＃4 and GH\u20115"),  # noqa: RUF001 - as it is meant
        ("a # b, gh-pages", "a \\# b, gh-pages"),
        ("    code", "code"),
        ("  - item", "\\- item"),
        (" 1. item", "1\\. item"),
        ("https://a.example www.b.example", "https\\://a.example www\\.b.example"),
        ("<b>`x`|[y](z)", "\\<b\\>\\`x\\`\\|\\[y\\](z)"),
    ],
)
def test_no_text_marks_a_page_or_calls_anybody(text: str, safe: str) -> None:
    """GitHub finds people and issues in what Markdown made of a text, where escapes are gone."""
    assert markdown(text) == safe
