"""Coverage-guided fuzzing of all that reads a stranger's bytes, with atheris, which `make fuzz` installs.

`python -m tools.fuzz` tries each target of `tools.targets` in turn, `python -m tools.fuzz judge decoder`
those alone, each for `--seconds`, in a process of its own that begins with the seeds. What a target raises on
is written to the folder `--found`, and the exit code is 1; `python -m tools.fuzz --again FILE` raises it once
more, without atheris. What is found becomes a test beside the code that raised.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["NAMES", "main"]

NAMES = ("decoder", "assemblers", "judge", "report", "evidence", "configuration")
_LIMITS = ("-timeout=60", "-rss_limit_mb=2048", "-max_len=20000", "-print_final_stats=1", "-verbosity=0")


def fuzz(name: str, corpus: str, found: str, seconds: int) -> None:
    """Feeds one target until the time is over. Ends the process."""
    atheris = import_module("atheris")  # an extra

    with atheris.instrument_imports(include=["conformance"]):
        from tools.targets import TARGETS  # noqa: PLC0415 - instrumented as it is imported

    target = TARGETS[name]
    for number, seed in enumerate(target.seeds()):
        Path(corpus, f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-artifact_prefix={found}/{name}-", *_LIMITS, corpus]
    atheris.Setup([sys.argv[0], *options], target.feed)
    atheris.Fuzz()


def again(path: Path) -> None:
    """Feeds a target, which the file's name begins with, what it raised on."""
    from tools.targets import TARGETS  # noqa: PLC0415 - not needed by those who fuzz

    TARGETS[path.name.partition("-")[0]].feed(path.read_bytes())


def main(arguments: Sequence[str]) -> int:
    """Fuzz each target in another process, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--seconds", type=int, default=120, help="for each target")
    parser.add_argument("--found", type=Path, default=Path("fuzzed"), help="the folder for what is found")
    parser.add_argument("--again", type=Path, help="a file that was found")
    parser.add_argument("--corpus", help=argparse.SUPPRESS)
    how = parser.parse_args(arguments)
    if unknown := set(how.targets) - set(NAMES):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    if how.again is not None:
        again(how.again)
        return 0
    how.found.mkdir(parents=True, exist_ok=True)
    if how.corpus is not None:
        fuzz(how.targets[0], how.corpus, str(how.found), how.seconds)
    failed = []
    for name in how.targets or NAMES:
        began = time.monotonic()
        with TemporaryDirectory() as corpus:
            options = ["--seconds", str(how.seconds), "--found", str(how.found), "--corpus", corpus]
            own = [sys.executable, "-m", "tools.fuzz", name, *options]
            done = subprocess.run(own, stderr=subprocess.PIPE, check=False)  # noqa: S603 - ourselves
        told = done.stderr.decode(errors="replace")
        counted = [line.split()[-1] for line in told.splitlines() if "number_of_executed_units" in line]
        seconds = time.monotonic() - began
        outcome = "nothing found" if not done.returncode else "FAILED"
        sys.stdout.write(f"{name:14}{(counted or ['?'])[0]:>10} inputs{seconds:8.0f} s   {outcome}\n")
        if done.returncode:
            failed.append(name)
            sys.stdout.write(told[-5_000:] + "\n")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
