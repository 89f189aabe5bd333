"""Testing of courses: yours as well as this one. `python -m acrlab.testing [--no-run] [--no-compare] [PATH ...]`

    from pathlib import Path
    import pytest
    from acrlab import testing

    @pytest.mark.parametrize("path", testing.notebooks([Path("course")]), ids=str)
    def test_it_is_clean(path):
        assert testing.lint(path) == []

    def test_they_all_run():
        outcomes = testing.run(testing.notebooks([Path("course")]))
        assert not [each.line() for each in outcomes if each.problem]

`lint` looks at what is committed: execution counts, tags, secrets, paths, what changes from day to day. `run` runs
every notebook in a process and a world of its own, all at once, compares what it shows with what is committed, and has
every `solution.ipynb` earn all its points. Labs of your own live in folders like those in `labs/`: `prove` does with
one of them what this course's CI does with its own.
"""

import sys
import time
from pathlib import Path

from acrlab.course import proof
from acrlab.course.executed import Outcome
from acrlab.course.folder import find
from acrlab.course.lane import run, serve
from acrlab.course.lint import RULES, Problem, lint, notebooks

__all__ = ["RULES", "Outcome", "Problem", "lint", "main", "notebooks", "prove", "run", "serve"]

DEFAULT = ("notebooks", "labs")


def prove(lab: str | Path) -> list[str]:
    """What is wrong with a lab, in sentences: its solution, its checks, its wrong answers, its learner's notebook.

    An emulator is started when the environment names none. Raises: LabUnknown, LabInvalid.
    """
    from acrlab.client import cloud
    from acrlab.course import build
    from acrlab.course.lab import Lab

    folder, control = find(lab), cloud.attach()
    stale = [f"{folder.name}/lab.ipynb is stale: run python -m acrlab.course.build"] if build.stale(folder) else []
    leaks = [f"{folder.name}/lab.ipynb shows an answer: {line}" for line in ([] if stale else proof.leaked(folder))]
    return [*stale, *leaks, *proof.judge(proof.gather(Lab(folder, control), control))]


def main(arguments: list[str]) -> int:
    """Lint and run notebooks, and say how it went. Returns 0 when all is well."""
    begun, flags = time.perf_counter(), {each for each in arguments if each.startswith("--")}
    strange = flags - {"--no-run", "--no-compare"}
    given = [Path(each) for each in arguments if each not in flags]
    missing = [str(each) for each in given if not each.exists()]
    if strange or missing:
        sys.stderr.write(f"acrlab: unknown: {', '.join([*sorted(strange), *missing])}\n")
        return 2
    paths = notebooks(given or [each for each in map(Path, DEFAULT) if each.exists()])
    problems = [problem for path in paths for problem in lint(path)]
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    failed = 0
    for outcome in () if "--no-run" in flags else serve(paths, compare="--no-compare" not in flags):
        failed += bool(outcome.problem)
        sys.stdout.write(f"{outcome.line()}\n")
        sys.stdout.flush()
    seconds = time.perf_counter() - begun
    sys.stdout.write(f"{len(paths)} notebooks, {len(problems)} problems, {failed} failed, {seconds:.1f} s\n")
    return 1 if problems or failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
