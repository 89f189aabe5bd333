"""The coverage page names what stands around registries, with a label and a source."""

from acrlab.client import coverage, neighbours

ROWS = neighbours.rows()


def found(operation: str) -> dict[str, tuple[str, str]]:
    """Label and evidence by method, of the routes of an operation."""
    return {row.method: (row.truth, row.evidence) for row in ROWS if row.operation == operation}


def test_every_row_has_a_label_and_a_source() -> None:
    assert {row.truth for row in ROWS} <= {"real", "simulated", "stored", "refused"}
    assert [row.path for row in ROWS if not row.evidence] == []
    assert not any("Microsoft.ContainerRegistry" in row.operation for row in ROWS)
    assert neighbours.PACKAGE in coverage.table(ROWS)


def test_labels_of_neighbours() -> None:
    assert found("Microsoft.Resources/deployments/whatIf")["POST"][0] == "real"
    assert "azure-mgmt-resource" in found("Microsoft.Resources/deployments/whatIf")["POST"][1]
    truth, evidence = found("Microsoft.Insights/metrics")["GET"]
    assert (truth, "metrics_API" in evidence) == ("real", True)
    assert found("Microsoft.Insights/diagnosticSettings")["PUT"][0] == "stored"
    assert found("Microsoft.OperationalInsights/workspaces")["PUT"][0] == "stored"
    assert "PolicyInsights" in found("Microsoft.PolicyInsights/policyStates/queryResults")["POST"][1]
    assert found("Microsoft.KeyVault/vaults")["PUT"][0] == "simulated"
