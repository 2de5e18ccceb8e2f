# ruff: noqa: INP001 - a script that llama-server's own environment runs
"""Write a model of a few hundred tokens for llama-server, made by hand: `python model.py FILE`.

Its one layer does nothing, each token's embedding is a direction of its own, and the output matrix says
which token follows which. So it speaks fixed sentences, token by token, and the chat template chooses the
sentence with the last token of the prompt. Needs gguf and numpy.
"""

import sys
from itertools import pairwise
from pathlib import Path

import gguf  # type: ignore[import-not-found]
import numpy as np  # type: ignore[import-not-found]

HEADS = 4
WIDTH = 512  # of an embedding; at least the number of tokens
END = "<|im_end|>"
# Pieces between bars are tokens, those with a tilde a token for each byte. No token stands in two places:
# what follows it is all that the model knows.
SENTENCES = {
    "<|text|>": "Hello|, |w|~ö|rld |~👋|! |This |model |was |made |by |hand| and |says |these |few |words |"
    "whoever |asks| for |them|, which |is |quite |enough |to |see |how |its |server |streams|.",
    "<|think|>": "<think>\n|A |greeting |will |do|.\n|</think>\n\n|Good |day|!",
    "<|json|>": '{"city|": "Par|is", "c|ode": "j|son"}',
    "<|call|>": '<tool_call>\n|{"name": "get_|weather", "arg|uments": {"ci|ty": "Paris", "co|de": "one"}}|'
    "\n</tool_call>",
    "<|calls|>": '<tool_call>\n{|"name": "get_w|eather", "argu|ments": {"city": "Pa|ris", "code": "one"|}}\n'
    '</tool|_call>\n<tool|_call>\n{"name": "get|_weather", "arguments"|: {"city": "Rome", "co|de": '
    '"two"}}\n|</tool_call>',
}


def byte_letters() -> list[str]:
    """The letter that stands for each byte in GPT-2's vocabulary: itself where it can be seen."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in seen]
    letters = {byte: chr(byte) for byte in seen} | {byte: chr(256 + n) for n, byte in enumerate(hidden)}
    return [letters[byte] for byte in range(256)]


def main(path: Path) -> None:
    """Write the model."""
    letters = byte_letters()
    controls = ["<|endoftext|>", "<|im_start|>", END, *SENTENCES]
    tokens = [*letters, *controls, letters[0x20] + "t"]

    def spelled(piece: str) -> list[str]:
        octets = [letters[octet] for octet in piece.removeprefix("~").encode()]
        return octets if piece.startswith("~") else ["".join(octets)]

    follows: dict[str, str] = {}
    for start, sentence in SENTENCES.items():
        spoken = [start, *(token for piece in sentence.split("|") for token in spelled(piece)), END]
        for token, after in pairwise(spoken):
            if follows.setdefault(token, after) != after:
                raise SystemExit(f"{token!r} stands in two places")
        tokens += [token for token in spoken if token not in tokens]
    number = {token: index for index, token in enumerate(tokens)}
    tokens += [f"<|unused-{index}|>" for index in range(len(tokens), WIDTH)]

    output = np.zeros((WIDTH, WIDTH), np.float32)
    output[number[END], :] = 0.25  # what follows nothing ends the answer
    for token, after in follows.items():
        output[number[after], number[token]] = 1.0

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(4096)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(WIDTH)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    kinds = dict.fromkeys(tokens, gguf.TokenType.NORMAL) | dict.fromkeys(controls, gguf.TokenType.CONTROL)
    writer.add_token_types(list(kinds.values()))
    writer.add_token_merges([f"{letters[0x20]} t"])
    writer.add_bos_token_id(number["<|endoftext|>"])
    writer.add_eos_token_id(number[END])
    writer.add_add_bos_token(False)
    writer.add_chat_template(Path(__file__).with_name("template.jinja").read_text(encoding="utf-8"))
    writer.add_tensor("token_embd.weight", np.eye(WIDTH, dtype=np.float32))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("output.weight", output)
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", np.ones(WIDTH, np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((WIDTH, WIDTH), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
