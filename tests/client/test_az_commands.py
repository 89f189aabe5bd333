"""The table of `az acr` commands: what each comes to, and why some are refused."""

from collections import Counter

from acrlab.client import az_commands, coverage

ROWS = {row.operation: row for row in az_commands.rows()}


def test_a_command_is_as_true_as_the_weakest_of_its_requests() -> None:
    weakest = {"acr create": "real", "acr webhook ping": "stored", "acr helm push": "refused"}
    assert {name: ROWS[name].truth for name in weakest} == weakest
    assert ROWS["acr helm install-cli"].truth == "real" and "on this machine" in ROWS["acr helm install-cli"].path


def test_what_is_refused_says_why() -> None:
    refused = [row for row in ROWS.values() if row.truth == "refused"]
    assert refused and all(row.reason for row in refused)


def test_at_most_one_in_twenty_is_refused() -> None:
    every = [*ROWS.values(), *coverage.rows()]
    refused = [row for row in every if row.truth == "refused"]
    assert len(every) == 250 and len(refused) / len(every) <= 0.05


def test_only_what_names_a_reason_is_called_refused() -> None:
    assert [row.operation for row in ROWS.values() if row.reason and row.truth != "refused"] == []


def test_commands_stand_in_the_coverage_beside_the_operations() -> None:
    text = coverage.table(ROWS.values())
    counts = Counter(row.truth for row in ROWS.values())
    assert text.startswith(f"azure-cli 2.91.0: {len(ROWS)} operations, {counts['real']} real, ")
    assert "  refused: the service retired these commands" in text
