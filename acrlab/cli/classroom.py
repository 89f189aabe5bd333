"""Commands of a class: a learner hands in, an instructor looks at everybody's work on one page."""

import time
from pathlib import Path
from typing import Annotated

import typer

from acrlab.cli.sentences import fail

classroom = typer.Typer(help="Results: handed in by learners, read by an instructor.", no_args_is_help=True)


@classroom.command("hand-in")
def hand_in(
    name: Annotated[str, typer.Argument(help="Your name, as the class knows you.")],
    to: Annotated[Path, typer.Option(help="The file to write.")] = Path("results.json"),
) -> None:
    """Write a signed bundle of your answers. It holds no key of a question, and no secret."""
    from acrlab.trainer import results
    from acrlab.trainer.ledger import Ledger

    if not name.strip():
        fail('a bundle needs a name: acrlab class hand-in "Amal Haddad"')
    ledger = Ledger()
    if ledger.broken is not None:
        typer.echo(f"acrlab: {ledger.broken}", err=True)
    if not ledger.entries:
        fail("there is nothing to hand in yet: answer questions first, with acrlab quiz or acrlab exam")
    signed = results.signed(ledger, name.strip(), time.time())
    _write(to, signed)
    typer.echo(f"{len(ledger.entries)} entries in {to}, signed with the key {results.opened(signed).fingerprint}")


@classroom.command("report")
def report(
    folder: Annotated[Path, typer.Argument(help="A folder with the bundles, *.json.")],
    to: Annotated[Path, typer.Option(help="The page to write.")] = Path("class.html"),
) -> None:
    """Turn a folder of bundles into one page: objectives, where the class is stuck, how good the questions are."""
    from acrlab.trainer import class_report

    if not folder.is_dir():
        fail(f"{folder} is no folder: name the one that holds the bundles")
    found = class_report.read(folder)
    for line in found.wrong:
        typer.echo(f"does not count: {line}", err=True)
    if not found.bundles:
        fail(f"no bundle in {folder} counts: learners write them with acrlab class hand-in NAME")
    _write(to, class_report.class_report(folder).encode())
    typer.echo(f"{to}: learners {len(found.bundles)}, files that do not count {len(found.wrong)}")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror or error}")
