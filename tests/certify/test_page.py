"""The page of a certificate: what it says first, and that nothing gets out of its place."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from conformance.certify.page import render
from tests.certify.made import certified, content

VERDICTS: dict[str, tuple[dict[str, str], str]] = {
    "certified": ({}, "Self-certified"),
    "broken": ({"verdict": "broken"}, "Not certified: broken"),
    "not testable": (
        {"verdict": "not_testable", "reason": "refused: chat-json"},
        "Not certified: not testable",
    ),
    "not applicable": ({"verdict": "not_applicable"}, "Not certified: does not apply"),
    "incomplete": ({}, "Not certified: incomplete"),
}


def told(name: str = "certified") -> dict[str, Any]:
    """The content of a certificate with a verdict."""
    found = content(certified())
    found["result"].update(VERDICTS[name][0])
    if name != "certified":
        found["verdict"] = "not certified"
    return found


class Page(HTMLParser):
    """What a page would load, run or lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href", "action", "data")]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_is_the_only_heading_of_the_first_order(name: str) -> None:
    """With a sign and a word, and the sentence with profile, suite and day below it."""
    text = render(told(name))
    assert re.findall(r"<h1>(.*?)</h1>", text) == [VERDICTS[name][1]]
    assert f'<p class="says">{told(name)["says"]}</p>' in text
    assert ("Valid until" in text) is (name == "certified")
    assert ("Why nothing more can be said:</strong> refused: chat-json." in text) is (name == "not testable")
    kind = "certificate" if name == "certified" else "not-certified"
    assert f"conformance verify {kind}-reference-chat-structured-2026-11-26.zip" in text


def test_the_page_needs_nothing_but_itself() -> None:
    """No script, no other file, no address but that of the vendor; the tags are closed in order."""
    found = told()
    found["vendor"]["url"] = "https://vendor.example/api"
    page = Page(render(found))
    assert page.addresses == ["https://vendor.example/api"]
    assert page.open == []
    assert not page.tags & {"script", "img", "link", "iframe", "object", "form"}
    assert "default-src 'none'; style-src 'sha256-" in render(found)


def test_nothing_that_a_vendor_or_an_endpoint_says_gets_out_of_its_place() -> None:
    """Markup is text, what is invisible is seen, and other addresses than those of the web are no links."""
    found = told()
    evil = "</td><script>alert(1)</script>\u202e"
    found["vendor"] = {"name": evil, "contact": evil, "url": "javascript:alert(1)"}
    found["service"] = {"server": [evil]}
    found["models"] = [evil]
    found["configuration"]["extra_body"] = {evil: [evil]}
    page = Page(render(found))
    assert page.addresses == []
    assert "script" not in page.tags
    assert page.open == []
    assert "\u202e" not in render(found)


def test_a_suite_from_a_checkout_is_installed_from_one() -> None:
    """A release has a version, a commit has none that can be installed by it."""
    found = told()
    found["suite"]["commit"] = "0123abc"
    assert "take its commit 0123abc from the repository that you know as stream-conformance" in render(found)
    assert "<pre>pip install .\n" in render(found)
    found["suite"]["commit"] = ""
    assert f"<pre>pip install stream-conformance=={found['suite']['version']}\n" in render(found)
