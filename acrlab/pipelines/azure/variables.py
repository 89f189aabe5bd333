"""Variables: their scopes, their macros, and what scripts see of them. Source: Azure Pipelines, variables (2025)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from acrlab.pipelines.refusals import not_in_subset
from acrlab.pipelines.source import Checkout

MACRO = re.compile(r"\$\(([A-Za-z_][\w. -]*)\)")
TEMPLATE = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
RUNTIME = re.compile(r"\$\[.*\]")
DEEPEST = 20


class Variables:
    """Variables by name, whose case does not matter; some are secret."""

    def __init__(self, *scopes: Mapping[str, str]) -> None:
        self._values: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self.secrets: set[str] = set()
        for scope in scopes:
            for name, value in scope.items():
                self.set(name, value)

    def set(self, name: str, value: str, *, secret: bool = False) -> None:
        """Give a variable its value."""
        self._values[name.lower()], self._names[name.lower()] = value, name
        if secret:
            self.secrets.add(name.lower())

    def within(self, *scopes: Mapping[str, str]) -> "Variables":
        """These, and those of an inner scope."""
        inner = Variables(self.all(), *scopes)
        inner.secrets = set(self.secrets)
        return inner

    def all(self) -> dict[str, str]:
        """All of them, as they were spelled."""
        return {self._names[key]: value for key, value in self._values.items()}

    def known(self) -> dict[str, str]:
        """By lower-case name, with macros replaced: for conditions."""
        return {key: self.expanded(value) for key, value in self._values.items()}

    def expanded(self, text: str, depth: int = 0) -> str:
        """The text with $(name) replaced; a name that is unknown stays as it is."""

        def value(found: re.Match[str]) -> str:
            known = self._values.get(found[1].strip().lower())
            return found[0] if known is None or depth > DEEPEST else self.expanded(known, depth + 1)

        return MACRO.sub(value, text)

    def environment(self) -> dict[str, str]:
        """What scripts see: upper case, dots and blanks as underscores, and no secret."""
        return {
            re.sub(r"[ .-]", "_", self._names[key]).upper(): self.expanded(value)
            for key, value in self._values.items()
            if key not in self.secrets
        }


def compiled(text: str, variables: Mapping[str, str], line: int) -> str:
    """The text with ${{ variables.name }} replaced, as it is before a run. Raises: PipelineRefused."""

    def value(found: re.Match[str]) -> str:
        name = re.fullmatch(r"variables(?:\.([\w.]+)|\['([^']+)'\])", found[1])
        if not name:
            raise not_in_subset(f"the template expression {found[0][:60]}", line)
        wanted = (name[1] or name[2]).lower()
        return next((each for key, each in variables.items() if key.lower() == wanted), "")

    if RUNTIME.fullmatch(text.strip()):
        raise not_in_subset(f"the runtime expression {text.strip()[:60]}", line)
    return TEMPLATE.sub(value, text)


def predefined(number: int, now: float, checkout: Checkout, file: Path, reason: str) -> dict[str, str]:
    """What every run has. Source: Azure Pipelines, predefined variables (2025)."""
    branch = checkout.branch if checkout.branch.startswith("refs/") else f"refs/heads/{checkout.branch}"
    return {
        "Build.BuildId": str(number), "Build.BuildNumber": f"{datetime.fromtimestamp(now, UTC):%Y%m%d}.{number}",
        "Build.DefinitionName": file.stem, "Build.SourceBranch": branch,
        "Build.SourceBranchName": branch.rpartition("/")[2], "Build.SourceVersion": checkout.commit,
        "Build.Repository.Name": checkout.name, "Build.Reason": reason, "Build.RequestedFor": "acrlab",
        "System.TeamProject": checkout.name, "System.CollectionUri": "https://dev.azure.com/acrlab/",
        "System.JobAttempt": "1", "Agent.OS": "Linux", "Agent.Name": "acrlab", "Agent.JobStatus": "Succeeded",
        "TF_BUILD": "True",
    }  # fmt: skip


def folders(root: Path) -> dict[str, str]:
    """Where a job has its files."""
    return {
        "Agent.BuildDirectory": str(root), "Pipeline.Workspace": str(root), "Agent.TempDirectory": str(root / "temp"),
        "Build.SourcesDirectory": str(root / "s"), "System.DefaultWorkingDirectory": str(root / "s"),
        "Build.ArtifactStagingDirectory": str(root / "a"), "Build.StagingDirectory": str(root / "a"),
        "Build.BinariesDirectory": str(root / "b"), "Common.TestResultsDirectory": str(root / "TestResults"),
    }  # fmt: skip
