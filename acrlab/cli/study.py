"""Commands to learn with: the same checks, questions and exams as in the notebooks."""

from typing import Annotated

import typer

from acrlab.cli.page import opened

Page = Annotated[bool, typer.Option("--page", help="In the browser, as a page of its own; needs Voilà.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="With --page: print its address, open nothing.")]
Pack = Annotated[str, typer.Option(help="Whose objectives: ai-200, az-104, sc-500; az-204 is retired.")]


def check(lab: Annotated[str, typer.Argument(help="01-push-and-organise, or the part that tells it apart.")]) -> None:
    """Check a lab in the running emulator: what is done, what is missing, what to try."""
    from acrlab.course.terminal import check_in_terminal

    raise typer.Exit(check_in_terminal(lab))


def quiz(
    topic: Annotated[str, typer.Option(help="Only questions of a topic or an objective.")] = "",
    count: Annotated[int, typer.Option(min=1, help="How many questions.")] = 10,
    seed: Annotated[int, typer.Option(help="The same numbers and names again.")] = 0,
    pack: Pack = "",
    page: Page = False,
    no_browser: NoBrowser = False,
) -> None:
    """Practise: questions chosen for you, each with the reasons, and spaced so that they stay."""
    from acrlab.trainer import terminal

    if page:
        shown = f"ui.quiz(topic={topic!r}, count={count}, seed={seed}, pack={pack!r})"
        raise typer.Exit(opened(shown, browser=not no_browser))
    raise typer.Exit(terminal.quiz(topic, count, seed, pack))


def exam(
    pack: Pack = "ai-200",
    minutes: Annotated[float, typer.Option(min=0, help="Instead of the time the real exam gives.")] = 0,
    extra_time: Annotated[float, typer.Option(min=1, max=4, help="A factor, as granted on request: 1.25, 1.5, 2.")] = 1,
    questions: Annotated[int, typer.Option(min=0, help="A shorter exam.")] = 0,
    new: Annotated[bool, typer.Option("--new", help="Begin anew instead of going on.")] = False,
    page: Page = False,
    no_browser: NoBrowser = False,
) -> None:
    """Sit an exam under its rules, or go on with the one that was left. The report goes item by item."""
    from acrlab.trainer import terminal

    if page:
        shown = f"ui.exam({pack!r}, questions={questions}, minutes={minutes}, extra_time={extra_time})"
        raise typer.Exit(opened(shown, browser=not no_browser))
    raise typer.Exit(terminal.exam(pack, minutes, extra_time, questions=questions, new=new))


COMMANDS = (check, quiz, exam)
