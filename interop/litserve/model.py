# ruff: noqa: INP001 - a script that LitServe's own environment runs
"""A model for LitServe that does what the suite's prompts ask, and nothing else: `python model.py PORT`.

It repeats the line between the quotation marks, counts, gives a JSON object, or calls the first tool that
the request offers once for each city that it names. LitServe hands it the whole request; it reads no limit,
no stop sequence and no other parameter, as models that people wrap with LitServe often do not. Asked for as
`broken`, it fails in the middle of a text.
"""

import json
import re
import secrets
import sys
from collections.abc import Iterator
from typing import Any

import litserve  # type: ignore[import-not-found]
from litserve.specs.openai import OpenAISpec  # type: ignore[import-not-found]

BROKEN_AT = 3  # pieces
CITIES = ("Paris", "Rome")
GREETING = "Hello, wörld 👋! This model does what it is asked for, and greets whoever asks for nothing."


class Model(litserve.LitAPI):  # type: ignore[misc]
    """One request in, the messages of its answer out; LitServe makes a chunk of each."""

    def setup(self, device: str) -> None:
        """Nothing is loaded."""

    def predict(self, request: Any) -> Iterator[dict[str, Any]]:
        """The pieces of the answer to the last message of a ChatCompletionRequest."""
        prompt = str(request.messages[-1].content)
        cities = _cities(prompt) if request.tools and request.messages[-1].role != "tool" else []
        if cities:
            name = request.tools[0].function.name
            calls = [_call(index, name, city, prompt) for index, city in enumerate(cities)]
            yield {"role": "assistant", "content": None, "tool_calls": calls}
            return
        for number, piece in enumerate(re.findall(r"\s*\S+", _answer(prompt))):
            if request.model == "broken" and number == BROKEN_AT:
                raise RuntimeError
            yield {"role": "assistant", "content": piece}


def _cities(prompt: str) -> list[str]:
    return [city for city in CITIES if city in prompt]


def _call(index: int, name: str, city: str, prompt: str) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps({"city": city, "code": _code(prompt)})}
    return {"index": index, "id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}


def _answer(prompt: str) -> str:
    if "«" in prompt:
        return prompt.partition("«")[2].rpartition("»")[0]
    if "JSON" in prompt:
        return json.dumps({"city": CITIES[0], "code": _code(prompt)})
    if last := re.search(r"numbers 1 to (\d+)", prompt):
        return " ".join(f"{number}-{_code(prompt)}" for number in range(1, int(last[1]) + 1))
    return GREETING


def _code(prompt: str) -> str:
    found = re.search(r"(?s)«(.*)»", prompt) or re.search(r"the code (\w+)", prompt)
    return found[1] if found else ""


if __name__ == "__main__":
    server = litserve.LitServer(Model(spec=OpenAISpec()), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False)
