"""Builds and tasks over plain HTTP: what start states, wrong answers and the labs' third way of working use."""

import time
from collections.abc import Mapping
from typing import Any

from acrlab.client.context import packed
from acrlab.course.rest import Rest, held

VERSION = "2019-06-01-preview"  # the api-version that az sends
OVER = ("Succeeded", "Failed", "Canceled", "Error", "Timeout")
PAUSE = 0.02  # seconds between two looks at a run
LINUX = {"os": "Linux"}
LOCATION = "westeurope"


class Builds:
    """The tasks and runs of one registry. Raises: Refused, from every method."""

    def __init__(self, rest: Rest, group: str, registry: str) -> None:
        self._rest, self._path = rest, rest.registry_path(group, registry)

    def upload(self, files: Mapping[str, str | bytes]) -> str:
        """Put files where the service can read them; the place, as a step's contextPath takes it."""
        where = self._arm("POST", "/listBuildSourceUploadUrl")
        kind = {"x-ms-blob-type": "BlockBlob"}
        held(self._rest.session.put(where["uploadUrl"], data=packed(files), headers=kind))
        return str(where["relativePath"])

    def build(self, files: Mapping[str, str | bytes], *images: str, push: bool = True) -> dict[str, Any]:
        """A quick build, followed to its end."""
        request = {
            "type": "DockerBuildRequest", "dockerFilePath": "Dockerfile", "imageNames": list(images),
            "isPushEnabled": push and bool(images), "sourceLocation": self.upload(files), "platform": LINUX,
        }  # fmt: skip
        return self.schedule(request)

    def schedule(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Hand in any kind of run, and follow it to its end."""
        return self._followed(self._arm("POST", "/scheduleRun", request)["properties"]["runId"])

    def task(self, name: str, **properties: Any) -> dict[str, Any]:
        """Make a task, its properties spelled as in Resource Manager."""
        body = {"location": LOCATION, "properties": {"platform": LINUX, **properties}}
        return self._arm("PUT", f"/tasks/{name}", body)

    def change(self, name: str, **properties: Any) -> dict[str, Any]:
        """Change a task."""
        return self._arm("PATCH", f"/tasks/{name}", {"properties": properties})

    def remove(self, name: str) -> None:
        """Delete a task."""
        self._arm("DELETE", f"/tasks/{name}")

    def start(self, name: str) -> dict[str, Any]:
        """Run a task now, and follow the run to its end."""
        task = f"/subscriptions/{self._rest.subscription}{self._path}/tasks/{name}"
        return self.schedule({"type": "TaskRunRequest", "taskId": task})

    def settle(self) -> list[dict[str, Any]]:
        """Wait until no run is under way; every run, newest first."""
        while True:
            found = self._arm("GET", "/runs")["value"]
            if all(each["properties"]["status"] in OVER for each in found):
                return list(found)
            time.sleep(PAUSE)

    def _followed(self, run: str) -> dict[str, Any]:
        while True:
            found = self._arm("GET", f"/runs/{run}")
            if found["properties"]["status"] in OVER:
                return found
            time.sleep(PAUSE)

    def _arm(self, method: str, below: str, body: Any = None) -> Any:
        return self._rest.arm(method, f"{self._path}{below}", body, version=VERSION)
