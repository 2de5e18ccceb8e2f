"""Webhooks: what they are sent, and that their address is a secret."""

import pytest

from conformance.nightly.errors import NotifyAddressError
from conformance.nightly.notify import VARIABLE, WebhookForm, addresses, form_of, notify
from tests.nightly.conftest import Hook


def test_a_message_is_posted_as_json() -> None:
    """And an answer of success says that it was taken."""
    with Hook(204) as hook:
        assert notify(hook.url, {"text": "Nothing changed: ü"}) == ""
    assert hook.messages == [{"text": "Nothing changed: ü"}]


def test_a_message_is_ascii_whatever_it_says() -> None:
    """Half of a surrogate pair is no text of UTF-8, and a receiver that prints the body obeys no control."""
    with Hook(204) as hook:
        assert notify(hook.url, {"text": "\ud800 \x1b[31m \u202e ü"}) == ""
    assert hook.messages == [{"text": "\ud800 \x1b[31m \u202e ü"}]
    assert hook.bodies[0].isascii()
    assert b"\x1b" not in hook.bodies[0]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refusal_is_told_without_the_address(status: int) -> None:
    """A redirect is one: it may lead anywhere."""
    with Hook(status) as hook:
        told = notify(hook.url, {"text": "x"})
    assert told == f"refused the message with status {status}"
    assert len(hook.messages) == 1


def test_a_webhook_that_is_not_there_is_told_without_the_address() -> None:
    """Nothing is raised."""
    with Hook() as hook:
        url = hook.url
    told = notify(url, {"text": "x"})
    assert told == (
        "could not be reached: connection refused; look at the host and the port of its address, "
        "and whether it runs"
    )


@pytest.mark.parametrize(
    "url", ["", "hooks.example/secret", "ftp://h/secret", "http://[secret", "https://h:x/secret"]
)
def test_an_address_that_is_none_is_told_without_it(url: str) -> None:
    """Before anything is asked; of several, with its number."""
    for options, where in (([url], "--notify"), (["http://h/", url], "--notify, number 2")):
        with pytest.raises(NotifyAddressError) as caught:
            addresses(options, {})
        assert "secret" not in str(caught.value)
        assert f"{where} names no http or https address" in str(caught.value)


def test_a_webhook_is_known_by_where_it_was_named() -> None:
    """The variable beside the options, each with its number if there are several."""
    one, two = "https://h/one", "https://h/two"
    assert addresses([], {VARIABLE: " \n"}) == {}
    assert addresses([one], {VARIABLE: f" {two}\n"}) == {"--notify": one, VARIABLE: two}
    assert addresses([one, two], {}) == {"--notify, number 1": one, "--notify, number 2": two}


def test_slack_is_known_by_its_host() -> None:
    """Others are sent the document."""
    assert form_of("https://hooks.slack.com/services/T/B/x") is WebhookForm.SLACK
    assert form_of("https://example.com/hooks.slack.com") is WebhookForm.JSON
