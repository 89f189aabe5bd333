"""python -m acrlab.trainer.prove [PATH …]: check question files, and run their keys."""

import sys
from pathlib import Path

from rich.console import Console

from acrlab.trainer import bank, oracle

SEEDS = (0, 1)  # variants whose key is run


def main(arguments: list[str], console: Console | None = None) -> int:
    """Print a line for each question. Returns how many are not all right."""
    out = console or Console(highlight=False, soft_wrap=True)
    found = bank.load()
    wanted = [question for question in found if not arguments or _named(question.id, arguments)]
    mistakes = [each for each in found.mistakes if not arguments or _named(each.path.removesuffix(".yaml"), arguments)]
    for mistake in mistakes:
        out.print(f"mistake  {mistake}", markup=False)
    red = 0
    for seed in SEEDS:
        for proof in oracle.prove_all(wanted, seed):
            red += not proof.holds
            if proof.holds and seed:
                continue
            word = "proven " if proof.holds else "BROKEN "
            cost = f"{len(proof.verdicts)} claims, {proof.seconds * 1000:.0f} ms"
            out.print(f"{word}  {proof.question}  {cost}", markup=False)
            for verdict in proof.broken():
                out.print(f"           variant {seed}: {verdict.claim}: {verdict.seen}", markup=False)
    out.print(f"{len(wanted)} questions, {len(mistakes)} mistakes, {red} broken keys", markup=False)
    return len(mistakes) + red


def _named(key: str, arguments: list[str]) -> bool:
    plain = [Path(each).as_posix().partition("questions/")[2] or each for each in arguments]
    return any(key == each.removesuffix(".yaml") or key.startswith(each.rstrip("/") + "/") for each in plain)


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
