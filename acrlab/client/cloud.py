"""The cloud a learner works in. The only file that knows there are two: the emulator's, and Azure's."""

import atexit
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.containerregistry.models import Registry as Resource
from azure.mgmt.containerregistry.models import Sku
from azure.mgmt.resource.resources import ResourceManagementClient

from acrlab.client import bills, durations, refusals, running
from acrlab.client.control import Control
from acrlab.client.credential import DialCredential
from acrlab.client.display import Listing, Table, facts
from acrlab.client.log import shown
from acrlab.client.refusals import Refusal, explained
from acrlab.client.registry import Registry
from acrlab.client.requests import Recording
from acrlab.serve import standpoints

if TYPE_CHECKING:
    from acrlab.emulator import Emulator

AZURE, EMULATED = "azure", "emulated"
PREFIX = "acrlab-"  # of every resource group that `fresh` may delete
_LAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class CloudMisconfigured(Exception):
    """The environment does not say which cloud, or not all of it. The text says what to set."""


class EmulatorOnly(Exception):
    """Azure cannot do this; the emulator can."""


def connect(cloud: str | None = None) -> "Cloud":
    """The cloud that ACRLAB_CLOUD names: `emulated` (the default) or `azure`.

    An emulator that the environment points to is used, or the one that `acrlab up` runs; without any, a world in
    memory begins in this process.
    Raises: CloudMisconfigured, NotRunning.
    """
    wanted = (cloud or os.environ.get("ACRLAB_CLOUD") or EMULATED).lower()
    if wanted not in (AZURE, EMULATED):
        raise CloudMisconfigured(f"ACRLAB_CLOUD is {wanted!r}: set it to emulated or azure")
    return _azure() if wanted == AZURE else _emulated()


def _azure() -> "Cloud":
    if "ACRLAB_ENDPOINT" in os.environ:
        raise CloudMisconfigured(
            "ACRLAB_CLOUD=azure, but this process runs inside the emulator's environment, where every Azure host "
            "leads to the emulator: start it without `acrlab lab` or `acrlab env`, in a new kernel"
        )
    subscription = os.environ.get("AZURE_SUBSCRIPTION_ID")
    if not subscription:
        raise CloudMisconfigured(
            "ACRLAB_CLOUD=azure needs AZURE_SUBSCRIPTION_ID: `az account show --query id --output tsv` prints yours"
        )
    return Cloud(DefaultAzureCredential(), subscription, None)


def _emulated() -> "Cloud":
    control = attach()
    cloud = Cloud(DialCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], control)
    shell = _notebook()
    if shell is not None:
        refusals.explain_in_notebook(shell, control.why)
    return cloud


def attach() -> Control:
    """The controls of the emulator that this process belongs to; else of the running one; else one is started.

    Raises: NotRunning when the environment points to one that is gone.
    """
    if "ACRLAB_ENDPOINT" not in os.environ:
        found = running.alive()
        if found is not None:
            os.environ.update(found["environment"])
        else:
            _begin()
    control = running.control()
    control.status()
    return control


def _begin() -> None:
    """Start a world in memory and point this process, and what it starts, to it."""
    from acrlab.emulator import Emulator

    emulator = Emulator().start()
    atexit.register(_end, emulator)
    os.environ.update(emulator.environment())


def _end(emulator: "Emulator") -> None:
    """Close the doors; a world in memory has nothing to save when the interpreter is too far gone for threads."""
    with suppress(RuntimeError):
        emulator.stop()


def inside_azure() -> bool:
    """Whether commands of this process are meant for the real cloud."""
    return os.environ.get("ACRLAB_CLOUD", "").lower() == AZURE


def _notebook() -> Any:
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    return get_ipython()


def _named(id: str) -> str:
    return id.rpartition("/")[2]


class Powers:
    """What only an emulator can do: turn the clock, go back in time, explain.

    Whoever turns the clock needs new tokens afterwards: `renew` sees to that.
    """

    def __init__(self, control: Control, renew: Callable[[], None]) -> None:
        self._control, self._renew = control, renew

    def advance(self, duration: str) -> Table:
        """Turn the clock forward by `8d` or `1h30m`; what falls due on the way is done."""
        found = self._control.advance(durations.seconds(duration))
        self._renew()
        return facts("clock", {"ahead of the machine's by": durations.words(found["advanced"])})

    def snapshot(self, name: str) -> None:
        """Name the present, so that `restore` can come back to it."""
        self._control.snapshot(name)

    def restore(self, name: str) -> None:
        """Go back to a snapshot."""
        self._control.restore(name)
        self._renew()

    def reset(self) -> None:
        """Go back to how the world began: nothing in it but who may sign in."""
        self._control.reset()
        self._renew()

    def why(self) -> Refusal | Table:
        """The chain behind the last refusal."""
        return refusals.last(self._control.why)

    def triggers(self, task: str = "") -> Table:
        """What became of the triggers of tasks, or of one task: which run, or why there was none; oldest first."""
        found = self.judgements(task)
        rows = [
            (_named(each["task"]), each["kind"], _named(each["run"]) or "none", shown("; ".join(each["because"])))
            for each in found
        ]
        return Table(("task", "trigger", "run", "because"), rows)

    def judgements(self, task: str = "") -> list[dict[str, Any]]:
        """The same with their times, as the emulator tells it. Units: epoch seconds on the lab's clock."""
        return [each for each in reversed(self._control.triggers()) if not task or _named(each["task"]) == task]

    def repository(self, name: str, files: Mapping[str, str]) -> str:
        """A new git repository, `owner/name` at github.com, with a first commit; its owner's token."""
        if any(each["url"].removesuffix(".git").endswith(f"github.com/{name}") for each in self._control.git_list()):
            self._control.git_delete(name)
        with TemporaryDirectory() as folder:
            for path, text in files.items():
                target = Path(folder, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            return str(self._control.git_create(name, folder)["token"])

    def cost(self, registry: str = "", tier: str = "") -> Table:
        """What each registry has cost so far, or one of them, meter by meter; with `tier`, what it would cost there."""
        return bills.shown(self._control.cost(registry, tier), one=bool(registry), tier=tier)

    def bill(self, registry: str, tier: str = "") -> dict[str, Any]:
        """The same of one registry, as the emulator tells it. Units: USD."""
        return self._control.cost(registry, tier)[0]

    def access(self, registry: str, repository: str = "", place: str = "") -> dict[str, Any]:
        """Who may do what at a registry and why: the verdicts that requests would get, without making any."""
        return self._control.access(registry, repository, place)

    def rates(self, registry: str) -> dict[str, float]:
        """How many requests of each kind a registry takes this minute; nothing where they are not counted."""
        return self._control.rates(registry)

    def standing(self, place: str) -> requests.Session:
        """An HTTP client that stands at a source address, or in `network/subnet`; whoever takes it closes it.

        Raises: ValueError for a place that is neither.
        """
        session = requests.Session()
        session.trust_env = False  # NO_PROXY of the environment is not this client's
        way = urlsplit(os.environ["HTTPS_PROXY"])
        address = way.netloc.rpartition("@")[2]
        proxy = f"{way.scheme}://{standpoints.credentials(standpoints.checked(place))}{address}"
        session.proxies, session.verify = {"https": proxy}, os.environ["REQUESTS_CA_BUNDLE"]
        return session

    def requests(self) -> list[dict[str, Any]]:
        """The last requests and their answers, oldest first."""
        return self._control.requests()

    def status(self) -> dict[str, Any]:
        """What is running, and what it holds."""
        return self._control.status()


class Cloud:
    """Azure as the official SDKs see it. `arm` and what `registry` returns are the same on both clouds.

    Raises: azure.core.exceptions, from every method that asks the cloud for something.
    """

    def __init__(self, credential: TokenCredential, subscription: str, control: Control | None) -> None:
        self.credential, self.subscription = credential, subscription
        self.group = f"{PREFIX}sandbox"
        self._control = control
        self._source = control.why if control is not None else None
        self._held: list[Registry] = []

    @property
    def emulated(self) -> bool:
        """Whether nothing here reaches Azure."""
        return self._control is not None

    @property
    def emulator(self) -> Powers:
        """The emulator's own powers. Raises: EmulatorOnly on Azure."""
        return Powers(self._controls(), self._renew)

    def _renew(self) -> None:
        if isinstance(self.credential, DialCredential):
            self.credential.renew()

    def _controls(self) -> Control:
        if self._control is None:
            raise EmulatorOnly("this is Azure: its clock, its past and its reasons are not ours to turn (ACRLAB_CLOUD)")
        return self._control

    @cached_property
    def arm(self) -> ContainerRegistryManagementClient:
        """The official client of the control plane."""
        return ContainerRegistryManagementClient(self.credential, self.subscription)

    @cached_property
    def resources(self) -> ResourceManagementClient:
        """The official client of resource groups."""
        return ResourceManagementClient(self.credential, self.subscription)

    def fresh(self, lab: str, location: str = "westeurope") -> Table:
        """Make the lab's resource group new and empty, so that a notebook can be run again from the top.

        Only groups whose names begin with acrlab- are ever deleted. Raises: ValueError.
        """
        if not _LAB.fullmatch(lab):
            raise ValueError(f"{lab!r}: a lab's name has lower-case letters, digits and dashes")
        self.group = PREFIX + lab
        with explained(self._source):
            if self.resources.resource_groups.check_existence(self.group):
                self.resources.resource_groups.begin_delete(self.group).result()
            self.resources.resource_groups.create_or_update(self.group, {"location": location})
        note = "" if self.emulated else f"Only groups named {PREFIX}* are ever deleted, with all they hold."
        return facts(f"resource group {self.group}", {"location": location, "holds": "nothing yet"}, note)

    def unique(self, name: str) -> str:
        """A registry name that is free: as it is on the emulator; on Azure with a suffix that stays the same."""
        suffix = "" if self.emulated else hashlib.sha256(self.subscription.encode()).hexdigest()[:6]
        return name + suffix

    def registry(
        self,
        name: str,
        *,
        tier: str = "Basic",
        location: str = "westeurope",
        group: str | None = None,
        admin: bool = False,
    ) -> Registry:
        """The registry of that name in the group; created when it is not there. One that is there stays as it is."""
        group = group or self.group
        with explained(self._source):
            try:
                return self._known(self.arm.registries.get(group, name))
            except ResourceNotFoundError:
                pass
            if not self.resources.resource_groups.check_existence(group):
                self.resources.resource_groups.create_or_update(group, {"location": location})
            wanted = Resource(location=location, sku=Sku(name=tier), admin_user_enabled=admin)
            return self._known(self.arm.registries.begin_create(group, name, wanted).result())

    def registries(self) -> Listing[Registry]:
        """All registries of the subscription, by name."""
        with explained(self._source):
            found = sorted((self._known(each) for each in self.arm.registries.list()), key=lambda each: each.name)
        columns = {
            "registry": lambda each: each.name,
            "login server": lambda each: each.login_server,
            "tier": lambda each: each.tier,
            "location": lambda each: each._resource.location,
            "resource group": lambda each: each.group,
        }
        return Listing(found, columns, title="registries", empty="no registries")

    def _known(self, resource: Resource) -> Registry:
        found = Registry(self.arm, self.credential, resource, source=self._source)
        self._held.append(found)
        return found

    def requests(self) -> Recording:
        """`with cloud.requests() as log:` the HTTP requests behind a block. Raises: EmulatorOnly on Azure."""
        return Recording(self._controls())

    def close(self) -> None:
        """Close every connection."""
        for each in (*self._held, *(self.__dict__.get(name) for name in ("arm", "resources")), self.credential):
            if each is not None and hasattr(each, "close"):
                each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def table(self) -> Table:
        """Where this is, as facts."""
        where = "an emulator on this machine; nothing reaches Azure" if self.emulated else "Azure"
        return facts(
            "cloud",
            {
                "where": where,
                "control plane": "https://management.azure.com",
                "registries": "https://<name>.azurecr.io",
                "sign-in": "https://login.microsoftonline.com",
            },
        )

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.table().bundle()
