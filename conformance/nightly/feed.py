"""The nights as an Atom feed (RFC 4287). Pure, and the same for the same nights.

The feed is made anew each night, from what `night.json` keeps of this night and of those before.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5
from xml.sax.saxutils import escape, quoteattr

__all__ = ["ENTRIES", "atom", "entry_id", "feed_id"]

ENTRIES = 60
"""So many nights are kept in the feed."""

_SPACE = UUID("5bd0fdf9-2a0c-5f0d-9f0e-0c4f7b1d6a51")  # of this feed's ids alone
_TITLE = "Conformance of OpenAI-compatible streaming APIs, night by night"


def feed_id(at: str, providers: Sequence[str]) -> str:
    """The id of a feed that begins on a night; later nights keep it."""
    name = f"feed {at} {' '.join(sorted(providers))}"
    return uuid5(_SPACE, name.encode(errors="backslashreplace").decode()).urn


def entry_id(feed: str, at: str) -> str:
    """The id of a night in a feed."""
    return uuid5(_SPACE, f"night {feed} {at}").urn


def atom(feed: str, entries: Sequence[Mapping[str, str]], *, suite: str, site: str = "") -> str:
    """The feed as XML.

    `entries` have `at`, `night`, `title` and `paragraph`, the newest first, and one at least. `site` is
    the address below which the folder is served, "" if nobody said.
    """
    site = f"{site.rstrip('/')}/" if site else ""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>{feed}</id>",
        f"<title>{_TITLE}</title>",
        f"<updated>{escape(entries[0]['at'])}</updated>",
        "<author><name>stream-conformance</name></author>",
        f"<generator version={quoteattr(suite)}>stream-conformance</generator>",
    ]
    if site:
        lines.append(f'<link rel="self" type="application/atom+xml" href={quoteattr(site + "feed.atom")}/>')
        lines.append(f'<link rel="alternate" type="text/html" href={quoteattr(site)}/>')
    for entry in entries:
        name = entry_id(feed, entry["at"])
        lines += [
            "<entry>",
            f"<id>{name}</id>",
            f"<title>{escape(entry['title'])}</title>",
            f"<updated>{escape(entry['at'])}</updated>",
            *(
                [f'<link rel="alternate" type="text/html" href={quoteattr(_place(site, entry))}/>']
                if site
                else []
            ),
            f'<content type="text">{escape(entry["paragraph"])}</content>',
            "</entry>",
        ]
    return "\n".join([*lines, "</feed>", ""])


def _place(site: str, entry: Mapping[str, str]) -> str:
    """Where the dashboard tells of a night: in the history, the column of its day."""
    return f"{site}index.html#n-{entry['night']}"
