"""The record of a learner: what is changed or half written is named, and work goes on from the last good line."""

import json
import multiprocessing
from pathlib import Path

import pytest

from acrlab.trainer.ledger import Ledger, verify


def _filled(path: Path, count: int = 6) -> Ledger:
    ledger = Ledger(path)
    for number in range(count):
        ledger.add("answered", 1000.0 + number, question=f"topic/{number}", score=number / 7, text="ünïcode\n\u2028")
    return ledger


def test_a_round_trip(tmp_path: Path) -> None:
    before = _filled(tmp_path / "l.jsonl").entries
    again = Ledger(tmp_path / "l.jsonl")
    assert again.entries == before and again.broken is None and len(before) == 6


def _edit(line: bytes) -> bytes:
    return line.replace(b'"score":0.428', b'"score":0.999')


DAMAGE = {
    "edited": (lambda lines: [*lines[:3], _edit(lines[3]), *lines[4:]], 4, "was changed after it was written"),
    "removed": (lambda lines: [*lines[:2], *lines[3:]], 3, "says that it is line 4"),
    "swapped": (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 2, "says that it is line 3"),
    "garbage": (lambda lines: [*lines[:4], b"\xff\xfe{", *lines[4:]], 5, "is not a line of a ledger"),
    "blank": (lambda lines: [*lines[:1], b"", *lines[1:]], 2, "is not a line of a ledger"),
    "deep": (lambda lines: [*lines[:1], b"[" * 9000, *lines[1:]], 2, "is not a line of a ledger"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named_and_the_rest_is_kept(name: str, tmp_path: Path) -> None:
    damage, line, reason = DAMAGE[name]
    path = tmp_path / "l.jsonl"
    good = _filled(path).entries
    damaged = b"\n".join(damage(path.read_bytes().split(b"\n")))
    path.write_bytes(damaged)
    ledger = Ledger(path)
    assert ledger.broken is not None and ledger.broken.line == line and reason in ledger.broken.reason
    assert f"line {line} " in str(ledger.broken)
    assert ledger.entries == good[: line - 1]
    assert (tmp_path / ledger.broken.kept).read_bytes() in damaged
    ledger.add("answered", 5.0, question="after")
    again = Ledger(path)
    assert again.broken is None and again.entries[-1].n == line


@pytest.mark.parametrize("cut", [1, 2, 40, 150])
def test_a_line_that_was_interrupted(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    _filled(path)
    path.write_bytes(path.read_bytes()[:-cut])
    ledger = Ledger(path)
    assert ledger.broken is not None and ledger.broken.line == 6 and len(ledger.entries) == 5


def test_a_line_with_a_new_hash_does_not_fit_the_next(tmp_path: Path) -> None:
    """Whoever computes the hash of a changed line anew breaks the line after it."""
    from acrlab.trainer.ledger import fingerprint

    path = tmp_path / "l.jsonl"
    _filled(path)
    lines = path.read_text("utf-8").split("\n")
    third = json.loads(lines[2])
    third["what"]["score"] = 1
    third["hash"] = fingerprint(third["n"], third["at"], third["kind"], third["what"], third["prev"])
    lines[2] = json.dumps(third)
    entries, broken = verify("\n".join(lines))
    assert len(entries) == 3 and broken is not None and broken.reason == "does not follow the line before it"


def _add(path: Path, name: str) -> None:
    ledger = Ledger(path)
    for number in range(20):
        ledger.add("answered", float(number), by=name)


def test_two_processes_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_add, args=(path, name)) for name in ("one", "two")]
    for each in workers:
        each.start()
    for each in workers:
        each.join(60)
    ledger = Ledger(path)
    assert ledger.broken is None and len(ledger.entries) == 40
