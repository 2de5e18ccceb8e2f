"""An endpoint whose every string is an attack: in what is written, nothing of it runs or begins a line."""

import json
import re
import sys
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conformance.report.annotations import MOST
from tests import home
from tests.plugin.conftest import Ran, ran
from tests.plugin.test_log import Log

LINE = "QZX"  # what each line of an attack that shall begin none begins with
ATTACKS = (
    f"a\n{LINE}::error::b\n::error title=a::b\n  ::add-mask::a",
    f"a\r\n{LINE}\r::stop-commands::a\r\n::set-output name=a::b",
    f"a\u2028{LINE}\u2029::warning::b\x85::warning::c\x0b::error::d\x0c::error::e",
    "%0A::error::b%0D%0A::debug::a",
    "##[error]a ##vso[task.complete]a ##teamcity[testStarted name='a']",
    "<script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">",
    '"><svg onload="document.title=\'ran\'"></td></tr></table></body><!--',
    "&#60;script&#62;document.title='ran'&#60;/script&#62;",
    "\x1b[31m\x1b]0;ran\x07\x1b[2J\x9b31m\x00\x08\x7f\u202eran\u200b",
    "``` <b>ran</b> ``` | a | [ran](javascript:ran) ![ran](https://example.org/p.png) `x` <details>",
    f"\n\n# {LINE} ran\n\n- {LINE}\n\n<h1>ran</h1>\n\n| a | b |\n|---|---|\n",
    "@everyone #1 :tada: $ran$ https://example.org www.example.org ran@example.org",
    "]]></failure><testcase name='ran'/><![CDATA[",
    "$(touch ran) `touch ran`; touch ran",
    "a" * 5000 + f"\n{LINE}::error::b" + "b" * 5000,
    "\ud800\udfff \ufffe \U000e0001 \U0001f600",
)
_COMMAND = re.compile(r"^\s*::|##\[|##vso\[|##teamcity\[", re.IGNORECASE | re.MULTILINE)
_LINK = re.compile(r"(\.\./)+[\w%./-]+(#r-[a-z0-9-]+)?")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]")


def hostile(attack: str) -> dict[str, Any]:
    """A recording with the attack in every place that holds a text, names of keys and events among them."""
    first = {
        **dict.fromkeys(("id", "object", "model", "system_fingerprint", "service_tier", attack), attack),
        "created": attack,
        "choices": [
            {
                "index": 0,
                "delta": {
                    "role": attack,
                    "content": attack,
                    attack: attack,
                    "tool_calls": [
                        {
                            "index": 0,
                            "id": attack,
                            "type": attack,
                            "function": {"name": attack, "arguments": attack},
                        }
                    ],
                },
                "finish_reason": attack,
            }
        ],
        "usage": {attack: attack, "total_tokens": attack},
    }
    failed = {"error": {"message": attack, "type": attack, "param": attack, "code": attack}}
    plain = attack.encode(errors="replace").decode()
    blocks = [
        f"event: {plain}\ndata: {json.dumps(first)}\nid: {plain}\n{plain}: {plain}\n:{plain}\n{plain}\n",
        f"data: {json.dumps(failed)}\n",
        f"data: {plain}\n",
    ]
    return {
        "provider": attack,
        "api": "chat",
        "model": attack,
        "request": {"model": attack, "messages": [], "stream": True, attack: attack},
        "status": 200,
        "content_type": attack,
        "body": "\n".join(blocks),
        "error": attack,
    }


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A session that replays all of them, of several providers, as a job of GitHub."""
    folder = tmp_path_factory.mktemp("attacked")
    (folder / "stored").mkdir()
    for number, attack in enumerate(ATTACKS):
        recording = hostile(attack)
        recording["provider"] = f"{'ab'[number % 2]} {attack[:40]}" if number % 4 else "acme"
        (folder / "stored" / f"{number}.json").write_text(json.dumps(recording))
    (folder / "summary.md").write_text("before\n")
    return ran(
        folder,
        *("--replay", "stored", "-rA", "-v", "--fail-on", "should"),
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(folder / "summary.md"),
    )


def test_no_line_of_the_terminal_is_an_endpoints(attacked: Ran) -> None:
    """Nor does it hold a control character, nor a command but our own."""
    assert attacked.code == 1, attacked.text[-3000:]
    lines = attacked.text.split("\n")
    assert not [line for line in lines if line.startswith(LINE)]
    assert not _CONTROL.search(attacked.text)
    commands = [line for line in lines if _COMMAND.search(line)]
    assert 0 < len(commands) <= MOST
    assert all(
        re.fullmatch(r"::error title=[^:,]+::(MUST|SHOULD|and \d+ further).*", line) for line in commands
    )
    assert not [line for line in commands if re.search(r"%(?!25|3A|2C)", line)]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
def test_no_line_is_an_endpoints_where_lines_are_laid_out(attacked: Ran) -> None:
    """On a terminal, on which a line may end between any two words of what was sent."""
    sources = sorted(map(str, (attacked.folder / "stored").iterdir()))[::4]
    replays = [part for path in sources for part in ("--replay", path)]
    command = [sys.executable, "-m", "pytest", *home.PLUGIN, *replays, "--report-dir", "laid"]
    spawns = f"import pty, sys; sys.exit(pty.spawn({command!r}) >> 8)"
    variables = home.environment({"COLUMNS": "80", "TERM": "xterm"})
    done = home.run([sys.executable, "-c", spawns], cwd=attacked.folder, env=variables)

    assert done.returncode == 1, done.stdout + done.stderr
    text = re.sub(r"\x1b\[(\??[\d;]*[a-zA-Z])", "", done.stdout).replace("\r\n", "\n")
    assert not [line for line in text.split("\n") if line.startswith(LINE)]
    assert not _COMMAND.search(text)
    assert not _CONTROL.search(text.replace("\r", ""))


def test_the_summary_of_the_job_is_text(attacked: Ran) -> None:
    """By a parser of Markdown: no markup, link, image or heading but ours; what was there before stays."""
    markdown_it = pytest.importorskip("markdown_it")
    text = (attacked.folder / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("before\n\n### ")
    assert len(text.encode()) < 2**20
    assert not [line for line in text.split("\n") if line.startswith((LINE, "<", "#" * 4, "::"))]
    assert not _CONTROL.search(text)
    tokens = markdown_it.MarkdownIt("commonmark").enable("table").parse(text)
    assert not [token for token in tokens if token.type in {"html_block", "fence", "code_block", "hr"}]
    assert {token.tag for token in tokens if token.type == "heading_open"} == {"h3"}
    inline = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inline} <= {
        "text",
        "code_inline",
        "strong_open",
        "strong_close",
        "softbreak",
    }
    assert not [child for child in inline if child.type == "text" and "ran" in child.content.split()]


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def fragments(log: Log) -> Iterator[str]:
    """What the program of pytest-html puts into the page as HTML."""
    for test in log.tests:
        yield from test["resultsTableRow"]
        yield test["log"]
    yield log.text.partition('<div class="additional-summary prefix">')[2].partition("</div>")[0]


def test_the_log_shows_text(attacked: Ran) -> None:
    """Cells, links of the suite's own and its style: what was sent is no tag of the page."""
    (path,) = attacked.folder.glob("reports/_sessions/*/pytest.html")
    log = Log(path)
    assert len(log.rows) > 100
    for text in fragments(log):
        for tag, attributes in Tags(text).found:
            assert tag in {"td", "a", "p", "style", "span"}, text
            assert attributes.keys() <= {"class", "href"}, text
            if tag == "a":
                assert re.match(r"(\.\./)+[\w%./-]+(#r-[a-z0-9-]+)?$", unescape(attributes["href"] or "")), (
                    text
                )
    assert "document.title" not in Tags(log.text).rawdata


def test_junit_is_well_formed(attacked: Ran) -> None:
    """And has the cases of the session alone."""
    (path,) = attacked.folder.glob("reports/_sessions/*/junit.xml")
    cases = ET.parse(path).findall(".//testcase")  # noqa: S314 - our own file
    assert len(cases) > 300
    names = {str(case.get("name")) for case in cases}
    assert all(re.fullmatch(r"test_requirement\[[a-z0-9./-]+\]", name) for name in names)


def test_files_are_named_by_slugs(attacked: Ran) -> None:
    """Below the folder of the session, and nothing was touched beside it."""
    for path in attacked.folder.rglob("*"):
        assert re.fullmatch(r"[\w./=-]+", Path(path).relative_to(attacked.folder).as_posix()), path
    assert not list(attacked.folder.rglob("ran"))
