"""Makes text of anybody safe to show in Markdown that becomes a page, an issue or a comment. Pure."""

import re

__all__ = ["markdown"]

# GitHub and GitLab look for people to call in what Markdown made of a text, where neither a backslash nor an
# entity is left: github.com/github/cmark-gfm/issues/181. So a sign that looks like it takes its place, which
# a reader sees, as of a space without width he does not.
_MARKS = str.maketrans(
    {mark: f"\\{mark}" for mark in "\\|<>[]`*_~#&!"} | {"@": "\N{FULLWIDTH COMMERCIAL AT}"}
)
_LINK = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)  # by which a bare address is a link
_LIST = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+]))")  # by which a line begins a list
# What names an issue by its number, in which the other issue is told: `#7`, `GH-7`.
_ISSUE = (
    (re.compile(r"#(?=\d)"), "\N{FULLWIDTH NUMBER SIGN}"),
    (re.compile(r"\b(GH)-(?=\d)", re.IGNORECASE), "\\1\N{NON-BREAKING HYPHEN}"),
)


def markdown(text: str) -> str:
    """A text on one line, without the space around it, in which no mark is one of the page.

    No address in it is a link, nobody is called, and no issue is referred to.
    """
    told = text.strip()
    for named, instead in _ISSUE:
        told = named.sub(instead, told)
    return _LINK.sub(r"\\\g<0>", _LIST.sub(r"\1\\", told.translate(_MARKS)))
