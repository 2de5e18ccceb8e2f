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


def test_the_scheme_of_a_credential_is_no_secret() -> None:
    """`Bearer` may be told; the value is one with and without it."""
    headers = [("Authorization", "Bearer abc"), ("x-api-key", "def"), ("cookie", ""), ("accept", "*/*")]

    assert header_secrets(headers) == ("abc", "def")


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("Authorization", "Basic bWU6aHVudGVyMg==", ("bWU6aHVudGVyMg==", "me:hunter2", "hunter2")),
        ("Authorization", "Basic not base64", ("base64",)),
        ("Cookie", "session=abc; theme=dark", ("abc", "dark")),
        ("cookie", "abc", ("abc",)),
        ("X-Title", "abc", ()),
    ],
)
def test_each_credential_of_a_header_is_a_secret(name: str, value: str, secrets: tuple[str, ...]) -> None:
    """Cookies one by one; of `Basic` what it encodes as well."""
    assert header_secrets([(name, value)]) == secrets


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("https://host/v1/chat/completions", ()),
        ("https://me:pass@host/v1", ("pass", "me")),
        ("https://me:p%40ss%2F@host/v1", ("p@ss/", "me")),
        ("https://only@host/v1", ("only",)),
        ("https://host/v1?key=abc&api-version=1", ("abc",)),
        ("https://me:pass@host/v1?access_token=a%2Fb", ("pass", "me", "a/b")),
        ("https://[broken", ()),
        ("", ()),
    ],
)
def test_an_address_has_its_credentials_in_two_places(url: str, secrets: tuple[str, ...]) -> None:
    """Before the host, and in the query under the name of a credential."""
    assert address_secrets(url) == secrets


def test_few_credentials_of_many_are_sought() -> None:
    """Each is sought in the whole answer. Those of names that say it come first."""
    others = [(f"x-{number}", f"value {number}") for number in range(1_000)]
    found = header_secrets([*others, ("Authorization", "Bearer last")])
    assert (found[0], len(found)) == ("last", 200)
    pairs = "&".join(f"key{number}=v{number}" for number in range(1_000))
    assert len(address_secrets(f"https://example.com/?{pairs}")) == 200
