"""Other ways to solve a lab: a lab's ways.py has `http(way)` and `az(az)`, and CI runs both beside the solution."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from acrlab.client import azure_cli
from acrlab.course import beginning
from acrlab.course.lab import Lab
from acrlab.course.proof import Bench
from acrlab.course.rest import Door, Rest


class AzRefused(Exception):
    """`az` ended with another exit code than 0. The text is what it said."""


class Way(Bench):
    """Plain HTTP, signed in as the environment's own application."""

    @contextmanager
    def rehearse(self) -> Iterator[None]:
        """Try something out and undo it, as `acrlab snapshot` and `acrlab restore` do."""
        self.lab.keep("rehearsed by hand")
        yield
        self.lab.go("rehearsed by hand")

    def as_application(self, name: str) -> Rest:
        """Plain HTTP as one of the lab's applications."""
        return Rest(*beginning.secret(self.rest, name))


class Az(Way):
    """The real `az`: called like a function, it gives back what az printed, parsed.

    Raises: AzMissing when there is none, AzRefused when it fails.
    """

    def __init__(self, lab: Lab, folder: Path, application: str = "") -> None:
        super().__init__(lab)
        self._program, self._folder = azure_cli.executable(), folder
        self._variables = {**os.environ, "AZURE_CONFIG_DIR": str(folder / (application or "own"))}
        if application:
            client, secret = beginning.secret(self.rest, application)
            self._variables |= {"AZURE_CLIENT_ID": client, "AZURE_CLIENT_SECRET": secret}
        self._login()

    @property
    def group(self) -> str:
        """The lab's resource group."""
        return self.lab.group

    def __call__(self, *words: str) -> Any:
        done = subprocess.run(
            [self._program, *words, "--output", "json", "--only-show-errors"], env=self._variables,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise AzRefused(f"az {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def docker(self, registry: str) -> Door:
        """A client that signs in with the token of `az acr login --expose-token`, as docker and oras do."""
        found = self("acr", "login", "--name", registry, "--expose-token")
        return Door(self.rest, found["loginServer"], refresh=found["accessToken"])

    def as_application(self, name: str) -> "Az":  # type: ignore[override]
        """The same, signed in as one of the lab's applications."""
        return Az(self.lab, self._folder, name)

    def _login(self) -> None:
        variables = self._variables
        self(
            "login", "--service-principal", "--username", variables["AZURE_CLIENT_ID"],
            "--password", variables["AZURE_CLIENT_SECRET"], "--tenant", variables["AZURE_TENANT_ID"],
            "--allow-no-subscriptions",
        )  # fmt: skip
