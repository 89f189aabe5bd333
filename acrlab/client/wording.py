"""What the command line says: for people, and for shells."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from acrlab.client.durations import words


def welcome(description: dict[str, Any]) -> str:
    """What `acrlab up` says once it is ready."""
    agents = description["agents"]
    return "\n".join((
        f"acrlab is running (process {description['pid']}).",
        *(f"note: {note}" for note in description["notes"]),
        f"  container engines   {description['endpoint'].removeprefix('http://')}/<registry>/<repository>",
        f"  every other tool    {_advice()}",
        *((f"  agents              acrlab agent, with the same queue; they come to {agents}",) if agents else ()),
        f"  subscription        {description['subscription']}",
        f"  world               {description['data'] or 'in memory: gone when it stops'}",
    ))  # fmt: skip


def _advice() -> str:
    return "acrlab env --format powershell | Invoke-Expression" if os.name == "nt" else 'eval "$(acrlab env)"'


def status(found: dict[str, Any]) -> str:
    """What `acrlab status` says."""
    ahead = f", {words(found['advanced'])} ahead of its start" if found["advanced"] else ""
    registries = found["registries"] or [None]
    return "\n".join((
        f"running, profile {found['profile']}{ahead}",
        f"engine      {found['engine']}; {found['runs']} runs queued or under way",
        f"journal     {found['journal']} records; snapshots: {', '.join(found['snapshots'])}",
        *(
            f"registry    {each['loginServer']}  {each['repositories']} repositories, {each['bytes']} bytes" if each
            else "registry    none yet"
            for each in registries
        ),
        *(_agents(found["agents"]) if found["agents"] else ()),
    ))  # fmt: skip


def _agents(found: dict[str, Any]) -> list[str]:
    """The queue, who works on it, and what waits for whom."""
    trouble = f"; it does not answer: {found['trouble']}" if found["trouble"] else ""
    workers = [
        f"agent       {each['name']}  {_sign(each)}, {each['engine']}; "
        f"{', '.join(each['runs']) or 'no run'} of {each['count']} at a time"
        for each in found["workers"]
    ]
    waiting = [
        f"waiting     {each['runs']} {'run' if each['runs'] == 1 else 'runs'}"
        f"{f' of {pool}' if (pool := each['pool']) else ''}: {each['why']}"
        for each in found["waiting"]
    ]
    return [f"queue       {found['queue']}{trouble}", *(workers or ["agent       none has come yet"]), *waiting]


def _sign(worker: dict[str, Any]) -> str:
    """When a worker was last heard of."""
    return f"{'gone: ' if worker['gone'] else ''}last sign {worker['heard']:g} s ago"


def moment(now: float) -> str:
    """A moment on the world's clock, given in epoch seconds."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def inherited() -> dict[str, str]:
    """The variables of the emulator that this process runs inside of."""
    names = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() in names or name.startswith(("AZURE_", "ACRLAB_"))
    }


def posix(name: str, value: str) -> str:
    """A variable for sh and its kin."""
    return "export {}='{}'".format(name, value.replace("'", "'\\''"))


def powershell(name: str, value: str) -> str:
    """A variable for PowerShell."""
    return "$env:{} = '{}'".format(name, value.replace("'", "''"))


QUOTES: dict[str, Callable[[str, str], str]] = {"sh": posix, "powershell": powershell}
