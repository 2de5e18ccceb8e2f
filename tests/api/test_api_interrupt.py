"""Ctrl-C while `run_endpoint` waits: it ends the call, within a running event loop too."""

import sys

import pytest

from tests import home

PROGRAM = """
import asyncio, os, signal, socket, threading
import conformance

# A process in the background of a shell inherits that Ctrl-C is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
server = socket.create_server(("127.0.0.1", 0))
address = f"http://127.0.0.1:{server.getsockname()[1]}/v1"

def hang():
    client, _ = server.accept()  # and never answer
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait()

threading.Thread(target=hang, daemon=True).start()

def ask():
    return conformance.run_endpoint(address, model="m")

async def within():
    return ask()

try:
    asyncio.run(within()) if CALL == "within" else ask()
except KeyboardInterrupt:
    print("interrupted")
print("usual handler", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


@pytest.mark.parametrize("call", ["within", "without"])
def test_it_ends_the_call(call: str) -> None:
    """KeyboardInterrupt, and the handler of the program is back in its place."""
    done = home.run([sys.executable, "-c", f"CALL = {call!r}\n{PROGRAM}"])
    assert done.stdout.splitlines() == ["interrupted", "usual handler True"], done.stderr
