"""A table of dialects: known ways in which vendors differ from OpenAI.

A dialect explains violations but never hides them. A violated MUST that a dialect explains is a failure with
the dialect named; if the provider declares the dialect, it is a warning. Which vendor sends what is taken
from recorded streams and the vendors' documentation; see the sources of each row.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from conformance.catalogue import Source, Violation
from conformance.exchange import Ended
from conformance.subject import Answer, ChatStream

__all__ = ["DIALECTS", "Dialect", "recognised"]

Explains = Callable[[Answer], Callable[[Violation], bool]]
"""Prepares a check of violations for one answer, so that a long answer is examined only once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way of differing: what it is, which vendors have it, which clients break on it, and its sources.

    `explains` maps the id of each requirement to the function that decides which violations are due to this
    dialect.
    """

    id: str
    says: str
    vendors: tuple[str, ...]
    clients: str
    sources: tuple[Source, ...]
    explains: Mapping[str, Explains]


def _where(whole: Callable[[ChatStream], bool]) -> Explains:
    """Explains all violations of chat streams for which `whole` is true, and none of others."""

    def explains(answer: Answer) -> Callable[[Violation], bool]:
        right = isinstance(answer, ChatStream) and whole(answer)
        return lambda _violation: right

    return explains


def _at(events: Callable[[ChatStream], Collection[int]]) -> Explains:
    """Explains the violations of a chat stream at the events that `events` returns."""

    def explains(answer: Answer) -> Callable[[Violation], bool]:
        found = events(answer) if isinstance(answer, ChatStream) else ()
        return lambda violation: violation.event in found

    return explains


def _observed(*beginnings: str) -> Explains:
    """Explains the violations whose observation begins with one of these texts."""
    return lambda _answer: lambda violation: violation.observed.startswith(beginnings)


def _always(_answer: Answer) -> Callable[[Violation], bool]:
    """Explains every violation."""
    return lambda _violation: True


def _role_alike(stream: ChatStream) -> bool:
    return all(role.what == "assistant" for choice in stream.choices for role in choice.roles)


def _finish_again(stream: ChatStream) -> Collection[int]:
    same = all(seen.value == choice.finish.reason for choice in stream.choices for seen in choice.finish.seen)
    return {seen.event for seen in stream.chat.usage.seen} if same else ()


def _time_passes(stream: ChatStream) -> bool:
    track = stream.chat.identity.created
    values = [track.value, *(change.value for change in track.changes)]
    return all(abs(value - values[0]) < 3600 for value in values)


def _prompt_filter(stream: ChatStream) -> Collection[int]:
    return set(stream.chat.choices.filtered)


def _async_filter(stream: ChatStream) -> Collection[int]:
    return {event.number for event in stream.wire.events if '"content_filter_offsets"' in event.data}


def _apart(stream: ChatStream) -> bool:
    for seen in stream.chat.usage.seen:
        details = seen.value.get("completion_tokens_details") if isinstance(seen.value, dict) else None
        reasoning = details.get("reasoning_tokens") if isinstance(details, dict) else None
        counts = [seen.value.get(f"{name}_tokens") for name in ("prompt", "completion", "total")]
        if all(type(count) is int for count in (*counts, reasoning)):
            return bool(counts[0] + counts[1] + reasoning == counts[2])
    return False


def _ends_without(stream: ChatStream) -> bool:
    closed = stream.exchange.ended in (Ended.CLOSED, Ended.UNKNOWN)
    return closed and bool(stream.choices) and all(choice.finish.seen for choice in stream.choices)


def _named_error(stream: ChatStream) -> bool:
    return any(item.what == "event: error" for item in stream.chat.named)


def _docs(*pairs: str) -> tuple[Source, ...]:
    """The sources, from titles and addresses in turn."""
    return tuple(Source(title, url) for title, url in zip(pairs[::2], pairs[1::2], strict=True))


_ROWS = (
    Dialect(
        id="usage-with-finish",
        says="usage comes on the chunk with the finish_reason, or on another chunk with choices",
        vendors=("DeepSeek", "OpenRouter", "Groq", "Z.ai", "Cerebras", "Vercel AI Gateway", "Cloudflare"),
        clients="clients that find the usage chunk by its empty choices",
        sources=_docs(
            "DeepSeek, chat completion", "https://api-docs.deepseek.com/api/create-chat-completion"
        ),
        explains={"usage-empty-choices": _always},
    ),
    Dialect(
        id="usage-unasked",
        says="usage is sent whether or not it was asked for",
        vendors=("Mistral", "OpenRouter", "Databricks", "Perplexity", "Together", "DeepSeek", "Onysoft"),
        clients="clients that index `choices[0]` of every chunk, where the usage chunk has none",
        sources=_docs(
            *("Mistral, chat completion", "https://docs.mistral.ai/api/"),
            *("Onysoft, streaming", "https://api.onysoft.com/docs?lang=en&section=streaming"),
        ),
        explains={"usage-unasked": _always},
    ),
    Dialect(
        id="usage-running",
        says="usage is sent more than once: so far, or once with the finish and once by itself",
        vendors=("Groq", "Perplexity", "Hugging Face router"),
        clients="clients that add up usage",
        sources=_docs("Groq, chat completion", "https://console.groq.com/docs/api-reference"),
        explains={"usage-once": _always},
    ),
    Dialect(
        id="role-in-every-delta",
        says="every delta repeats the role",
        vendors=("OpenRouter", "Z.ai", "Ollama", "Perplexity", "Databricks", "Avian", "Writer"),
        clients="openai-python's stream helper: the role becomes 'assistantassistant'",
        sources=_docs("OpenRouter, streaming", "https://openrouter.ai/docs/api/reference/streaming"),
        explains={"role-repeated": _where(_role_alike)},
    ),
    Dialect(
        id="finish-repeated-with-usage",
        says="the usage chunk has the choice again, with the same finish_reason",
        vendors=("OpenRouter", "Doubleword", "Avian"),
        clients="LangChain: the finish_reason becomes 'stopstop'",
        sources=_docs("OpenRouter, streaming", "https://openrouter.ai/docs/api/reference/streaming"),
        explains={"finish-reason-once": _at(_finish_again)},
    ),
    Dialect(
        id="finish-key-late",
        says="the key finish_reason is left out until it has a value",
        vendors=("xAI", "Z.ai", "Cerebras", "Cloudflare", "LiteLLM", "Hugging Face router", "Perplexity"),
        clients="strictly typed clients, in Rust or Go say",
        sources=_docs("xAI, chat completions", "https://docs.x.ai/docs/api-reference"),
        explains={"finish-reason-key": _always},
    ),
    Dialect(
        id="created-per-chunk",
        says="`created` is when the chunk was made, not the answer",
        vendors=("xAI", "Ollama", "llama.cpp", "Groq", "Perplexity", "GPUStack"),
        clients="clients that key answers by id and time",
        sources=_docs("Ollama, OpenAI compatibility", "https://docs.ollama.com/api/openai-compatibility"),
        explains={"created-constant": _where(_time_passes)},
    ),
    Dialect(
        id="azure-prompt-filter",
        says="the first chunk holds the prompt's filter results: id, object and model empty, no choices",
        vendors=("Azure OpenAI", "GitHub Models", "GitHub Copilot"),
        clients="clients that take id or model of the first chunk, or index `choices[0]`",
        sources=_docs(
            "Azure OpenAI, content filtering",
            "https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter-annotations",
        ),
        explains={
            "chunk-object": _at(_prompt_filter),
            "id-nonempty": _at(_prompt_filter),
            "created-seconds": _at(_prompt_filter),
            "chunk-schema": _at(_prompt_filter),
        },
    ),
    Dialect(
        id="azure-async-filter",
        says="filter results come on choices without a delta, after the text they are about",
        vendors=("Azure OpenAI",),
        clients="loops that read `choice.delta.content`",
        sources=_docs(
            "Azure OpenAI, asynchronous filter",
            "https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming",
        ),
        explains={
            "choice-delta": _at(_async_filter),
            "chunk-object": _at(_async_filter),
            "id-nonempty": _at(_async_filter),
            "created-seconds": _at(_async_filter),
        },
    ),
    Dialect(
        id="reasoning-tokens-apart",
        says="reasoning tokens are not part of completion_tokens, but of total_tokens",
        vendors=("xAI", "Vercel AI Gateway"),
        clients="meters that add prompt and completion",
        sources=_docs("xAI, reasoning", "https://docs.x.ai/docs/guides/reasoning"),
        explains={"usage-arithmetic": _where(_apart), "usage-details": _where(_apart)},
    ),
    Dialect(
        id="no-done",
        says="the stream ends after the finish without `[DONE]`",
        vendors=("Cerebras", "Perplexity", "nscale", "Writer", "GPUStack", "Hugging Face TGI"),
        clients="Azure's .NET client, benchmarks that count streams by their terminator",
        sources=_docs("Perplexity, streaming", "https://docs.perplexity.ai/docs/grounded-llm/output-control"),
        explains={"done-present": _where(_ends_without)},
    ),
    Dialect(
        id="object-of-its-own",
        says="`object` has a value of the vendor's own on some chunks",
        vendors=("Perplexity", "Hugging Face TGI"),
        clients="openai-python's stream helper skips the chunk",
        sources=_docs("Perplexity, streaming", "https://docs.perplexity.ai/docs/grounded-llm/output-control"),
        explains={"chunk-object": _observed('"chat.completion', '"text_completion')},
    ),
    Dialect(
        id="content-blocks",
        says="`content` is an array of typed blocks while the model reasons",
        vendors=("Mistral", "Databricks"),
        clients="every client that concatenates strings",
        sources=_docs("Mistral, reasoning", "https://docs.mistral.ai/capabilities/reasoning/"),
        explains={"content-string": _observed("[")},
    ),
    Dialect(
        id="tool-type-missing",
        says="tool calls have no `type`",
        vendors=("Mistral", "Google's OpenAI endpoint"),
        clients="openai-node's stream helper raises",
        sources=_docs("Mistral, function calling", "https://docs.mistral.ai/capabilities/function_calling/"),
        explains={"tool-type-first": _observed("no such key", "null")},
    ),
    Dialect(
        id="empty-continuation",
        says="later fragments of a tool call carry an empty id or name",
        vendors=("DashScope", "LM Studio", "vLLM"),
        clients="Spring AI, rig, Codex",
        sources=_docs("symfony/ai #2220", "https://github.com/symfony/ai/pull/2220"),
        explains={"tool-empty-continuation": _always},
    ),
    Dialect(
        id="native-finish",
        says="finish_reason is the engine's own word, such as eos",
        vendors=("Hugging Face TGI", "Together"),
        clients="typed clients; others cannot tell an end from a cut",
        sources=_docs(
            "Hugging Face TGI, messages API",
            "https://huggingface.co/docs/text-generation-inference/messages_api",
        ),
        explains={"finish-reason-value": _observed('"eos')},
    ),
    Dialect(
        id="error-event-name",
        says="an error inside a stream has `event: error` and no terminator after it",
        vendors=("Groq",),
        clients="browsers' EventSource gives it to another listener",
        sources=_docs("Groq, errors", "https://console.groq.com/docs/errors"),
        explains={"event-name-chat": _observed("event: error"), "error-inband-done": _where(_named_error)},
    ),
    Dialect(
        id="responses-data-only",
        says="Responses events have no `event:` line",
        vendors=("OpenRouter", "LiteLLM", "ZenMux"),
        clients="clients that listen by event name",
        sources=_docs(
            *("OpenRouter, Responses API", "https://openrouter.ai/docs/api/reference/responses/overview"),
            *("ZenMux, create a response", "https://docs.zenmux.ai/api/openai/openai-responses.html"),
        ),
        explains={"event-line-type": _observed("no event: line")},
    ),
    Dialect(
        id="responses-done",
        says="a Responses stream is ended by `[DONE]`",
        vendors=("Open Responses", "OpenRouter", "LiteLLM"),
        clients="clients that parse every event as JSON",
        sources=_docs(
            "Open Responses, streaming",
            "https://github.com/openresponses/openresponses/blob/05d5f81/src/pages/specification.mdx",
        ),
        explains={"responses-done-marker": _always},
    ),
    Dialect(
        id="reasoning-part-events",
        says="reasoning parts are announced by `response.reasoning_part` events of the engine's own",
        vendors=("vLLM", "Amazon Bedrock Mantle"),
        clients="openai-node's stream helper raises",
        sources=_docs("vllm #24938", "https://github.com/vllm-project/vllm/pull/24938"),
        explains={
            "event-type-known": _observed("response.reasoning_part."),
            "part-added-first": _observed("response.reasoning_text."),
        },
    ),
    Dialect(
        id="output-empty",
        says="the completed response has no output: the items are in the stream alone",
        vendors=("ChatGPT's Codex backend",),
        clients="both official SDKs give an empty result",
        sources=_docs("litellm #25429", "https://github.com/BerriAI/litellm/issues/25429"),
        explains={"response-output-agrees": _observed("no item")},
    ),
    Dialect(
        id="error-code-number",
        says="`code` of an error is the HTTP status as a number, and other keys are left out",
        vendors=("llama.cpp", "OpenRouter", "ZenMux"),
        clients="typed clients that expect text",
        sources=_docs("OpenRouter, errors", "https://openrouter.ai/docs/api/reference/errors"),
        explains={"error-fields": _always, "error-inband-fields": _always},
    ),
    Dialect(
        id="error-detail",
        says='an error is `{"detail": ...}`, as web frameworks answer, without an envelope',
        vendors=("Inferex", "servers built with FastAPI"),
        clients="the official SDKs: the exception has no message, type or code",
        sources=_docs(
            *("Inferex, documentation", "https://inferexapi.cloudvoice.in/docs"),
            *("FastAPI, handling errors", "https://fastapi.tiangolo.com/tutorial/handling-errors/"),
        ),
        explains={"error-envelope": _observed('{"detail"', '{ "detail"')},
    ),
)

DIALECTS: Mapping[str, Dialect] = MappingProxyType({row.id: row for row in _ROWS})
"""Every dialect, by its id."""


def recognised(rule: str, answer: Answer, violations: Sequence[Violation]) -> tuple[str, ...]:
    """The dialects that together explain all violations of a rule; empty if one is left unexplained."""
    rows = [(row.id, row.explains[rule](answer)) for row in _ROWS if rule in row.explains]
    named: dict[str, None] = {}
    for violation in violations if rows else ():
        found = next((name for name, explains in rows if explains(violation)), None)
        if found is None:
            return ()
        named[found] = None
    return tuple(named)
