"""What breaks and what keeps the requirements on reasoning."""

from tests.proof.streams import responses
from tests.proof.streams.chat import ASKS, REASONING, ROLE, TEXT, choice, chunk, says, wire
from tests.proof.streams.edits import behind, edited, every, nth, once, swapped
from tests.proof.streams.handmade import Wire

BROKEN: tuple[Wire, ...] = (
    edited(REASONING, "reasoning-list", nth(0, b'"Let me "', b'["Let me "]'), breaks="reasoning-string"),
    edited(
        REASONING,
        "reasoning-goes-on",
        behind(b'"Hello"', chunk(choice({"reasoning_content": "Or not."}))),
        breaks="reasoning-order",
    ),
    edited(
        REASONING,
        "reasoning-after-finish",
        behind(b'"finish_reason":"stop"', chunk(choice({"reasoning_content": "Or not."}))),
        breaks=("reasoning-order", "after-finish"),
        cause="What comes after the end comes after the content too.",
    ),
    edited(
        REASONING,
        "reasoning-twice-unlike",
        once(b'"reasoning_content":"think."', b'"reasoning_content":"think.","reasoning":"rest."'),
        breaks="reasoning-fields-agree",
    ),
    edited(
        REASONING,
        "reasoning-half-in-other-field",
        once(b'"reasoning_content":"think."', b'"reasoning":"think."'),
        breaks="reasoning-fields-agree",
    ),
    edited(
        REASONING,
        "reasoning-grows",
        once(b'"think."', b'"Let me think"'),
        behind(b'"Let me think"', chunk(choice({"reasoning_content": "Let me think it over."}))),
        breaks="reasoning-cumulative",
    ),
    edited(
        REASONING,
        "reasoning-grows-in-other-field",
        once(b'"think."', b'"Let me think"'),
        behind(b'"Let me think"', chunk(choice({"reasoning_content": "Let me think it over."}))),
        every(b'"reasoning_content"', b'"reasoning"'),
        breaks=("reasoning-cumulative", "reasoning-field"),
        cause="The field is the other one too.",
    ),
    edited(REASONING, "reasoning-first", swapped(b'"role"', b'"Let me "'), breaks="reasoning-after-role"),
    edited(
        TEXT, "think-tag-cut", once(b'"Hel"', b'"<thi"'), once(b'"lo, "', b'"nk>Hm"'), breaks="think-leak"
    ),
    edited(TEXT, "think-end-alone", once(b'"wor"', b'"</think>wor"'), breaks="think-leak"),
    edited(responses.TEXT, "think-in-responses", every(b"Hel", b"<think>"), breaks="think-leak"),
    edited(
        responses.TEXT,
        "reasoning-counted-without-item",
        once(b'"reasoning_tokens":0', b'"reasoning_tokens":3'),
        breaks="reasoning-item",
    ),
    wire(
        "reasoning-after-white-space-and-text",
        ROLE,
        {"content": "\n"},
        {"content": "Hi"},
        {"reasoning_content": "Hm."},
        breaks="reasoning-order",
    ),
)

LEGAL: tuple[Wire, ...] = (
    wire(
        "reasoning-before-role",
        {"reasoning_content": "Hm."},
        {"role": "assistant", "content": "Hi"},
        breaks="reasoning-after-role",
    ),
    wire(
        "reasoning-field",
        ROLE,
        {"reasoning": "Hm"},
        {"reasoning": "."},
        {"content": "Hi"},
        breaks="reasoning-field",
    ),
    wire(
        "reasoning-fields-equal",
        ROLE,
        {"reasoning": "Hm.", "reasoning_content": "Hm."},
        {"reasoning": None, "reasoning_content": None, "content": "Hi"},
    ),
    wire(
        "reasoning-empty-after-content",
        ROLE,
        {"reasoning_content": "Hm."},
        {"content": "Hi", "reasoning_content": ""},
    ),
    wire("reasoning-alone", ROLE, {"reasoning_content": "Hm"}, finish="length"),
    wire(
        "reasoning-details",
        ROLE,
        {"reasoning_details": [{"type": "reasoning.text", "text": "Hm."}], "reasoning": "Hm."},
        {"content": "Hi"},
        breaks="reasoning-field",
    ),
    edited(
        REASONING,
        "reasoning-role-in-same-delta",
        every(b'"content":"","refusal":null', b'"reasoning_content":"Oh. "'),
    ),
    wire(
        "reasoning-after-white-space",
        ROLE,
        {"content": "\n"},
        {"content": " \n"},
        {"reasoning_content": "Hm."},
        {"content": "Hi"},
    ),
    wire(
        "think-tag-asked-about",
        *says("Use a <th", "ink> tag."),
        asks={**ASKS, "messages": [{"role": "user", "content": "What is the <think> tag?"}]},
    ),
    wire(
        "think-tag-of-a-system-prompt",
        *says("</think>", " ends it."),
        asks={**ASKS, "messages": [{"role": "system", "content": "Put thoughts in <thinking>."}]},
    ),
)
