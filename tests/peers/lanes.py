"""A lane that could not run says so, loudly and again at the very end: silence must not pass for green."""

import os

import pytest

from tests.peers.tools import Missing, Tool, tool

PREFIX = "LANE NOT RUN: "
_said: list[bool] = []


def need(name: str) -> Tool:
    """The tool, or the test is skipped with the reason."""
    try:
        return tool(name)
    except Missing as missing:
        not_run(f"{name}: {missing}")


def not_run(reason: str) -> None:
    """Skips the test with a reason that the summary repeats; with ACRLAB_LANES=all it fails instead."""
    if os.environ.get("ACRLAB_LANES") == "all":
        pytest.fail(PREFIX + reason)
    pytest.skip(PREFIX + reason)


def summary(terminal) -> None:
    """One line for each reason, with the number of tests that it took away."""
    if _said:
        return
    _said.append(True)
    reasons: dict[str, int] = {}
    for report in terminal.stats.get("skipped", []):
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if PREFIX in text:
            reason = text.split(PREFIX, 1)[1].strip()
            reasons[reason] = reasons.get(reason, 0) + 1
    if not reasons:
        return
    terminal.section("LANES NOT RUN", sep="!", red=True, bold=True)
    for reason, count in sorted(reasons.items()):
        terminal.write_line(f"{count} test(s): {reason}")
    if os.environ.get("CI") == "true":
        terminal.write_line(f"LANES NOT RUN: {len(reasons)} reason(s), {sum(reasons.values())} test(s)")
