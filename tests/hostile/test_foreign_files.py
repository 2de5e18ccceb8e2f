"""Files that other programs wrote, damaged at random: each gives exchanges or errors, and nothing else."""

import os
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.evidence.load import Handed, load

EXAMPLES = int(os.environ.get("EXAMPLES", "120"))  # `make soak` tries many more
WRITTEN = Path(__file__).parents[1] / "evidence" / "written"
FILES = [path for path in sorted(WRITTEN.iterdir()) if path.suffix != ".md"]
NAMES = ["x", "x.json", "x.jsonl", "x.har", "x.yaml", "x.flow", "x.sse", "x.zip"]
# What means something in one of the formats.
TOKENS = st.sampled_from(
    [
        *(
            b"{",
            b"[",
            b"}",
            b"]",
            b"\n",
            b"\r",
            b'"',
            b":",
            b",",
            b"~",
            b"#",
            b"- ",
            b"? ",
            b"&a ",
            b"*a",
            b"<<: ",
        ),
        *(b"null", b"0", b"-1", b"999999999999", b"1e999", b"true", b"[DONE]", b"\\ud800", b"\xed\xa0\x80"),
        *(
            b"> ",
            b"< ",
            b"* ",
            b"HTTP/1.1 200 OK\r\n",
            b"data: ",
            b"!!binary ",
            b"PK\x01\x02",
            b"http://[",
            b"\0",
        ),
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """One of the files with a few places changed, under its own name or another."""
    path = draw(st.sampled_from(FILES))
    data = path.read_bytes()
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(data)))
        gone = draw(st.integers(0, 60))
        data = data[:place] + draw(TOKENS | st.binary(max_size=4)) + data[place + gone :]
    return draw(st.sampled_from([path.name, path.name, *NAMES])), data


@settings(max_examples=EXAMPLES, deadline=None)
@given(damaged())
def test_no_file_makes_its_reader_fail(file: tuple[str, bytes]) -> None:
    """Every error has a sentence."""
    _, unreadable = load([Handed(*file)])
    assert all(item.error.message and item.error.hint for item in unreadable)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(NAMES), st.lists(TOKENS | st.binary(max_size=6), max_size=20).map(b"".join))
def test_no_bytes_make_a_reader_fail(name: str, data: bytes) -> None:
    """Whatever the file is called."""
    exchanges, unreadable = load([Handed(name, data)])
    assert exchanges or unreadable
