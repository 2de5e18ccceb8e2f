"""Stored runs of many endpoints over many nights, made from one real run of the reference provider.

`python -m tools.nights` writes those of 100 endpoints over 30 nights into a temporary folder, and the
dashboard of them in a process of its own, and prints what that costs. It fails above 30 s of CPU, 1 GiB, or
2 MB for a page. Where there is a Chromium, it measures what each filter takes until it is to be seen, beside
what the page took to load in the same window, and fails above that.
`--keep DIR` keeps everything; `--providers N` and `--nights N` make it smaller or larger.

The reports of the newest night have every line of the real one, those of older nights its header and its
footer alone, since no more of them is read. What is broken differs from endpoint to endpoint and from night
to night, always in the same way.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from conformance.api import run_endpoint
from conformance.profiles import profiles
from conformance.reference.server import Reference
from conformance.report.write import folder_name
from conformance.requirements import CATALOGUE
from tests.browser.chromium import browser, chromium

__all__ = ["main", "real_run", "write_nights"]

NEWEST = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
SECONDS = 30
MEMORY = 1024  # MiB
PAGE = 2_000_000  # bytes
_BROKEN = 14  # requirements that an endpoint breaks every night, at most
_TURNING = 3  # requirements that it breaks in some nights, at most
_ACTS = {
    "all unfolded": "unfold.click()",
    "only MUST": "filters.must.click()",
    "all levels": "filters.must.click()",
    "where endpoints differ": "filters.differ.click()",
    "what is broken": "filters.broken.click()",
    "everything": "filters.querySelector('[type=reset]').click()",
    "text": "filters.find.value = 'e', filters.find.dispatchEvent(new Event('input', {bubbles: true}))",
    "without a column": "columns.querySelectorAll('input')[3].click()",
    "without columns": "no.click()",
    "with all columns": "document.getElementById('all').click()",
}
_OUTCOMES = {"MUST": "fail", "SHOULD": "warn", "INFO": "info"}
_OBSERVED = 'no such key in event 3: data: {"id":"chatcmpl-1","object":"chat.completion.chunk"}'


def main(arguments: Sequence[str]) -> int:
    """Makes runs and the dashboard of them; returns 1 if that costs too much."""
    parser = argparse.ArgumentParser(prog="python -m tools.nights", description=__doc__.partition("\n")[0])
    parser.add_argument("--providers", type=int, default=100)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args(arguments)
    with TemporaryDirectory() as temporary:
        root = asked.keep or Path(temporary)
        count = write_nights(root, real_run(), asked.providers, asked.nights)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "conformance", "dashboard", str(root)], check=True)  # noqa: S603
        took = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        memory = used.ru_maxrss / 1024
        steps = filtered(root / "index.html") if chromium() else {}
        sizes = {path.name: path.stat().st_size for path in sorted(root.glob("*.*"))}
    sys.stdout.write(
        f"{count} stored runs: {took:.1f} s, {seconds:.1f} s of them CPU, {memory:.0f} MiB at most\n"
    )
    sys.stdout.write(", ".join(f"{name} {size / 1e6:.2f} MB" for name, size in sizes.items()) + "\n")
    pages = max(size for name, size in sizes.items() if name.endswith(".html"))
    load = steps.pop("load", 0.0)
    slowest = max(steps, key=lambda name: steps[name], default="")
    if steps:
        sys.stdout.write(
            f"in Chromium: loaded in {load:.0f} ms; the slowest of {len(steps)} filters, {slowest}, in "
            f"{steps[slowest]:.0f} ms, {steps[slowest] / load:.2f} of it\n"
        )
    slow = bool(steps) and steps[slowest] > load
    return int(seconds > SECONDS or memory > MEMORY or pages > PAGE or slow)


def filtered(page: Path) -> dict[str, float]:
    """The milliseconds that a page takes to load, and each of its filters until it is to be seen."""
    # The task behind the second frame runs when the first has been painted.
    seen = "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(tell)))"
    with browser() as found, found.tab(page) as tab:
        load = "performance.getEntriesByType('navigation')[0].loadEventEnd"
        steps: dict[str, float] = {"load": float(tab.run(load))}
        for name, act in _ACTS.items():
            tell = "const began = performance.now(), tell = () => done(performance.now() - began)"
            steps[name] = float(tab.run(f"new Promise(done => {{ {tell}; {act}; {seen} }})"))
    return steps


def real_run() -> list[str]:
    """The lines of `report.jsonl` of a run of the reference provider."""
    with TemporaryDirectory() as folder, Reference() as reference:
        result = run_endpoint(reference.base_url, model="reference")
        page = result.write(Path(folder))
        return (page.parent / "report.jsonl").read_text(encoding="utf-8").splitlines()


def write_nights(root: Path, lines: Sequence[str], providers: int, nights: int) -> int:
    """Writes the runs of so many endpoints in so many nights; returns how many there are."""
    header, footer = json.loads(lines[0]), json.loads(lines[-1])
    count = 0
    for number in range(providers):
        for name, ago, head, foot in _runs(number, nights, header, footer):
            folder = root / folder_name(name) / folder_name(head["model"]) / f"{_day(ago):%Y%m%dT%H%M%SZ}"
            folder.mkdir(parents=True, exist_ok=True)
            between = lines[1:-1] if ago == 0 else ()
            text = "\n".join([json.dumps(head), *between, json.dumps(foot)])
            (folder / "report.jsonl").write_text(f"{text}\n", encoding="utf-8")
            (folder / "index.html").write_text("<!doctype html><title>a run</title>\n", encoding="utf-8")
            count += 1
    return count


_Run = tuple[str, int, dict[str, Any], dict[str, Any]]
"""A run: the provider, how many nights ago, its header and its footer."""


def _runs(number: int, nights: int, header: Mapping[str, Any], footer: Mapping[str, Any]) -> Iterator[_Run]:
    chance = Random(number)  # noqa: S311 - the same runs every time, not secrets
    name = f"provider-{number:03}"
    rules = [rule for rule in CATALOGUE if rule.id in footer["results"]]
    always = chance.sample(rules, chance.randint(0, _BROKEN))
    turning = [
        (rule, chance.randint(2, nights)) for rule in chance.sample(rules, chance.randint(0, _TURNING))
    ]
    without = "responses" if number % 3 == 1 else ""
    for ago in reversed(range(8 if number % 20 == 7 else 0, nights)):
        if ago and chance.random() < 0.02:
            continue
        bad = always + [rule for rule, period in turning if (ago // period) % 2 == 0]
        results = dict(footer["results"])
        for rule in rules:
            if rule.family.value == without:
                results[rule.id] = _result("not_applicable", rule.level.value)
        for rule in bad:
            if rule.family.value != without:
                results[rule.id] = _result(_OUTCOMES[rule.level.value], rule.level.value, _OBSERVED)
        ids = [rule.id for rule in bad if rule.level.value == "MUST" and rule.family.value != without]
        head = {
            **header,
            "provider": name,
            "model": f"vendor/model-{number % 7}-instruct",
            "started": f"{_day(ago):%Y-%m-%dT%H:%M:%SZ}",
            "replayed": number % 25 == 3,
        }
        part = "interrupted before its end" if chance.random() < 0.01 and ago else ""
        yield (
            name,
            ago,
            head,
            {
                **footer,
                "results": results,
                "profiles": [_standing(one, ids) for one in footer["profiles"]],
                "incomplete": part,
                "complete": not part,
            },
        )


def _result(outcome: str, level: str, observed: str = "") -> dict[str, Any]:
    return {"outcome": outcome, "level": level, "observed": observed, "because": "", "known": False}


def _standing(standing: dict[str, Any], bad: Sequence[str]) -> dict[str, Any]:
    broken = [name for name in bad if name in profiles()[standing["profile"]].requirements]
    return {**standing, "verdict": "broken", "reason": "", "broken": broken} if broken else standing


def _day(ago: int) -> datetime:
    return NEWEST - timedelta(days=ago)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
