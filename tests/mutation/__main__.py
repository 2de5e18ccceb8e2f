"""`python -m tests.mutation`: judge every mutant, write `docs/mutation.md`, fail on what is not explained.

With `--check` the page is not written: one that differs fails.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from tests.mutation.bases import bases
from tests.mutation.report import LEAST, share, written
from tests.mutation.run import Kind, run
from tests.mutation.survivors import miscounted, unlisted
from tests.mutation.unused import unused

PAGE = Path(__file__).parents[2] / "docs" / "mutation.md"


def main() -> int:
    """Run; 0 where all is explained and enough is killed, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail where docs/mutation.md differs")
    check = parser.parse_args().check
    found = run(bases())
    page, wrong = written(found), [*complaints(found), *unused(bases())]
    if not check:
        PAGE.write_text(page)
    elif page != PAGE.read_text():
        wrong.append(
            f"{PAGE.name} is not what this run found: run `make mutation`, and look at what changed."
        )
    sys.stdout.write(
        f"{found.total():,} mutants, {share(found):.2%} killed of those that are not equivalent\n"
    )
    sys.stderr.writelines(f"{complaint}\n" for complaint in wrong)
    return 1 if wrong else 0


def complaints(found: Counter[Kind]) -> list[str]:
    """What is wrong with a run, in sentences that say what to do."""
    survivors = Counter({kind: times for kind, times in found.items() if kind.fate == "survived"})
    few = share(found) < LEAST
    return [
        *([f"Only {share(found):.2%} are killed; at least {LEAST:.0%} have to be."] if few else []),
        *(
            f"Survived and is not listed: {_shown(kind)}. Add the requirement that is missing, or a row to "
            "tests/mutation/survivors.py that says why there is none."
            for kind in unlisted(survivors)
        ),
        *(
            f"{total} mutants survive that fit {row}: look at what is new or gone, then write the number "
            "into tests/mutation/survivors.py, or remove the row."
            for row, total in miscounted(survivors).items()
        ),
        *(
            f"Equivalent by the rule '{kind.rule}', and told of by {', '.join(kind.told)}: {_shown(kind)}. "
            "The rule in tests/mutation/equivalence.py is wrong, or the requirement fails legal streams."
            for kind in found
            if kind.fate == "misjudged"
        ),
        *(
            f"A check raised, which none may: {', '.join(kind.told)}, at {_shown(kind)}."
            for kind in found
            if kind.fate == "crashed"
        ),
    ]


def _shown(kind: Kind) -> str:
    return f"{kind.operator} of {kind.event} {kind.place} in {kind.base}".replace("  ", " ")


if __name__ == "__main__":
    sys.exit(main())
