"""The verbs of oracles. THE TABLE: what an author may write, and what it does."""

from collections.abc import Mapping
from typing import Any

from acrlab.client import durations
from acrlab.trainer import commands
from acrlab.trainer import verbs_content as content
from acrlab.trainer import verbs_control as control
from acrlab.trainer import verbs_neighbours as neighbours
from acrlab.trainer import verbs_tasks as tasks
from acrlab.trainer.bench import Seen
from acrlab.trainer.facts import fact
from acrlab.trainer.steps import Outcome, Stuck, Trip, Verb, perform
from acrlab.trainer.values import typed

Step = Mapping[str, Any]


def _fact(trip: Trip, step: Step) -> Outcome:
    return Outcome(None, fact(step["fact"], trip.profile))


def _clock(trip: Trip, step: Step) -> Outcome:
    trip.visitor.place.advance(durations.seconds(str(step["clock"])))
    return Outcome()


def _history(trip: Trip, step: Step) -> Outcome:
    """Events of a type that hold something: `are`, `is` and `count` see them in order."""
    where = typed(step.get("where", {}))
    return Outcome(None, [
        each.get("by", "") for each in trip.visitor.place.history()
        if each.get("type") == step["history"] and _holds(where, each) and _about(str(step.get("of", "")), each)
    ])  # fmt: skip


def _about(registry: str, event: Mapping[str, Any]) -> bool:
    """Whether an event is about a registry: its content, or its resource."""
    wanted = registry.lower()
    return not wanted or event.get("registry") == wanted or str(event.get("id", "")).lower().endswith(f"/{wanted}")


def _holds(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(key in found and _holds(wanted[key], found[key]) for key in wanted)
    return bool(wanted == found)


def _run(trip: Trip, step: Step) -> Outcome:
    last = None
    for each in commands.meant(str(step["run"])):
        last = perform(trip, each)
        if not last.ok:
            return Outcome(Seen(last.status or 400, last.code, last.seen))
    if last is None:
        raise Stuck(f"no steps are known for this command: {step['run']}")
    return Outcome(Seen(last.status or 200))


_RUN = ("files", "source", "pool", "pick", "lines", "more")  # what every verb takes that starts a run

VERBS: dict[str, Verb] = {
    "registry": Verb(
        control.registry, ("tier", "location", "properties", "version"),
        "create a registry; the steps after it mean this one",
    ),
    "in": Verb(control.inside, (), "from here on another registry is meant"),
    "update": Verb(control.update, ("tier",), "change properties of the registry, or its tier"),
    "arm": Verb(
        control.arm, ("at", "send", "version", "pick"),
        "a request to Resource Manager; ~registry, ~group and ~subscription stand for ids",
    ),
    "available": Verb(control.available, (), "whether a registry name is free: yes or no"),
    "usage": Verb(control.usage, ("pick",), "a row of the registry's usage: its limit, or with pick: currentValue"),
    "credentials": Verb(control.credentials, (), "list the admin user's passwords"),
    "assign": Verb(
        control.assign, ("to", "at", "condition"),
        "assign a role to somebody, at the registry, group or subscription",
    ),
    "as": Verb(control.act_as, (), "from here on somebody else acts: a name, admin or anonymous"),
    "login": Verb(control.login, ("session", "audience"), "sign in to the registry; session: keeps it under a name"),
    "token": Verb(control.token, (), "get an access token for a scope such as repository:app:pull"),
    "push": Verb(
        content.push, ("text", "platform", "platforms", "artifact", "subject", "format", "without"),
        "push an image; another text is another image",
    ),
    "pull": Verb(
        content.pull, ("pick",),
        "pull by tag or digest; its value is the digest, or with pick: media type, platforms, layers",
    ),
    "tag": Verb(content.tag, ("to",), "give a manifest one more tag"),
    "untag": Verb(content.untag, (), "remove a tag"),
    "delete": Verb(content.delete, (), "delete a repository, or the manifest behind a tag or digest"),
    "lock": Verb(content.lock, ("write", "delete", "read", "list"), "lock or unlock a repository, tag or digest"),
    "show": Verb(content.show, ("pick",), "the attributes of a repository, tag or digest"),
    "tags": Verb(content.tags, (), "the tags of a repository"),
    "manifests": Verb(content.manifests, ("pick",), "the digests of a repository; pick: untagged leaves the rest out"),
    "repositories": Verb(content.repositories, (), "the repositories of the registry"),
    "referrers": Verb(content.referrers, (), "the artifact types that refer to an image"),
    "build": Verb(
        tasks.build, (*_RUN, "file", "target", "arguments", "push", "os"),
        "build images in the cloud, from files; all names of images in one text",
    ),
    "steps": Verb(tasks.steps, (*_RUN, "values", "secret"), "run the text of a task file; secret: names one value"),
    "task": Verb(
        tasks.task, ("files", "source", "image", "steps", "trigger", "properties", "more"),
        "create a task: it builds an image from files, or has the text of a task file as steps",
    ),
    "start": Verb(tasks.start, (*_RUN, "values"), "run a task now"),
    "runs": Verb(tasks.runs, ("pick",), "the runs of a task, or all, newest first; pick: runType, runId"),
    "vault": Verb(
        neighbours.vault, ("secrets",), "create a key vault with secrets; who is to read them needs a role at it"
    ),
    "git": Verb(
        neighbours.git, (), "make a repository at github.com, such as contoso/app; its value is a token of its owner"
    ),
    "commit": Verb(
        neighbours.commit, ("files", "by"),
        "write new files of a repository, a commit for each; by: a token; its value is the last commit",
    ),
    "request": Verb(content.request, ("headers", "send", "pick"), "any request: a method and a URL; pick: a header"),
    "fact": Verb(_fact, (), "a fact of acrlab/data"),
    "clock": Verb(_clock, (), "let time pass: 3h, 8d"),
    "history": Verb(_history, ("where", "of"), "events that happened, such as ManifestPushed; of: a registry"),
    "run": Verb(_run, (), "an az command, by what it does"),
}  # fmt: skip
