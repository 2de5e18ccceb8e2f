"""Where providers come from, and how mistakes in providers.toml are reported."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from conformance.capabilities import CAPABILITIES
from conformance.errors import ConformanceError, ModelMissingError, NotAnAddressError, UnknownProviderError
from conformance.paths import data, schema
from conformance.providers import EMBEDDED, Deadlines, Limits, Provider, Providers, find_providers
from conformance.toml_errors import (
    NotADateError,
    NotTomlError,
    ProvidersFileMissingError,
    ProvidersFileUnreadableError,
    TableKeyMissingError,
    UnknownEntryError,
    UnknownTableKeyError,
    WrongValueError,
)

Write = Callable[[str], Path]
VENDORS = ("zenmux", "mume", "yuhuan-studio", "inferex", "onysoft")
ENTRY = '[acme]\nbase_url = "https://acme.example/v1"\n'
LISTED = ENTRY + "[[acme.deviations]]\nrequirement = 'role-first'\nreason = 'y'\n"


@pytest.fixture
def local(tmp_path: Path) -> Write:
    """Write ./providers.toml."""

    def write(text: str) -> Path:
        path = tmp_path / "providers.toml"
        path.write_text(text)
        return path

    return write


def found(folder: Path, named: Path | None = None, **environment: str) -> Providers:
    """All providers as seen from a folder, with nothing else in the environment."""
    return find_providers(named, folder=folder, environment=environment)


def refused(folder: Path) -> ConformanceError:
    """The error that looking up ends in."""
    with pytest.raises(ConformanceError) as caught:
        found(folder)
    return caught.value


def test_the_packaged_entries_are_there(tmp_path: Path) -> None:
    """The five vendors, the reference, OpenAI, servers at home; each vendor with its source."""
    providers = found(tmp_path)
    for name in (*VENDORS, "openai"):
        assert providers[name].source, name
        assert providers[name].api_key_env, name
        assert providers[name].base_url.startswith("https://"), name
    for name in ("ollama", "vllm", "llama-server", "lm-studio", "litellm"):
        assert providers[name].loopback
        assert providers[name].concurrency == 24
    assert providers["reference"].embedded
    assert all(providers["reference"].claims.get(name) for name in CAPABILITIES)


def test_keys_of_documented_variables(tmp_path: Path) -> None:
    """The names that the vendors' documentation uses."""
    providers = found(tmp_path)
    assert providers["zenmux"].api_key_env == "ZENMUX_API_KEY"
    assert providers["mume"].api_key_env == "MUME_API_KEY"


@pytest.mark.parametrize("name", VENDORS)
def test_vendors_claim_only_what_is_in_the_table(tmp_path: Path, name: str) -> None:
    """A claim is a capability."""
    assert set(found(tmp_path)[name].claims) <= set(CAPABILITIES)


def test_the_schema_knows_every_capability() -> None:
    """The closed list stands once in the table and once in the schema; both are the same."""
    claims = schema("providers")["$defs"]["Provider"]["properties"]["claims"]
    assert claims["propertyNames"]["enum"] == list(CAPABILITIES)


def test_the_schema_has_every_field() -> None:
    """Each key of the schema is a field of Provider, and the other way round."""
    keys = set(schema("providers")["$defs"]["Provider"]["properties"])
    of_models = {"more_models"}
    assert keys | {"name", "configuration"} | of_models == set(Provider.__dataclass_fields__)


def test_an_entry_of_the_folder_replaces_the_packaged_one(tmp_path: Path, local: Write) -> None:
    """The whole entry, not key by key; the others stay."""
    local('[zenmux]\nbase_url = "http://127.0.0.1:9/v1"\n')
    providers = found(tmp_path)
    assert providers["zenmux"].base_url == "http://127.0.0.1:9/v1"
    assert providers["zenmux"].model == ""
    assert providers["zenmux"].configuration == str(tmp_path / "providers.toml")
    assert providers["mume"].configuration == "providers.toml of the package"


def test_a_named_file_comes_first(tmp_path: Path, local: Write) -> None:
    """--providers, then ./providers.toml, then the packaged file."""
    local(ENTRY)
    named = tmp_path / "mine.toml"
    named.write_text('[acme]\nbase_url = "https://first.example/v1/"\n')
    assert found(tmp_path, named)["acme"].base_url == "https://first.example/v1"


def test_a_query_in_a_base_url_of_a_file_is_refused_and_its_place_is_named(tmp_path: Path) -> None:
    """What the sentence repeats of the URL is without the query, which may hold a key."""
    file = tmp_path / "own.toml"
    file.write_text('[acme]\nbase_url = "https://acme.example/v1?api-version=secret"\n')
    with pytest.raises(ConformanceError, match="Parameters of a query stand in `query`") as caught:
        found(tmp_path, file)["acme"]
    assert "secret" not in str(caught.value)


def test_the_environment_replaces_address_and_model(tmp_path: Path) -> None:
    """<NAME>_BASE_URL and <NAME>_MODEL, hyphens as underscores."""
    entry = found(
        tmp_path, YUHUAN_STUDIO_BASE_URL="http://127.0.0.1:9/v1", YUHUAN_STUDIO_MODEL="m", OPENAI_MODEL="o"
    )
    assert entry["yuhuan-studio"].base_url == "http://127.0.0.1:9/v1"
    assert entry["yuhuan-studio"].loopback
    assert entry["yuhuan-studio"].model_for("text") == "m"
    assert {entry["openai"].model_for(role) for role in ("text", "tools", "reasoning")} == {"o"}
    assert entry["openai"].models == {}


@pytest.mark.parametrize(
    ("given", "models"),
    [
        ({"OPENAI_MODEL_TOOLS": "t"}, ("gpt-4.1-mini", "t", "gpt-5-mini")),
        ({"OPENAI_MODEL_REASONING": "r"}, ("gpt-4.1-mini", "gpt-4.1-mini", "r")),
        ({"OPENAI_MODEL": "m", "OPENAI_MODEL_REASONING": "r"}, ("m", "m", "r")),
        ({"OPENAI_MODEL": "m", "OPENAI_MODEL_TOOLS": "t"}, ("m", "t", "m")),
        ({"OPENAI_MODEL": "", "OPENAI_MODEL_TOOLS": ""}, ("gpt-4.1-mini", "gpt-4.1-mini", "gpt-5-mini")),
    ],
    ids=["tools", "reasoning", "all-and-reasoning", "all-and-tools", "empty"],
)
def test_the_environment_names_a_model_by_its_use(
    tmp_path: Path, given: dict[str, str], models: tuple[str, str, str]
) -> None:
    """<NAME>_MODEL_TOOLS and <NAME>_MODEL_REASONING stand above <NAME>_MODEL, and that above the entry."""
    entry = found(tmp_path, None, **given)["openai"]
    assert tuple(entry.model_for(role) for role in ("text", "tools", "reasoning")) == models


def test_a_model_named_by_the_environment_is_one_that_reasons(tmp_path: Path) -> None:
    """Of an entry that names no model at all, which is asked for reasoning without a promise otherwise."""
    given = {"YUHUAN_STUDIO_MODEL": "m"}
    assert "reasoning" not in found(tmp_path, None, **given)["yuhuan-studio"].models
    entry = found(tmp_path, None, **given, YUHUAN_STUDIO_MODEL_REASONING="r")["yuhuan-studio"]
    assert (entry.model_for("text"), entry.model_for("reasoning")) == ("m", "r")


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LOCALHOST:8000", True),
        ("127.0.0.1", True),
        ("127.0.0.1:11434", True),
        ("[::1]", True),
        ("[::1]:8000", True),
        ("0.0.0.0", False),  # noqa: S104 - an address to ask, not to listen at
        ("192.168.0.1", False),
        ("[::]", False),
        ("[::2]", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("me@127.0.0.1", True),
        ("127.0.0.1@example.com", False),
    ],
)
def test_loopback_is_this_machine_alone(host: str, *, here: bool) -> None:
    """Only there may a key be short, and proxies of the environment are not asked."""
    provider = Provider(name="acme", base_url=f"http://{host}/v1")

    assert provider.loopback is here
    assert provider.concurrency == (24 if here else 8)


def test_the_reference_inside_the_suite_is_on_this_machine() -> None:
    """Its address is known when it listens."""
    assert Provider(name="reference", base_url=EMBEDDED).loopback


def test_limits_and_deadlines_are_those_that_are_promised() -> None:
    """An endpoint is not asked for more than the README says, nor for longer than a night has."""
    root = Path(__file__).parents[1]
    readme, running = (root / "README.md").read_text(), (root / "docs" / "running.md").read_text()

    assert Limits() == Limits(concurrency=None, requests=32, bytes=8_000_000, events=100_000)
    assert Deadlines() == Deadlines(connect=10.0, first_byte=60.0, silence=60.0, stream=180.0, run=600.0)
    assert f"sends at most {Limits().requests} short requests" in readme
    far, near = (Provider(name="a", base_url=f"http://{host}/v1") for host in ("host", "localhost"))
    assert f"at most {far.concurrency}, and {near.concurrency} to a server on loopback" in running


def test_an_entry_says_how_many_requests_are_open(tmp_path: Path, local: Write) -> None:
    """On loopback too."""
    local('[acme]\nbase_url = "http://127.0.0.1:9/v1"\nlimits = { concurrency = 2 }\n')

    assert found(tmp_path)["acme"].concurrency == 2


def test_models_by_role(tmp_path: Path) -> None:
    """`models` where it names the role, `model` elsewhere."""
    reference = found(tmp_path)["reference"]
    assert reference.model_for("text") == "reference"
    assert reference.model_for("reasoning") == "reference-reasoning"


def test_a_missing_model_is_told_with_its_variable(tmp_path: Path) -> None:
    """What to set, before anything is sent."""
    with pytest.raises(ModelMissingError, match="GROQ_MODEL is not set"):
        found(tmp_path)["groq"].model_for("text")
    own = tmp_path / "own.toml"
    own.write_text('[acme]\nbase_url = "https://first.example/v1"\nmodels = { text = "a" }\n')
    with pytest.raises(ModelMissingError, match="no model for tools is named in ") as caught:
        found(tmp_path, own)["acme"].model_for("tools")
    assert "name it as `tools` in `models`; a `model` beside `models`" in caught.value.hint


def test_every_key_of_an_entry(tmp_path: Path, local: Write) -> None:
    """Nothing that the schema allows is lost on the way."""
    local(
        """
        [acme]
        base_url = "https://acme.example/v1"
        api_key_env = "ACME_KEY"
        models = { text = "t" }
        claims = { chat = true, n = false }
        headers = { "x-team" = "a" }
        query = { api-version = "1" }
        extra_body = { store = false }
        token_param = "max_completion_tokens"
        unsupported_params = ["seed"]
        reasoning_effort = "low"
        prompts = { chat-text = "Hello" }
        limits = { concurrency = 2, requests = 6, bytes = 1000, events = 10 }
        deadlines = { connect = 1, first_byte = 2, silence = 3, stream = 4, run = 5.5 }
        dialects = ["no-done"]
        source = "https://acme.example/docs"
        [[acme.deviations]]
        requirement = "role-first"
        reason = "merged"
        link = "https://acme.example/1"
        until = 2027-01-31
        scenario = "chat-text"
        """
    )
    entry = found(tmp_path)["acme"]
    assert entry.concurrency == 2
    assert (entry.limits.requests, entry.limits.bytes, entry.limits.events) == (6, 1000, 10)
    assert (entry.deadlines.first_byte, entry.deadlines.run) == (2, 5.5)
    assert entry.extra_body == {"store": False}
    assert entry.query == {"api-version": "1"}
    assert entry.headers == {"x-team": "a"}
    assert entry.unsupported_params == {"seed"}
    assert entry.prompts == {"chat-text": "Hello"}
    assert entry.dialects == ("no-done",)
    assert entry.source == ("https://acme.example/docs",)
    (deviation,) = entry.deviations
    assert (deviation.requirement, deviation.scenario) == ("role-first", "chat-text")
    assert deviation.until == date(2027, 1, 31)


@pytest.mark.parametrize(
    ("kind", "text", "message", "hint"),
    [
        (NotTomlError, "[acme\n", "is not TOML", ""),
        (
            UnknownTableKeyError,
            ENTRY + "modle = 'x'\n",
            "table [acme]: there is no key `modle`",
            "did you mean model?",
        ),
        (
            UnknownEntryError,
            ENTRY + "[acme.claims]\ntool = true\n",
            "table [acme], key `claims`: there is no capability 'tool'",
            "tools?",
        ),
        (
            TableKeyMissingError,
            "[acme]\nmodel = 'x'\n",
            "table [acme]: the key `base_url` is missing",
            "",
        ),
        (
            WrongValueError,
            "[acme]\nbase_url = 'acme.example'\n",
            'table [acme], key `base_url`: "acme.example" will not',
            "form",
        ),
        (
            NotAnAddressError,
            "[acme]\nbase_url = 'http://[acme/v1'\n",
            "table [acme], key `base_url`: 'http://[acme/v1' is no http or https address",
            "ends with a bracket",
        ),
        (WrongValueError, "[acme]\nbase_url = 'https://me:pw@acme.example'\n", "key `base_url`", "form"),
        (
            WrongValueError,
            ENTRY + "api_key_env = 'sk-secret'\n",
            "key `api_key_env`",
            "environment variable",
        ),
        (
            WrongValueError,
            ENTRY + "token_param = 'tokens'\n",
            "key `token_param`",
            "one of max_tokens, max_completion_tokens",
        ),
        (
            WrongValueError,
            ENTRY + "limits = { concurrency = 0 }\n",
            "key `limits.concurrency`: 0",
            "at least 1",
        ),
        (WrongValueError, ENTRY + "deadlines = { run = 0 }\n", "key `deadlines.run`: 0", "more than 0"),
        (WrongValueError, ENTRY + "claims = { chat = 'yes' }\n", "key `claims.chat`", "type boolean"),
        (
            TableKeyMissingError,
            ENTRY + "[[acme.deviations]]\nrequirement = 'x'\n",
            "deviation 1: the key `reason`",
            "",
        ),
        (
            NotADateError,
            LISTED + "until = '2027-02-30'\n",
            'deviation 1, key `until`: "2027-02-30" is no date of the calendar',
            "a date such as 2027-03-31",
        ),
        (
            NotADateError,
            LISTED + "until = 'soon'\n",
            'deviation 1, key `until`: "soon" is no date',
            "such as 2027-03-31",
        ),
        (
            UnknownEntryError,
            LISTED.replace("role", "rule"),
            "deviation 1: there is no requirement 'rule-first'",
            "role-first?",
        ),
        (
            UnknownEntryError,
            LISTED + "scenario = 'chat-txt'\n",
            "deviation 1: there is no scenario 'chat-txt'",
            "chat-text?",
        ),
        (
            UnknownEntryError,
            ENTRY + "dialects = ['no-dne']\n",
            "table [acme]: there is no dialect 'no-dne'",
            "no-done?",
        ),
        (WrongValueError, "[Acme]\nbase_url = 'https://a.example'\n", "Acme", "form"),
    ],
)
def test_mistakes_are_told_with_place_and_hint(
    tmp_path: Path, local: Write, kind: type[ConformanceError], text: str, message: str, hint: str
) -> None:
    """File, table, key, what is wrong, and the nearest name or the form."""
    path = local(text)
    error = refused(tmp_path)
    assert type(error) is kind
    assert str(path) in error.message
    assert message in error.message
    assert hint in error.hint
    assert "sk-secret" not in error.message + error.hint


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    """By its name, with the first byte that is none."""
    (tmp_path / "providers.toml").write_bytes(b"\xff")
    error = refused(tmp_path)
    assert type(error) is ProvidersFileUnreadableError
    assert error.message.startswith(f"{tmp_path / 'providers.toml'} cannot be read: ")


def test_an_address_from_the_environment_is_checked(tmp_path: Path) -> None:
    """The message names the variable, also where Python finds no parts in the address at all."""
    for address in ("mume.ai", "http://[mume", "http://mume.ai:port", "httpx://mume.ai"):
        with pytest.raises(NotAnAddressError, match=f"^MUME_BASE_URL {re.escape(repr(address))} is no http"):
            found(tmp_path, MUME_BASE_URL=address)


def test_an_unknown_name_brings_the_nearest(tmp_path: Path) -> None:
    """And the list, where none is near."""
    providers = found(tmp_path)
    with pytest.raises(UnknownProviderError) as near:
        providers.named("zenmx")
    assert near.value.hint == "did you mean zenmux?"
    with pytest.raises(UnknownProviderError) as far:
        providers.named("qqqq")
    assert "onysoft" in far.value.hint
    assert providers.named("mume").name == "mume"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """--providers names a file that is not there."""
    with pytest.raises(ProvidersFileMissingError, match="there is no such file"):
        found(tmp_path, tmp_path / "none.toml")


def test_no_entry_holds_a_key() -> None:
    """Keys come from the environment only; the packaged file has no such thing."""
    text = data("providers.toml").read_text()
    assert "sk-" not in text
    assert "Bearer" not in json.dumps(text)


def test_a_deviation_can_be_narrowed_to_a_scenario_or_a_group(tmp_path: Path, local: Write) -> None:
    """Every name that a verdict can be about."""
    for name in ("chat-text", "responses-text", "chat-twins", "run", "concurrent"):
        local(LISTED + f"scenario = '{name}'\n")
        assert found(tmp_path)["acme"].deviations[0].scenario == name
