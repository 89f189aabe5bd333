"""The verbs of oracles. THE TABLE: what an author may write, and what it does."""

from collections.abc import Mapping
from typing import Any

from acrlab.client import durations
from acrlab.trainer import commands
from acrlab.trainer import verbs_content as content
from acrlab.trainer import verbs_control as control
from acrlab.trainer import verbs_govern as govern
from acrlab.trainer import verbs_hosts as hosts
from acrlab.trainer import verbs_lifecycle as lifecycle
from acrlab.trainer import verbs_network as network
from acrlab.trainer import verbs_supply as supply
from acrlab.trainer import verbs_tasks as tasks
from acrlab.trainer import verbs_vault as vault
from acrlab.trainer.bench import Seen
from acrlab.trainer.facts import fact
from acrlab.trainer.steps import Outcome, Stuck, Trip, Verb, perform
from acrlab.trainer.values import typed

Step = Mapping[str, Any]


def _fact(trip: Trip, step: Step) -> Outcome:
    return Outcome(None, fact(step["fact"], trip.profile))


def _clock(trip: Trip, step: Step) -> Outcome:
    text = str(step["clock"]).replace(" hours", "h").replace(" minutes", "m")  # as facts spell them
    trip.visitor.place.advance(durations.seconds(text))
    return Outcome()


def _history(trip: Trip, step: Step) -> Outcome:
    """Events of a type that hold something: `are`, `is` and `count` see them in order."""
    where = typed(step.get("where", {}))
    return Outcome(None, [
        each.get("by", "") for each in trip.visitor.place.history()
        if each.get("type") == step["history"] and _holds(where, each) and _about(str(step.get("of", "")), each)
    ])  # fmt: skip


def _about(registry: str, event: Mapping[str, Any]) -> bool:
    """Whether an event is about a registry: its content, its resource, or an operation on that."""
    wanted = registry.lower()
    ids = (str(event.get(key, "")).lower() for key in ("id", "resource"))
    return not wanted or event.get("registry") == wanted or any(each.endswith(f"/{wanted}") for each in ids)


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
        control.registry, ("tier", "location", "properties", "version", "identity"),
        "create a registry; the steps after it mean this one",
    ),
    "in": Verb(control.inside, (), "from here on another registry is meant"),
    "update": Verb(control.update, ("tier", "version"), "change properties of the registry, or its tier"),
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
    "scope map": Verb(supply.scope_map, ("actions",), "create or change a scope map; without actions: look at it"),
    "registry token": Verb(
        supply.registry_token, ("map", "state", "passwords", "pick"),
        "create a token with a scope map, or change it; passwords: those that stay; pick: status, map, passwords",
    ),
    "password": Verb(
        supply.password, ("which", "ends", "under"),
        "make the passwords of a token, or one of them; `as` takes the name, or name/password1; under: another",
    ),
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
    "import": Verb(
        supply.imported, ("from", "host", "by", "to", "untagged", "force"),
        "import an image: from a registry by its resource id, or from a host as `by`; to: repository:tag",
    ),
    "cache rule": Verb(
        supply.cache_rule, ("source", "set", "identity"), "fill a repository, or all below team/*, when it is pulled"
    ),
    "credential set": Verb(
        supply.credential_set, ("host", "username", "password"),
        "create one from two secrets, written vault/name; its value is its identity; without host: its health",
    ),
    "secret": Verb(vault.secret, ("text", "of"), "put a secret into a vault, vault/name; of: a token's password"),
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
    "deleted": Verb(lifecycle.deleted, ("pick",), "the tags of a repository that can be restored; pick: manifests"),
    "restore": Verb(lifecycle.restore, ("tag", "force"), "bring back what was deleted, by tag or digest"),
    "quarantine": Verb(lifecycle.quarantine, ("state",), "let an image out of quarantine, by digest: Passed or Failed"),
    "identity": Verb(vault.identity, (), "create a user-assigned identity; its value is its client id"),
    "vault": Verb(vault.vault, ("protected", "properties", "secrets"), "create a key vault; with secrets if wanted"),
    "key": Verb(vault.key, ("do",), "a key, as vault/name: create, rotate, disable, enable, delete, recover, purge"),
    "network": Verb(network.network, ("range", "service"), "create a virtual network and a subnet: office/desks"),
    "endpoint": Verb(network.endpoint, ("at", "manual", "group"), "create a private endpoint at a network/subnet"),
    "zone": Verb(network.zone, (), "create a private DNS zone"),
    "link": Verb(network.link, ("zone",), "link the zone to a network"),
    "record": Verb(network.record, ("zone",), "write the names of a private endpoint into the zone"),
    "connection": Verb(network.connection, (), "approve or reject the connection that an endpoint asks for"),
    "deploy": Verb(govern.deploy, ("template", "values", "mode", "pick"), "deploy a template to the group"),
    "policy": Verb(govern.policy, ("if", "effect", "mode", "at"), "define a policy and assign it"),
    "webhook": Verb(govern.webhook, ("actions", "scope", "state", "location"), "create a webhook"),
    "heard": Verb(govern.heard, (), "what a webhook had to tell, oldest first"),
    "replica": Verb(govern.replica, ("properties",), "replicate the registry to a region"),
    "request": Verb(
        content.request, ("headers", "send", "pick", "bearer", "times"),
        "any request: a method and a URL; pick: a header; bearer: whom the token is for",
    ),
    "git": Verb(
        hosts.git, (), "make a repository at github.com, such as contoso/app; its value is a token of its owner"
    ),
    "commit": Verb(
        hosts.commit, ("files", "by"),
        "write new files of a repository, a commit for each; by: a token; its value is the last commit",
    ),
    "fact": Verb(_fact, (), "a fact of acrlab/data"),
    "clock": Verb(_clock, (), "let time pass: 3h, 8d"),
    "history": Verb(_history, ("where", "of"), "events that happened, such as ManifestPushed; of: a registry"),
    "run": Verb(_run, (), "an az command, by what it does"),
}  # fmt: skip
