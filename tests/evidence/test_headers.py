"""Which headers evidence keeps, and which parts of a request are credentials."""

import pytest

from conformance.evidence.headers import (
    CREDENTIAL,
    NOT_KEPT,
    address_secrets,
    header_secrets,
    kept_headers,
)

KEPT = """
    accept accept-encoding age allow cache-control cf-cache-status cf-ray connection content-encoding
    content-language content-length content-type date host keep-alive request-id retry-after retry-after-ms
    server transfer-encoding user-agent vary via x-accel-buffering x-request-id x-should-retry
    openai-processing-ms openai-version x-ratelimit-limit-requests x-ratelimit-remaining-tokens
    location content-location
"""
OTHERS = """
    authorization proxy-authorization cookie set-cookie x-api-key api-key x-goog-api-key x-portkey-api-key
    openai-organization openai-project x-account-id x-acme-account x-forwarded-for x-ratelimit
    cf-connecting-ip www-authenticate referer origin accept-language
    anthropic-organization-id x-powered-by etag
"""


def test_these_headers_are_kept_and_no_others() -> None:
    """Each of them is harmless on every endpoint; of any other one only the name is kept."""
    kept, others = KEPT.split(), OTHERS.split()
    found = kept_headers((name, "value") for name in (*kept, *others))

    assert found == [*((name, "value") for name in kept), *((name, NOT_KEPT) for name in others)]
    assert kept_headers([("X-Request-ID", "1"), ("X-API-Key", "1")]) == [
        ("X-Request-ID", "1"),
        ("X-API-Key", NOT_KEPT),
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "Proxy-Authorization", "Cookie", "api-key", "X-Api-Key", "X-Goog-Api-Key"),
        *("Ocp-Apim-Subscription-Key", "X-Auth-Email", "X-Secret", "access_token", "password"),
    ],
)
def test_these_names_are_of_credentials(name: str) -> None:
    """Whatever their case; a version, a title and a type of content are none."""
    assert CREDENTIAL.search(name)
    assert not [harmless for harmless in ("api-version", "X-Title", "accept") if CREDENTIAL.search(harmless)]


A, B, C = "abc-abc-abc-", "def/def/def/", "xyz@xyz@xyz@"


def test_the_scheme_of_a_credential_is_no_secret() -> None:
    """`Bearer` may be told; the value is one with and without it."""
    headers = [("Authorization", f"Bearer {A}"), ("x-api-key", B), ("cookie", ""), ("accept", "*/*")]

    assert header_secrets(headers) == (A, B)


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        (
            "Authorization",
            "Basic bWU6aHVudGVyMmh1bnRlcg==",
            ("bWU6aHVudGVyMmh1bnRlcg==", "me:hunter2hunter", "hunter2hunter"),
        ),
        ("Authorization", "Basic not encoded-base64", ("encoded-base64",)),
        ("Cookie", f"session={A}; theme={B}", (A, B)),
        ("cookie", A, (A,)),
        ("cookie", "abc", ()),
        ("X-Title", A, ()),
    ],
)
def test_each_credential_of_a_header_is_a_secret(name: str, value: str, secrets: tuple[str, ...]) -> None:
    """Cookies one by one; of `Basic` what it encodes as well."""
    assert header_secrets([(name, value)]) == secrets


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("https://host/v1/chat/completions", ()),
        (f"https://{A}:{C.replace('@', '%40')}@host/v1", (C, A)),
        (f"https://me:{B.replace('/', '%2F')}@host/v1", (B,)),
        (f"https://{A}@host/v1", (A,)),
        (f"https://host/v1?key={A}&api-version=1", (A,)),
        (f"https://me:{C.replace('@', '%40')}@host/v1?access_token={B.replace('/', '%2F')}", (C, B)),
        ("https://[broken", ()),
        ("", ()),
    ],
)
def test_an_address_has_its_credentials_in_two_places(url: str, secrets: tuple[str, ...]) -> None:
    """Before the host, and in the query under the name of a credential."""
    assert address_secrets(url) == secrets


def test_few_credentials_of_many_are_sought() -> None:
    """Each is sought in the whole answer. Those of names that say it come first."""
    others = [(f"x-{number}", f"the value {number:04}") for number in range(1_000)]
    found = header_secrets([*others, ("Authorization", "Bearer the-last-one")])
    assert (found[0], len(found)) == ("the-last-one", 200)
    pairs = "&".join(f"key{number}=the-value-{number:04}" for number in range(1_000))
    assert len(address_secrets(f"https://example.com/?{pairs}")) == 200


@pytest.mark.parametrize("form", ["c{0}={0}", "c{0}=the-value-{0:04}"])
def test_cookies_keep_no_other_credential_from_being_sought(form: str) -> None:
    """However many there are, nor others them. Those that are too short to be sought are not counted."""
    cookies = ("Cookie", "; ".join(form.format(number) for number in range(1_000)))
    basic = ("Proxy-Authorization", "Basic bWU6aHVudGVyMmh1bnRlcg==")
    tokens = [(f"x-token-{number}", f"token-number-{number:04}") for number in range(3)]
    found = header_secrets([cookies, ("x-tenant", A), *tokens, ("Authorization", f"Bearer {B}"), basic])
    assert {A, B, "hunter2hunter", "token-number-0002"} <= {*found}
    assert ("the-value-0009" in found) is ("value" in form)
    others = [(f"x-{number}", f"the value {number:04}") for number in range(1_000)]
    assert A in header_secrets([*others, ("Cookie", f"session={A}")])


def test_a_credential_that_stands_often_in_an_address_is_counted_once() -> None:
    """And one that is too short to be sought, not at all."""
    for often in (B, "a"):
        assert A in address_secrets(f"https://example.com/?{f'key={often}&' * 250}token={A}")
    short = "&".join(f"key={number}" for number in range(250))
    assert address_secrets(f"https://example.com/?{short}&token={A}") == (A,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Access-Control-Request-Headers", "content-type"),
        ("Access-Control-Request-Headers", "content-type,x-api-key"),
        ("X-Asked-With", "content-type"),
        ("X-Kind", "chat.completion.chunk"),
        ("Authorization", "Bearer response.output_text.delta"),
        ("Cookie", "kind=text/event-stream"),
    ],
)
def test_a_word_of_the_protocols_is_no_credential(name: str, value: str) -> None:
    """Taken out of an answer it would make a rule fail that the endpoint keeps. A browser sends the first."""
    assert header_secrets([(name, value)]) == ()
