"""Secrets are removed from texts, streams and files, in every form, however a stream is split."""

import base64
import json
import re
from collections.abc import Iterator
from html import escape, unescape
from itertools import product
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.evidence import automaton
from conformance.evidence.errors import SecretsRepeatError, SecretTooShortError
from conformance.evidence.headers import REPLACEMENT
from conformance.evidence.reader import read_evidence
from conformance.evidence.received import received
from conformance.evidence.redact import Redactor
from conformance.evidence.writer import EvidenceWriter
from conformance.exchange import Api, Attempt, Ended, Exchange, Piece, Request
from tests.evidence.plainly import Plainly

# The forms below are spelt out without any code of the redactor.
KEY = 'sk-cAnary/é"7+Q\\z_9~%kH4=w😀'
BEARER = f"Bearer {KEY}"


def forms(key: str = KEY) -> Iterator[tuple[str, str]]:
    """Each form of a key with a name for it."""
    yield "raw", key
    yield "percent, reserved", quote(key, safe="")
    yield "percent, reserved, lower", lower_hex(quote(key, safe=""))
    yield "percent, slash kept", quote(key)
    yield "percent, twice", quote(quote(key, safe=""), safe="")
    every = "".join(f"%{byte:02X}" for byte in key.encode())
    yield "percent, every byte", every
    yield "percent, every byte, lower", every.lower()
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    yield "json", escaped
    yield "json, slash", escaped.replace("/", "\\/")
    yield "json, ascii", "".join(one if one.isascii() else units(one) for one in escaped)
    yield "json, every character", "".join(units(one) for one in key)
    yield "json, every character, upper", "".join(units(one, upper=True) for one in key)
    yield "json in json", escaped.replace("/", "\\/").replace("\\", "\\\\").replace('"', '\\"')
    yield "json in json, every character", "".join(units(one) for one in key).replace("\\", "\\\\")
    yield "html, decimal", "".join(f"&#{ord(one)};" for one in key)
    yield "html", escape(key)
    yield "html, hexadecimal", "".join(f"&#x{ord(one):x};" for one in key)
    yield "html, hexadecimal, upper", "".join(f"&#X{ord(one):X};" for one in key)


def encodings(key: str = KEY) -> Iterator[tuple[str, str]]:
    """Key and header value: hexadecimal, and base64 in both alphabets at all alignments, padded and not."""
    for what, text in (("key", key), ("bearer", f"Bearer {key}")):
        yield f"hexadecimal of {what}", text.encode().hex()
        yield f"hexadecimal of {what}, upper", text.encode().hex().upper()
    coders = (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode))
    for (name, coder), before, after in product(coders, range(3), range(3)):
        for what, text in (("key", key), ("bearer", f"Bearer {key}")):
            coded = coder(b"\xff" * before + text.encode() + b"\xff" * after).decode()
            yield f"{name} of {what}, {before} before, {after} after", coded
            if coded.endswith("="):
                yield f"{name} of {what}, {before} before, {after} after, bare", coded.rstrip("=")
            if "/" in coded or "+" in coded:
                slashed = coded.replace("/", "\\/")
                yield f"{name} of {what}, {before} before, {after} after, in json", slashed
                yield f"{name} of {what}, {before} before, {after} after, in a url", quote(coded, safe="")


def units(character: str, *, upper: bool = False) -> str:
    """A character as JSON escapes of its UTF-16 units."""
    coded = character.encode("utf-16-be").hex()
    parts = [coded[place : place + 4] for place in range(0, len(coded), 4)]
    return "".join(f"\\u{part.upper() if upper else part}" for part in parts)


def lower_hex(text: str) -> str:
    """Percent-encoded text with its hexadecimal digits in lower case."""
    first, *rest = text.split("%")
    return first + "".join(f"%{part[:2].lower()}{part[2:]}" for part in rest)


FORMS = dict(forms())
ENCODINGS = dict(encodings())
EVERY = FORMS | ENCODINGS
# Of an encoding there remain the neighbours, `Bearer ` and the characters that share bits with them.
MOST_LEFT = {"key": 3 + 3 + 3, "bearer": 3 + 3 + 3 + 10}


def fed(redactor: Redactor, data: bytes, cuts: list[int]) -> list[Piece]:
    """What comes of data in pieces that end at the cuts; a piece's time is its number."""
    ends = [*sorted(cuts), len(data)]
    begins = [0, *sorted(cuts)]
    given = [
        Piece(data=data[begin:end], at=float(number))
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True))
    ]
    taken = [piece for one in given for piece in redactor.feed(one)] + redactor.flush()
    assert [piece.at for piece in taken] == [piece.at for piece in given]
    return taken


def joined(pieces: list[Piece]) -> bytes:
    return b"".join(piece.data for piece in pieces)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_is_replaced_and_the_text_around_it_is_kept(form: str) -> None:
    """A secret in any of the character-wise forms becomes the replacement, and nothing else changes."""
    assert Redactor([KEY]).text(f'{{"a": "é{form}", "b": 1}}') == f'{{"a": "é{REPLACEMENT}", "b": 1}}'


@pytest.mark.parametrize("name", ENCODINGS)
def test_of_base64_only_the_edges_that_neighbours_share_remain(name: str) -> None:
    """Of the base64 of a secret there remains at most what does not say more than its outermost bits."""
    taken = Redactor([KEY]).text(f"<{ENCODINGS[name]}>")
    assert REPLACEMENT in taken
    left = (
        taken.replace(REPLACEMENT, "").strip("<>").replace("%2F", "/").replace("%2B", "+").replace("\\", "")
    )
    assert len(left.replace("%3D", "=")) <= MOST_LEFT["bearer" if "bearer" in name else "key"]


@pytest.mark.parametrize("form", EVERY.values(), ids=EVERY)
def test_a_form_cut_anywhere_is_replaced_as_if_it_were_whole(form: str) -> None:
    """Whatever the cut, in two or byte by byte, the stream reads as the whole text would."""
    redactor = Redactor([KEY])
    data = f'data: {{"x":"{form}"}}\n\n'.encode()
    whole = redactor.text(data.decode()).encode()
    assert form.encode() not in whole
    for cut in range(len(data) + 1):
        assert joined(fed(redactor, data, [cut])) == whole
    assert joined(fed(redactor, data, list(range(1, len(data))))) == whole


def test_a_mixture_of_forms_is_replaced() -> None:
    """Each character may be in its own form."""
    mixed = "".join(dict(forms(one))[name] for one, name in zip(KEY, [*FORMS] * 3, strict=False))
    assert Redactor([KEY]).text(f"({mixed})") == f"({REPLACEMENT})"


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be"])
def test_a_key_in_utf16_is_replaced(coding: str) -> None:
    """An error page in another encoding than UTF-8 shows no key either."""
    page = b"<p>" + KEY.encode(coding) + b"</p>"
    assert joined(fed(Redactor([KEY]), page, [9])) == b"<p>" + REPLACEMENT.encode() + b"</p>"


def test_the_header_value_loses_its_key() -> None:
    """`Bearer` itself is no secret."""
    assert Redactor([KEY]).text(BEARER) == f"Bearer {REPLACEMENT}"


def test_a_replacement_arrives_when_its_secret_began() -> None:
    """The replacement stands in the piece where the secret began; the other pieces keep the rest."""
    redactor = Redactor(["sk-0123456789ab"])
    assert redactor.feed(Piece(data=b"data: sk-012", at=1.0)) == []
    assert redactor.feed(Piece(data=b"34567", at=2.0)) == []
    assert redactor.feed(Piece(data=b"89ab\n\n", at=3.0)) == [
        Piece(data=b"data: [redacted]", at=1.0),
        Piece(data=b"", at=2.0),
        Piece(data=b"\n\n", at=3.0),
    ]
    assert redactor.flush() == []


def test_only_a_piece_that_may_begin_a_secret_is_held_back() -> None:
    """A piece is returned at once unless it may end in the beginning of a secret, and unchanged after all."""
    redactor = Redactor(["sk-0123456789ab"])
    plain = Piece(data=b"data: task\n\n", at=1.0)
    assert redactor.feed(plain) == [plain]
    begun = Piece(data=b"data: desk-01", at=2.0)
    assert redactor.feed(begun) == []
    other = Piece(data=b"23 it was not\n\n", at=3.0)
    assert redactor.feed(other) == [begun, other]


def test_a_secret_that_is_complete_is_not_waited_for() -> None:
    """A piece that ends in a whole secret is returned at once."""
    redactor = Redactor(["sk-0123456789ab"])
    assert redactor.feed(Piece(data=b"<sk-0123456789ab", at=1.0)) == [Piece(data=b"<[redacted]", at=1.0)]


def test_what_is_held_back_at_the_end_is_flushed() -> None:
    """A few characters that a secret begins with are no secret."""
    redactor = Redactor(["sk-0123456789ab"])
    begun = Piece(data=b"sk-0123", at=2.0)
    assert redactor.feed(begun) == []
    assert redactor.flush() == [begun]


@pytest.mark.parametrize("form", EVERY.values(), ids=EVERY)
def test_a_form_that_is_cut_leaves_less_than_half(form: str) -> None:
    """Wherever an endpoint breaks off what it echoes, at the end of a body or in its middle."""
    redactor = Redactor([KEY])
    for length in range(1, len(form)):
        for after in ("", "... is wrong"):
            left = redactor.text(f"<{form[:length]}{after}").replace(REPLACEMENT, "")
            assert KEY[: len(KEY) // 2 + 2] not in plain(left)


def test_a_short_beginning_of_a_secret_is_no_secret() -> None:
    """Names that keys begin with stand in ordinary text."""
    redactor = Redactor(["sk-proj-0123456789abcdef"])
    assert redactor.text("keys begin with sk-proj- or sk-proj") == "keys begin with sk-proj- or sk-proj"
    assert redactor.text("sk-proj-0123 is none") == "[redacted] is none"
    assert redactor.text("sk-proj-012 is none") == "sk-proj-012 is none"


def plain(text: str) -> str:
    """What a reader makes of a text who tries everything."""
    for _ in range(2):
        text = unescape(unquote(text))
        text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return text.replace("\\/", "/")


def test_of_two_secrets_with_one_beginning_the_longer_is_replaced_whole() -> None:
    """A secret that begins with another one leaves nothing of itself, whole or cut."""
    redactor = Redactor(["sk-0123456789", "sk-0123456789-more"])
    data = b"<sk-0123456789-more> <sk-0123456789-mor>"
    for cut in range(len(data) + 1):
        assert joined(fed(redactor, data, [cut])) == b"<[redacted]> <[redacted]>"


def test_secrets_beside_each_other_and_repeated_beginnings_are_replaced() -> None:
    """No secret hides behind another one or behind its own beginning."""
    redactor = Redactor(["aaaaaaaaaaaab", "sk-0123456789"])
    assert redactor.text("sk-sk-sk-0123456789sk-0123456789") == "sk-sk-[redacted][redacted]"
    for more in range(9):
        assert redactor.text("a" * (12 + more) + "b") == "[redacted]"


def test_case_of_the_secret_itself_matters() -> None:
    """Only hexadecimal digits of escapes are the same in either case."""
    assert Redactor(["sk-abcdefghijkl"]).text("SK-ABCDEFGHIJKL") == "SK-ABCDEFGHIJKL"


def test_a_short_secret_is_refused_with_a_hint_that_does_not_show_it() -> None:
    """A key under 12 characters would blot out ordinary text, so an endpoint elsewhere may not have one."""
    with pytest.raises(SecretTooShortError, match="of 11 characters") as caught:
        Redactor(["long-enough-as-it-is", "qwertyuiopa"])
    assert "at least 12 characters" in caught.value.hint
    assert "qwerty" not in str(caught.value)


def test_a_short_secret_on_loopback_is_let_stand() -> None:
    """On loopback a short key is not substituted, a longer one is, and no key is no error anywhere."""
    assert Redactor(["test"], loopback=True).text("a test") == "a test"
    assert Redactor(["test", "test-test-test"], loopback=True).text("test-test-test") == REPLACEMENT
    assert Redactor(["", " "]).text("a test") == "a test"


def test_a_secret_of_twelve_characters_is_long_enough() -> None:
    """Twelve is the shortest that is accepted for an endpoint elsewhere, and it is replaced."""
    assert Redactor(["sk-012345678"]).text("a sk-012345678") == f"a {REPLACEMENT}"


def test_white_space_around_a_secret_is_no_part_of_it() -> None:
    """A key read from a file with its line end is found where it is sent without."""
    assert Redactor(["sk-0123456789\n"]).text("sk-0123456789") == REPLACEMENT


def test_half_a_surrogate_pair_is_kept() -> None:
    """Text that has no UTF-8 form goes through unchanged, with or without a secret in it."""
    assert Redactor([KEY]).text(f"\ud800{KEY}\udc00") == f"\ud800{REPLACEMENT}\udc00"
    assert Redactor([KEY]).text("\ud800") == "\ud800"


def test_the_redactor_does_not_show_its_secrets() -> None:
    """A traceback that prints the redactor prints no secret."""
    assert KEY not in repr(Redactor([KEY]))


PARTS = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.sampled_from([form.encode() for form in EVERY.values()]),
        st.builds(
            lambda form, begin, end: form.encode()[begin:end],
            st.sampled_from([*EVERY.values()]),
            st.integers(0, 8),
            st.integers(-8, -1),
        ),
        st.sampled_from([b"%", b"\\", b"\\u00", b"%2", b"s", b"sk-"]),
    ),
    max_size=6,
).map(b"".join)
SHARED = Redactor([KEY, "sk-cAnary/twin", "aXbaXbaXbaXbaXc"])


@given(data=PARTS, shares=st.lists(st.floats(0, 1), max_size=8))
def test_any_cut_gives_what_the_whole_gives(data: bytes, shares: list[float]) -> None:
    """Arbitrary bytes with forms and pieces of forms among them: the cut makes no difference."""
    whole = joined(fed(SHARED, data, []))
    taken = fed(SHARED, data, [int(share * len(data)) for share in shares])
    assert joined(taken) == whole
    assert not any(form.encode() in whole for form in EVERY.values())


# Secrets that repeat themselves and each other, and bodies of what they are made of in all its spellings.
REPEATING = st.lists(
    st.builds(
        lambda unit, size: (unit * size)[:size],
        st.text("ab6%\\&", min_size=1, max_size=3),
        st.integers(12, 18),
    ),
    min_size=1,
    max_size=3,
)
SPELT = st.lists(
    st.one_of(
        st.text("ab6%\\&3;", min_size=1, max_size=14).map(str.encode),
        st.sampled_from([b"a", b"b", b"6", b"%61", b"&#98;", b"\\u0061", b"\\\\u0036"]),
        st.sampled_from([b"%25", b"%2536", b"&amp;", b"\\"]),
        st.sampled_from([b"a" * 12, b"ab" * 7, b"\\" * 20, b"6" * 16, b"YWFh" * 5, b"61" * 13, b"6\0" * 14]),
    ),
    max_size=14,
).map(b"".join)


@settings(deadline=None)
@given(secrets=REPEATING, data=SPELT, shares=st.lists(st.floats(0, 1), max_size=6))
@example(["a" * 12, "a" * 18], b"a" * 9 + b"%61" * 20 + b"b", [0.3, 0.5])
@example(["6" * 18], b"6%36" * 9, [0.1])
@example(["36" * 7, "63" * 7], b"%2533%2536" * 9, [])
@example(["\\" * 15], b"\\" * 50, [0.9])
@example(["ab" * 7, "b" + "a" * 12], b"ab" * 6 + b"a" * 13 + b"ba", [0.4, 0.6])
def test_a_repeating_secret_is_replaced_as_by_a_plain_search(
    secrets: list[str], data: bytes, shares: list[float]
) -> None:
    """The search is quick, and finds and holds back exactly what one finds that begins anew at each byte."""
    quick, plain_one = Redactor(secrets), Plainly(sorted(set(secrets)))
    cuts = sorted(int(share * len(data)) for share in shares)
    for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        piece = Piece(data=data[begin:end], at=float(begin))
        assert quick.feed(piece) == plain_one.feed(piece)
    assert quick.flush() == plain_one.taken(final=True)


@pytest.mark.parametrize(
    ("secrets", "body"),
    [
        (["a" * 4_000], b"a" * 2_000),
        (["a" * 4_000], b"a" * 1_999 + b"b"),
        (["a" * 4_000 + "b"], b"a" * 2_000),
        (["ab" * 2_000], b"ab" * 1_000),
        (["a" * size for size in range(12, 112)], b"a" * 2_000),
        (["a" * 1_000], b"a%61" * 1_000),
    ],
    ids=["whole", "nearly", "but for its end", "by two", "many", "in two spellings"],
)
def test_what_is_learned_does_not_grow_with_the_body(secrets: list[str], body: bytes) -> None:
    """Of a secret that repeats itself, thousands of beginnings are followed at a time, by one step a byte."""
    redactor = Redactor(secrets)
    left = []
    for _ in range(3):
        for _ in range(4):
            redactor.feed(Piece(data=body))
        left.append(redactor._automaton._left)
        redactor.flush()
    assert left[0] > automaton.LEARNED * 3 // 4
    assert left[0] == left[1] == left[2]


def test_of_secrets_that_cannot_be_followed_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only secrets that were made for it come to this: the redactor says so, and their file is refused."""
    monkeypatch.setattr(automaton, "LEARNED", 500)
    redactor = Redactor(["\\" * 200])
    body = b"data: " + b"\\" * 400 + b" and more"
    pieces = fed(redactor, body, [3, 50, 200])
    assert redactor.lost
    assert [piece.data for piece in pieces] == [b"dat", b"a: [redacted]", b"", b""]
    with pytest.raises(SecretsRepeatError, match="too many ways"):
        received(body, request=Request(headers=(("authorization", "\\" * 200),), body="{}"))
    assert Redactor(["sk-0123456789ab"]).text("a sk-0123456789ab b") == "a [redacted] b"


@given(parts=st.lists(st.binary(max_size=12), max_size=8))
def test_a_stream_without_secrets_comes_back_piece_by_piece(parts: list[bytes]) -> None:
    """The same pieces with the same boundaries, times and bytes."""
    given_pieces = [Piece(data=part, at=float(number)) for number, part in enumerate(parts)]
    taken = [piece for one in given_pieces for piece in SHARED.feed(one)] + SHARED.flush()
    assert taken == given_pieces


@pytest.mark.parametrize("form", EVERY.values(), ids=EVERY)
def test_no_form_reaches_the_file_from_any_place_of_an_exchange(form: str, tmp_path: Path) -> None:
    """A key echoed in request, attempts, headers, body and error messages is in no byte of the file."""
    path = tmp_path / "hostile.jsonl"
    exchange = Exchange(
        id="hostile",
        api=Api.CHAT,
        model=form,
        note=form,
        request=Request(
            url=f"https://{form}:{form}@example.com/v1/{form}?key={form}#{form}",
            headers=(("authorization", f"Bearer {form}"), ("user-agent", form), (f"x-{form}", form)),
            body=form,
        ),
    )
    body = f"data: {form}\n\n".encode()
    with EvidenceWriter(path, exchange, secrets=[KEY]) as writer:
        writer.attempt(Attempt(started=0.0, error=f"refused: {form}"))
        writer.response(302, [("location", f"https://{form}@example.com/{form}?{form}"), ("via", form)])
        for place in range(len(body)):
            writer.piece(Piece(data=body[place : place + 1], at=float(place)))
        writer.end(Ended.CLOSED, detail=form)
    text = path.read_bytes().decode()
    read = read_evidence(path)
    assert form not in text
    assert form not in read.body.decode()
    for told in (KEY, KEY[4:-4], form[8:-8], form[8:-8].replace("\\", "\\\\")):
        assert told not in text
        assert json.dumps(told, ensure_ascii=False)[1:-1] not in text
    assert read.status == 302
    assert len(read.pieces) == len(body)


def test_a_key_cut_by_bytes_that_are_not_utf8_leaves_nothing_in_base64(tmp_path: Path) -> None:
    """A piece that is written in base64 for its bytes is redacted before that."""
    path = tmp_path / "binary.jsonl"
    with EvidenceWriter(path, Exchange(id="binary", api=Api.CHAT), secrets=[KEY]) as writer:
        writer.piece(Piece(data=b"\xff" + KEY.encode() + b"\xfe"))
        writer.end(Ended.CLOSED)
    assert read_evidence(path).body == b"\xff[redacted]\xfe"


def test_a_short_key_is_refused_before_a_file_is_made(tmp_path: Path) -> None:
    """Nothing is written for an endpoint whose key cannot be kept out of it."""
    with pytest.raises(SecretTooShortError):
        EvidenceWriter(tmp_path / "none.jsonl", Exchange(id="none", api=Api.CHAT), secrets=["short"])
    assert list(tmp_path.iterdir()) == []


def test_another_redactor_of_the_same_secrets_has_a_stream_of_its_own() -> None:
    """What one holds back is not the other's, and both know the secrets."""
    value = "sk-canary-0123456789abcdef"
    one = Redactor([value])
    assert one.feed(Piece(data=b"a sk-canary-012345")) == []
    other = one.another()
    assert other.text(f"x {value} y") == "x [redacted] y"
    assert b"".join(piece.data for piece in [*other.feed(Piece(data=b"6789")), *other.flush()]) == b"6789"
    assert b"".join(piece.data for piece in [*one.feed(Piece(data=b"6789abcdef z")), *one.flush()]) == (
        b"a [redacted] z"
    )
