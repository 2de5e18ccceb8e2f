"""Writes .github/workflows/nightly.yml: a job for each provider of providers.toml that asks for a key.

`make workflows` runs it, and `tests/test_workflows.py` fails while the file is another. One job a provider,
each with its own secret by name: a matrix would need `secrets[...]`, by which a job reaches all of them.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from conformance.providers import Provider, find_providers, variable

__all__ = ["NIGHTLY", "keyed", "main", "nightly"]

ROOT = Path(__file__).parents[1]
NIGHTLY = ROOT / ".github" / "workflows" / "nightly.yml"

_ACTIONS = {
    "checkout": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "python": "actions/setup-python@ece7cb06caefa5fff74198d8649806c4678c61a1 # v6.3.0",
    "upload": "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1",
    "download": "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
}

_WORKFLOW = """\
# Made of providers.toml by `make workflows`: change that file, or tools/workflows.py.
#
# Every provider whose key is a secret of this repository, once a night; docs/nightly.md tells of it.
# Jobs that run what was installed may read this repository, and no more. The one that publishes runs nothing
# but git, on what the morning made.
name: nightly

on:
  schedule:
    - cron: "17 3 * * *" # not on the hour, when the queue is longest
  workflow_dispatch:

permissions: {{}}

concurrency:
  group: nightly
  cancel-in-progress: false

jobs:
  plan:
    name: Which providers
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      contents: read # to look up the branch with the nights before
    outputs:
      expected: ${{{{ steps.plan.outputs.expected }}}}
      nights: ${{{{ steps.plan.outputs.nights }}}}
{outputs}
    steps:
      - name: Plan
        id: plan
        # One line for each key of providers.toml: whether it is set, never the key.
        env:
          TOKEN: ${{{{ github.token }}}}
{has}
        run: |
          expected=""
          for answer in \\
{answers}
          do
            echo "$answer" >> "$GITHUB_OUTPUT"
            if [ "${{answer#*=}}" = true ]; then expected="$expected,${{answer%%=*}}"; fi
          done
          echo "expected=${{expected#,}}" >> "$GITHUB_OUTPUT"
          server="https://x-access-token:$TOKEN@${{GITHUB_SERVER_URL#https://}}"
          nights=$(git ls-remote "$server/$GITHUB_REPOSITORY" refs/heads/nights)
          echo "nights=${{nights%%[[:space:]]*}}" >> "$GITHUB_OUTPUT"

{jobs}

  morning:
    name: What changed since the last night
    needs: [plan, {names}]
    if: ${{{{ !cancelled() && needs.plan.result == 'success' }}}}
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    permissions:
      contents: read # to check out
    steps:
      - uses: {checkout}
        with:
          persist-credentials: false
      - name: The nights before
        if: needs.plan.outputs.nights != ''
        uses: {checkout}
        with:
          ref: ${{{{ needs.plan.outputs.nights }}}}
          path: site
          persist-credentials: false
      - uses: {python}
        with:
          python-version: "3.13"
      - run: python -m pip install -c constraints.txt -e .
      - uses: {download}
        with:
          pattern: report-*
          path: tonight
          merge-multiple: true
      - name: Tell
        env:
          EXPECTED: ${{{{ needs.plan.outputs.expected }}}}
          SITE: ${{{{ vars.CONFORMANCE_SITE }}}}
          CONFORMANCE_NOTIFY: ${{{{ secrets.CONFORMANCE_NOTIFY }}}}
        run: |
          mkdir -p tonight
          conformance nightly --tell tonight --provider "$EXPECTED" --report-dir site --keep 30 --site "$SITE"
      - name: Keep the site
        uses: {upload}
        with:
          name: site
          path: site/
          retention-days: 30

  publish:
    name: Publish
    needs: [plan, morning]
    if: ${{{{ !cancelled() && needs.morning.result == 'success' && needs.plan.outputs.expected != '' }}}}
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    permissions:
      contents: write # to push the branch `nights`, which Pages serves
    steps:
      - uses: {download}
        with:
          name: site
          path: site
      - name: Push
        # One commit without a past, so that the branch does not grow; the site itself keeps the nights. It
        # takes the place of the one that the morning has seen, or fails. The repository lies beside the
        # site, so that nothing in the site is a hook or a setting of it.
        env:
          TOKEN: ${{{{ github.token }}}}
          BEFORE: ${{{{ needs.plan.outputs.nights }}}}
        run: |
          export GIT_DIR="$RUNNER_TEMP/nights.git" GIT_WORK_TREE="$PWD/site"
          touch site/.nojekyll
          git init --quiet --initial-branch=nights
          git add --all --force
          export GIT_AUTHOR_NAME=nightly GIT_AUTHOR_EMAIL=nightly@localhost
          export GIT_COMMITTER_NAME=nightly GIT_COMMITTER_EMAIL=nightly@localhost
          git commit --quiet --message "The nights up to $(date -u +%F)"
          server="https://x-access-token:$TOKEN@${{GITHUB_SERVER_URL#https://}}"
          git push --quiet --force-with-lease="nights:$BEFORE" "$server/$GITHUB_REPOSITORY" nights:nights
"""

_JOB = """\
  {name}:
    name: {name}
    needs: plan
    if: needs.plan.outputs.{name} == 'true'
    permissions:
      contents: read # to check out
    uses: $/.github/workflows/provider.yml
    with:
      provider: {name}
      key-variable: {key}
      prefix: {prefix}
      model: ${{{{ vars.{prefix}_MODEL }}}}
      model-tools: ${{{{ vars.{prefix}_MODEL_TOOLS }}}}
      model-reasoning: ${{{{ vars.{prefix}_MODEL_REASONING }}}}
      nights: ${{{{ needs.plan.outputs.nights }}}}
    secrets:
      key: ${{{{ secrets.{key} }}}}
"""


def nightly(providers: Sequence[Provider]) -> str:
    """The text of the workflow for providers that each name the variable of a key."""
    keys = list(dict.fromkeys(item.api_key_env for item in providers))
    return _WORKFLOW.format(
        outputs=_lines(f"      {item.name}: ${{{{ steps.plan.outputs.{item.name} }}}}" for item in providers),
        has=_lines(f"          HAS_{key}: ${{{{ secrets.{key} != '' }}}}" for key in keys),
        answers=_lines(
            f'            "{item.name}=$HAS_{item.api_key_env}"{end}'
            for item, end in zip(providers, [" \\"] * (len(providers) - 1) + [""], strict=True)
        ),
        jobs="\n".join(
            _JOB.format(name=item.name, key=item.api_key_env, prefix=variable(item.name, "").rstrip("_"))
            for item in providers
        ).rstrip("\n"),
        names=", ".join(item.name for item in providers),
        **_ACTIONS,
    )


def keyed() -> list[Provider]:
    """The providers of this repository that ask for a key."""
    return [item for item in find_providers(folder=ROOT, environment={}).values() if item.api_key_env]


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def main() -> int:
    """Writes the file."""
    NIGHTLY.write_text(nightly(keyed()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
