"""`conformance verify`: whether a bundle holds, by its own evidence."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import click

from conformance.certify.beside import beside_line
from conformance.certify.bundle import read_bundle
from conformance.certify.signature import signature_of, signed_by
from conformance.certify.verify import Verification, verified
from conformance.gate import ExitCode
from conformance.report.visible import one_line
from conformance.text import counted

__all__ = ["verify_command"]

_WIDTH = 600


@click.command("verify")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--ssh-signers",
    "signers",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Check BUNDLE.sig too: one of these allowed signers must have made it, with ssh-keygen -Y sign.",
)
@click.option(
    "--at", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="The day of the check; today by default."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify_command(bundle: Path, *, signers: Path | None, at: datetime | None, as_json: bool) -> ExitCode:
    """Check a bundle of `pytest --certify`, with no network: judge its evidence again and compare.

    All that is wrong is listed. The exit code is 0 for a certificate that holds, 1 if something is wrong or
    it is no certificate, 6 if another version of the suite made it, which this one cannot judge.
    """
    data = read_bundle(bundle)
    today: date = (at or datetime.now(UTC)).date()
    result = verified(data, today)
    if signers is not None:
        names, problems = signed_by(bundle, data, signers)
        result = replace(result, problems=(*result.problems, *problems), signers=names)
    if as_json:
        # The escape keeps the value, and a CI runner finds no command in it.
        click.echo(json.dumps(_json(result, today)).replace("##", r"#\u0023"))
    else:
        _tell(bundle, result, asked=signers is not None)
    return result.exit_code


def _tell(bundle: Path, result: Verification, *, asked: bool) -> None:
    # That it is no certificate the last line says.
    told = [problem for problem in result.problems if problem.code != "not-certified"]
    for problem in told:
        click.echo(f"  {click.style(problem.code, fg='red')} {one_line(str(problem), _WIDTH)}")
    if result.exchanges:
        judged = f"{counted(result.exchanges, 'exchange')} judged again"
        click.echo(f"  {judged}: {counted(result.verdicts, 'verdict')} compared")
    if result.signers:
        click.echo(f"  signed by {', '.join(one_line(name, _WIDTH) for name in result.signers)}")
    elif not asked and (signature := signature_of(bundle)).is_file():
        named = one_line(signature.name, _WIDTH)
        click.echo(
            f"  its signature was not checked: {named} lies beside it, and --ssh-signers FILE checks it"
        )
    elif not asked:
        click.echo("  who made it was not checked: see --ssh-signers, and docs/certification.md")
    if line := beside_line(result.beside):
        click.echo(f"  {one_line(line, _WIDTH)}")
    if result.content is not None and result.content["reach"]:
        click.echo(f"  {one_line(result.content['reach'], _WIDTH)}")
    if told:
        click.echo(f"  {counted(len(told), 'problem')}")
    colour = "green" if result.exit_code is ExitCode.CONFORMS else "red"
    click.echo(f"{bundle.name}: {click.style(one_line(result.sentence, _WIDTH), fg=colour, bold=True)}")


def _json(result: Verification, today: date) -> dict[str, object]:
    content = result.content or {}
    return {
        "verdict": content.get("verdict"),
        "says": content.get("says"),
        "holds": result.exit_code is ExitCode.CONFORMS,
        "exit_code": int(result.exit_code),
        "sentence": result.sentence,
        "at": today.isoformat(),
        "expires": content.get("expires"),
        "exchanges": result.exchanges,
        "verdicts": result.verdicts,
        "beside": list(result.beside),
        "signers": list(result.signers),
        "problems": [problem.as_json() for problem in result.problems],
    }
