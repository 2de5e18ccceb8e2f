"""The marks of chat templates, by family of models, and where each mark is from.

A model writes them among its text: the end of a turn, the begin of its thoughts, the form of a call. A server
takes them out and puts what they say into fields. What is left of them in an answer reached the client by
mistake. Marks are facts about models; the parsers of vLLM and SGLang, which know them, are named as sources.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

__all__ = [
    "BAR",
    "BARE",
    "BARE_NEEDLES",
    "CLOSED_CALLS",
    "FORMS",
    "OTHERS",
    "TEMPLATES",
    "Form",
    "Kind",
    "Template",
]

_VLLM: Final = "https://github.com/vllm-project/vllm/blob/main/vllm"
_SGLANG: Final = "https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/function_call"
_HF: Final = "https://huggingface.co"


class Kind(Enum):
    """What a mark belongs to."""

    CALL = auto()  # the form in which a model writes a tool call
    CONTROL = auto()  # turns, roles, channels, and the ends of texts
    THOUGHT = auto()  # `<think>`, which `think-leak` looks for in the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The marks that one family of models writes, and the address of a page or parser that has them.

    `calls` are about tool calls, `control` about everything else. `closing` ends what an XML tag of the same
    name begins, so it is a mark at the end of a text that never opened it, and nowhere else.
    """

    models: str
    source: str
    calls: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()


TEMPLATES: Final = (
    Template(
        models="ChatML",
        source=f"{_HF}/Qwen/Qwen3-8B/blob/main/tokenizer_config.json",
        control=("<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|endoftext|>", "<|endofprompt|>"),
    ),
    Template(
        models="Hermes and Qwen",
        source=f"{_VLLM}/tool_parsers/hermes_tool_parser.py",
        calls=("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"),
    ),
    Template(
        models="Qwen Coder",
        source=f"{_VLLM}/tool_parsers/qwen3coder_tool_parser.py",
        calls=("<function=", "<parameter="),
        closing=("</function>", "</parameter>"),
    ),
    Template(
        models="harmony (gpt-oss)",
        source="https://github.com/openai/harmony/blob/main/docs/format.md",
        control=(
            *("<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>"),
            "<|constrain|>",
        ),
    ),
    Template(
        models="DeepSeek",
        source=f"{_VLLM}/tool_parsers/deepseekv3_tool_parser.py",
        calls=(
            *("<\uff5ctool\u2581calls\u2581begin\uff5c>", "<\uff5ctool\u2581calls\u2581end\uff5c>"),
            *("<\uff5ctool\u2581call\u2581begin\uff5c>", "<\uff5ctool\u2581call\u2581end\uff5c>"),
            *("<\uff5ctool\u2581sep\uff5c>", "<\uff5ctool\u2581outputs\u2581begin\uff5c>"),
        ),
        control=(
            *("<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
            *("<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>"),
        ),
    ),
    Template(
        models="DeepSeek (DSML)",
        source=f"{_VLLM}/tool_parsers/deepseekv32_tool_parser.py",
        calls=("<\uff5cDSML\uff5c", "</\uff5cDSML\uff5c"),
    ),
    Template(
        models="Kimi",
        source=f"{_VLLM}/tool_parsers/kimi_k2_tool_parser.py",
        calls=(
            *("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "<|tool_call_begin|>"),
            *("<|tool_call_argument_begin|>", "<|tool_call_end|>"),
        ),
        control=("<|im_user|>", "<|im_assistant|>", "<|im_system|>", "<|im_middle|>"),
        closing=("[EOS]", "[EOT]"),
    ),
    Template(
        models="Kimi K3",
        source=f"{_SGLANG}/kimik3_format.py",
        calls=("<|open|>call", "<|close|>call", "<|open|>tools", "<|open|>argument"),
        control=("<|open|>", "<|close|>", "<|sep|>"),
    ),
    Template(
        models="Kimi VL",
        source=f"{_HF}/moonshotai/Kimi-VL-A3B-Thinking",
        control=("\u25c1think\u25b7", "\u25c1/think\u25b7"),
    ),
    Template(
        models="Llama",
        source=f"{_VLLM}/tool_parsers/llama_tool_parser.py",
        calls=("<|python_tag|>", "<|python_start|>", "<|python_end|>"),
        control=(
            *("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>"),
            *("<|eot_id|>", "<|eom_id|>", "<|eot|>", "<|eom|>", "<|header_start|>", "<|header_end|>"),
            *("<<SYS>>", "<</SYS>>"),
        ),
    ),
    Template(
        models="Mistral",
        source=f"{_VLLM}/tool_parsers/mistral_tool_parser.py",
        calls=(
            "[TOOL_CALLS]",
            "[TOOL_RESULTS]",
            "[/TOOL_RESULTS]",
            "[AVAILABLE_TOOLS]",
            "[/AVAILABLE_TOOLS]",
        ),
        control=("[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[THINK]", "[/THINK]"),
        closing=("</s>",),
    ),
    Template(
        models="Gemma",
        source="https://ai.google.dev/gemma/docs/core/prompt-structure",
        control=("<start_of_turn>", "<end_of_turn>"),
        closing=("<eos>", "<pad>"),
    ),
    Template(
        models="Gemma 4",
        source=f"{_VLLM}/tool_parsers/gemma4_tool_parser.py",
        calls=("<|tool_call>", "<tool_call|>", "<|tool_response>", "<tool_response|>"),
        control=("<|channel>", "<channel|>", "<|turn>", "<turn|>", "<|think|>", '<|"|>'),
    ),
    Template(
        models="FunctionGemma",
        source=f"{_VLLM}/tool_parsers/functiongemma_tool_parser.py",
        calls=("<start_function_call>", "<end_function_call>", "<start_function_response>"),
    ),
    Template(
        models="GLM",
        source=f"{_VLLM}/tool_parsers/glm4_moe_tool_parser.py",
        calls=("<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"),
        control=(
            *("<|user|>", "<|assistant|>", "<|system|>", "<|observation|>"),
            *("<|begin_of_box|>", "<|end_of_box|>", "[gMASK]", "<sop>"),
        ),
    ),
    Template(
        models="MiniMax",
        source=f"{_VLLM}/tool_parsers/minimax_m2_tool_parser.py",
        calls=("<minimax:tool_call>", "</minimax:tool_call>"),
        control=("]<]minimax[>[", "]~b]", "[e~["),
    ),
    Template(
        models="Hunyuan and Jamba",
        source=f"{_VLLM}/tool_parsers/hunyuan_a13b_tool_parser.py",
        calls=("<tool_calls>", "</tool_calls>", "<tool_sep>"),
        control=("<|hy_place", "<|extra_0|>"),
    ),
    Template(
        models="InternLM",
        source=f"{_VLLM}/tool_parsers/internlm2_tool_parser.py",
        calls=("<|action_start|>", "<|action_end|>", "<|plugin|>", "<|interpreter|>"),
    ),
    Template(
        models="Seed",
        source=f"{_VLLM}/tool_parsers/seed_oss_tool_parser.py",
        calls=("<seed:tool_call>", "</seed:tool_call>"),
        control=("<seed:think>", "</seed:think>", "<seed:cot_budget_reflect>", "<seed:bos>", "<seed:eos>"),
    ),
    Template(
        models="Step",
        source=f"{_VLLM}/tool_parsers/step3_tool_parser.py",
        calls=("<\uff5ctool_calls_begin\uff5c>", "<steptml:", "</steptml:"),
    ),
    Template(
        models="Granite",
        source=f"{_VLLM}/tool_parsers/granite_tool_parser.py",
        calls=("<|tool_call|>", "<function_call>", "</function_call>"),
        control=("<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"),
    ),
    Template(
        models="Olmo, Claude and others that write XML",
        source=f"{_VLLM}/tool_parsers/olmo3_tool_parser.py",
        calls=("<function_calls>", "</function_calls>", '<invoke name="'),
        closing=("</invoke>",),
    ),
    Template(
        models="Phi",
        source=f"{_VLLM}/tool_parsers/phi4mini_tool_parser.py",
        calls=("<|tool|>", "<|/tool|>", "<|tool_call|>", "<|/tool_call|>"),
    ),
    Template(
        models="Nemotron",
        source=f"{_SGLANG}/function_call_parser.py",
        calls=("<TOOLCALL>", "</TOOLCALL>", "<TOOL_RESPONSE>", "</TOOL_RESPONSE>"),
        control=("<SPECIAL_10>", "<SPECIAL_11>", "<SPECIAL_12>"),
    ),
    Template(
        models="LFM",
        source=f"{_VLLM}/tool_parsers/lfm2_tool_parser.py",
        calls=("<|tool_call_start|>", "<|tool_call_end|>", "<|tool_list_start|>"),
    ),
    Template(
        models="Apertus",
        source=f"{_VLLM}/tool_parsers/apertus_tool_parser.py",
        calls=("<|tools_prefix|>", "<|tools_suffix|>"),
        control=("<|inner_prefix|>", "<|inner_suffix|>", "<|assistant_end|>"),
    ),
    Template(
        models="GigaChat",
        source=f"{_VLLM}/tool_parsers/gigachat3_tool_parser.py",
        calls=("<|function_call|>",),
        control=("<|message_sep|>", "<|role_sep|>"),
    ),
    Template(
        models="LongCat",
        source=f"{_VLLM}/tool_parsers/longcat_tool_parser.py",
        calls=("<longcat_tool_call>", "</longcat_tool_call>", "<longcat_arg_key>", "<longcat_arg_value>"),
    ),
    Template(
        models="Command",
        source=f"{_VLLM}/tool_parsers/cohere_command_tool_parser.py",
        calls=("<|START_ACTION|>", "<|END_ACTION|>"),
        control=(
            *("<|START_THINKING|>", "<|END_THINKING|>", "<|START_RESPONSE|>", "<|END_RESPONSE|>"),
            *("<|START_TEXT|>", "<|END_TEXT|>", "<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>"),
            "<|CHATBOT_TOKEN|>",
        ),
    ),
    Template(
        models="Inkling",
        source=f"{_SGLANG}/inkling_detector.py",
        calls=("<|content_invoke_tool_json|>",),
        control=("<|message_model|>", "<|end_message|>"),
    ),
    Template(
        models="EXAONE",
        source=f"{_HF}/LGAI-EXAONE/EXAONE-4.0-32B/blob/main/chat_template.jinja",
        control=("[|assistant|]", "[|user|]", "[|system|]", "[|endofturn|]"),
    ),
    Template(
        models="Ernie",
        source=f"{_VLLM}/tool_parsers/ernie45_tool_parser.py",
        control=("<|begin_of_sentence|>", "<|end_of_sentence|>"),
    ),
)
"""What the parsers of inference servers take out. xLAM writes marks of Hermes and of Mistral."""

THOUGHTS: Final = Template(
    models="models that reason", source=f"{_VLLM}/reasoning/deepseek_r1_reasoning_parser.py"
)
"""The tags around thoughts: a pattern, since they have several spellings."""

OTHERS: Final = Template(models="a chat template", source=f"{_VLLM}/tool_parsers")


@dataclass(frozen=True, slots=True)
class Form:
    """Marks that are not one fixed text, and whose they are."""

    kind: Kind
    template: Template
    pattern: str


def _of(models: str) -> Template:
    return next(template for template in TEMPLATES if template.models == models)


BAR: Final = "\uff5c"
# What follows the bracket that begins a mark.
FORMS: Final = (
    Form(Kind.CALL, OTHERS, r"\|/?tool_call"),
    Form(Kind.CALL, _of("DeepSeek"), f"/?{BAR}tool"),
    Form(Kind.THOUGHT, THOUGHTS, r"(?i:/?think(?:ing)?>)"),
    # Names between bars: those of any template are words joined by underscores. Nobody else writes them so.
    Form(Kind.CONTROL, OTHERS, r"\|/?[A-Za-z0-9]{2,24}(?:[_\u2581][A-Za-z0-9]{1,24}){1,6}\|>"),
    Form(Kind.CONTROL, OTHERS, f"/?{BAR}[^<>{BAR}\n]{{2,40}}{BAR}"),
)
# Forms without any bracket: what is left of harmony and others where a tokenizer drops special tokens.
BARE: Final = (
    Form(
        Kind.CALL,
        _of("harmony (gpt-oss)"),
        r"(?:assistant|analysis|commentary|final) ?to=(?:functions\.|container|browser|python)",
    ),
    Form(Kind.CALL, _of("harmony (gpt-oss)"), r"to=functions\.[\w-]{1,64} ?(?:json|code) ?[\[{]"),
    Form(Kind.CALL, _of("Kimi"), r"functions\.[\w-]{1,64}:\d{1,4} ?\{"),
    Form(Kind.CALL, _of("Phi"), r"functools\[\s?\{"),
    Form(Kind.CALL, _of("Mistral"), r"\[ARGS\]\s?\{"),
    Form(Kind.CONTROL, _of("harmony (gpt-oss)"), r"assistant(?:final|analysis|commentary)(?=[A-Z\"\s*]|$)"),
    Form(Kind.CONTROL, _of("harmony (gpt-oss)"), r"\Aanalysis(?=[A-Z])"),
)
BARE_NEEDLES: Final = ("to=", "functions.", "functools[", "[ARGS]", "assistant", "analysis")

CLOSED_CALLS: Final = ("</function>", "</parameter>", "</invoke>")
"""The closing tags that end a call."""
