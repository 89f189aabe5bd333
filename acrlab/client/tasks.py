"""Builds and tasks of a registry: handed in, followed to their end, shown with their log."""

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from azure.core import PipelineClient
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.containerregistrytasks import ContainerRegistryTasksMgmtClient
from azure.mgmt.containerregistrytasks.models import Run as Resource

from acrlab.client.context import Context, packed
from acrlab.client.display import Listing, Table, facts, word
from acrlab.client.log import Log

OVER = ("Succeeded", "Failed", "Canceled", "Error", "Timeout")
PAUSE = 0.05, 1.0  # seconds between two looks at a run, least and most; in between a quarter of what has passed
_BLOCK = {"x-ms-blob-type": "BlockBlob"}
_SOURCES = ("https://", "http://", "oci://", "git@")
Watch = Callable[[str], Any]


class Run:
    """One run. `resource` is the official SDK's own object."""

    def __init__(self, tasks: "Tasks", resource: Resource) -> None:
        self._tasks, self.resource = tasks, resource
        self._log: Log | None = None

    @property
    def id(self) -> str:
        """Its id in the registry."""
        return str(self.resource.properties.run_id)

    @property
    def status(self) -> str:
        """Queued, Started, Running, Succeeded, Failed, Canceled, Error or Timeout."""
        return word(self.resource.properties.status)

    @property
    def images(self) -> list[str]:
        """What it pushed, as repository:tag."""
        found = self.resource.properties.output_images or []
        return [f"{each.repository}:{each.tag}" for each in found]

    @property
    def log(self) -> Log:
        """What it wrote."""
        if self._log is None:
            self._log = self._tasks.log(self.id)
        return self._log

    def looks(self) -> Iterator["Run"]:
        """The run as it is now, and now again, until it is over."""
        return self._tasks.looks(self.id)

    def table(self) -> Table:
        """As facts."""
        told = self.resource.properties
        rows = {"status": self.status, "images": ", ".join(self.images) or "none"}
        if told.task:
            rows["task"] = str(told.task)
        if told.run_error_message:
            rows["error"] = str(told.run_error_message)
        return facts(f"run {self.id}", rows)

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.table().bundle()


class Tasks:
    """The tasks of one registry. `client` is the official SDK.

    Raises: azure.core.exceptions, from every method; ValueError for a context that is none.
    """

    def __init__(self, client: ContainerRegistryTasksMgmtClient, group: str, registry: str, location: str) -> None:
        self.client, self._group, self._registry, self._location = client, group, registry, location
        self._plain: PipelineClient[HttpRequest, HttpResponse] = PipelineClient("https://management.azure.com")

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
        self._plain.close()

    def build(
        self,
        context: Context,
        *images: str,
        dockerfile: str = "Dockerfile",
        arguments: Mapping[str, str] | None = None,
        platform: str = "Linux",
        push: bool = True,
        target: str = "",
        watch: Watch | None = None,
    ) -> Run:
        """Build an image in the cloud: `az acr build`. `watch` is called with each line of the log as it comes.

        `platform` is an operating system, and a processor where another than amd64 is meant: Linux, linux/arm64/v8.
        """
        request: dict[str, Any] = {
            "type": "DockerBuildRequest", "dockerFilePath": dockerfile, "imageNames": list(images),
            "isPushEnabled": push and bool(images), "sourceLocation": self._source(context), "target": target or None,
            "platform": _platform(platform), "arguments": _pairs(arguments),
        }  # fmt: skip
        return self._handed(request, watch)

    def run(
        self,
        task: str,
        context: Context = None,
        *,
        values: Mapping[str, str] | None = None,
        watch: Watch | None = None,
        wait: bool = True,
    ) -> Run:
        """Run the steps of a task file, given as its text: `az acr run -f`; without `wait`, it is only queued."""
        request: dict[str, Any] = {
            "type": "EncodedTaskRunRequest", "encodedTaskContent": base64.b64encode(task.encode()).decode(),
            "sourceLocation": self._source(context), "platform": {"os": "Linux"}, "values": _pairs(values),
        }  # fmt: skip
        return self._handed(request, watch, wait)

    def create(self, name: str, **properties: Any) -> Any:
        """Make a task, with its properties spelled as in Resource Manager; the SDK's object."""
        body = {"location": self._location, "properties": {"platform": {"os": "Linux"}, **properties}}
        return self.client.tasks.create(self._group, self._registry, name, body)

    def delete(self, name: str) -> None:
        """Delete a task; its runs stay."""
        self.client.tasks.delete(self._group, self._registry, name)

    def start(self, name: str, watch: Watch | None = None) -> Run:
        """Run a task now: `az acr task run`."""
        task = self.client.tasks.get(self._group, self._registry, name)
        return self._handed({"type": "TaskRunRequest", "taskId": task.id}, watch)

    def runs(self, task: str = "") -> Listing[Run]:
        """The runs of the registry, or of one task, newest first."""
        wanted = f"TaskName eq '{task}'" if task else None
        found = [Run(self, each) for each in self.client.runs.list(self._group, self._registry, filter=wanted)]
        columns: dict[str, Callable[[Run], str]] = {
            "run": lambda each: each.id,
            "task": lambda each: str(each.resource.properties.task or ""),
            "trigger": lambda each: word(each.resource.properties.run_type).removesuffix("Run"),
            "status": lambda each: each.status,
            "images": lambda each: ", ".join(each.images),
        }
        return Listing(found, columns, title=f"runs of {self._registry}", empty="no runs")

    def settled(self, task: str = "") -> Listing[Run]:
        """The runs, once every one of them is over: those that triggers began are not waited for otherwise."""
        while True:
            waiting = [each for each in self.runs(task) if each.status not in OVER]
            if not waiting:
                return self.runs(task)
            self.follow(waiting[-1].id)

    def follow(self, run: str, watch: Watch | None = None) -> Run:
        """Wait for the end of a run."""
        shown = 0
        for found in self.looks(run):
            if watch is not None:
                lines = found.log.text.splitlines()
                for line in lines[shown:]:
                    watch(line)
                shown = len(lines)
        return found

    def looks(self, run: str) -> Iterator[Run]:
        """A run as it is now, and now again, until it is over."""
        least, most = PAUSE
        begun = time.monotonic()
        while True:
            found = Run(self, self.client.runs.get(self._group, self._registry, run))
            yield found
            if found.status in OVER:
                return
            time.sleep(min(max(least, (time.monotonic() - begun) / 4), most))

    def log(self, run: str) -> Log:
        """The log of a run as far as it has come."""
        link = self.client.runs.get_log_sas_url(self._group, self._registry, run).log_link
        answer = self._plain.send_request(HttpRequest("GET", str(link)))
        if answer.status_code == 404:  # nothing was written yet
            return Log("")
        answer.raise_for_status()
        return Log(answer.content.decode("utf-8", "replace"))

    def _handed(self, request: dict[str, Any], watch: Watch | None, wait: bool = True) -> Run:
        given = {name: value for name, value in request.items() if value is not None}
        queued = self.client.registries.schedule_run(self._group, self._registry, given)
        return self.follow(str(queued.properties.run_id), watch) if wait else Run(self, queued)

    def _source(self, context: Context) -> str | None:
        """Where the service finds it. Source: azure-cli 2.91.0, acr build: uploaded to an address that it gave."""
        if context is None:
            return None
        if isinstance(context, str) and context.startswith(_SOURCES):
            return context
        where = self.client.registries.get_build_source_upload_url(self._group, self._registry)
        data = packed(Path(context) if isinstance(context, str) else context)
        sent = self._plain.send_request(HttpRequest("PUT", str(where.upload_url), content=data, headers=_BLOCK))
        sent.raise_for_status()
        return str(where.relative_path)


_PLATFORM = ("os", "architecture", "variant")


def _platform(text: str) -> dict[str, str]:
    parts = text.split("/")
    if len(parts) > len(_PLATFORM) or not all(parts):
        raise ValueError(f"platform={text!r}: write it as os, os/architecture or os/architecture/variant")
    return dict(zip(_PLATFORM, parts, strict=False))


def _pairs(given: Mapping[str, str] | None) -> list[dict[str, Any]]:
    return [{"name": name, "value": value, "isSecret": False} for name, value in (given or {}).items()]
