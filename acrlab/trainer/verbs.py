"""The verbs of oracles. THE TABLE is at the end."""

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from acrlab.client import durations
from acrlab.client.blob import Blob
from acrlab.client.content import Reference
from acrlab.client.image import Image
from acrlab.domain import roles
from acrlab.trainer import commands
from acrlab.trainer.bench import ACR, ARM, Seen
from acrlab.trainer.facts import fact
from acrlab.trainer.steps import Outcome, Stuck, Trip, Verb

VERSION = "2025-11-01"
AUTHORIZATION = "2022-04-01"
_MANIFESTS = ", ".join((
    "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.distribution.manifest.list.v2+json",
))  # fmt: skip
Step = Mapping[str, Any]


# The registry itself


def _registry(trip: Trip, step: Step) -> Outcome:
    """Create one. A `registry` without further keys is the one that is there, once it is there."""
    trip.registry = str(step["registry"])
    _group(trip)
    body = {"location": step.get("location", "westeurope"), "sku": {"name": step.get("tier", "Standard")},
            "properties": typed(step.get("properties", {}))}  # fmt: skip
    answer = trip.visitor.arm("PUT", trip.resource, body, step.get("version", VERSION))
    return Outcome(answer, (answer.body or {}).get("properties", {}).get("loginServer"))


def _group(trip: Trip) -> None:
    who, trip.visitor.who = trip.visitor.who, "owner"
    trip.visitor.arm("PUT", trip.group, {"location": "westeurope"}, "2024-11-01")
    trip.visitor.who = who


def _in(trip: Trip, step: Step) -> Outcome:
    trip.registry = str(step["in"])
    return Outcome()


def _update(trip: Trip, step: Step) -> Outcome:
    body: dict[str, Any] = {"properties": typed(step["update"])} if isinstance(step["update"], dict) else {}
    if "tier" in step:
        body["sku"] = {"name": step["tier"]}
    return Outcome(trip.visitor.arm("PATCH", trip.resource, body, VERSION))


def _arm(trip: Trip, step: Step) -> Outcome:
    path = str(step.get("at", trip.resource)).replace("~group", trip.group).replace("~registry", trip.resource)
    path = path.replace("~subscription", f"/subscriptions/{trip.visitor.place.subscription}")
    answer = trip.visitor.arm(str(step["arm"]), path, typed(step.get("send")), step.get("version", VERSION))
    return Outcome(answer, _picked(answer.body, step.get("pick", "")))


def _available(trip: Trip, step: Step) -> Outcome:
    path = f"/subscriptions/{trip.visitor.place.subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability"
    body = {"name": str(step["available"]), "type": "Microsoft.ContainerRegistry/registries"}
    answer = trip.visitor.arm("POST", path, body, VERSION)
    return Outcome(answer, "yes" if (answer.body or {}).get("nameAvailable") else "no")


def _usage(trip: Trip, step: Step) -> Outcome:
    answer = trip.visitor.arm("GET", f"{trip.resource}/listUsages", None, VERSION)
    rows = {row["name"]: row for row in (answer.body or {}).get("value", ())}
    row = rows.get(str(step["usage"]))
    return Outcome(answer, "no row" if row is None else row[step.get("pick", "limit")])


def _credentials(trip: Trip, step: Step) -> Outcome:
    answer = trip.visitor.arm("POST", f"{trip.resource}/listCredentials", None, VERSION)
    return Outcome(answer, [each["name"] for each in (answer.body or {}).get("passwords", ())])


# Roles


def _assign(trip: Trip, step: Step) -> Outcome:
    role = roles.find(str(step["assign"]))
    if role is None:
        raise Stuck(f"there is no built-in role {step['assign']}")
    principal = trip.visitor.place.principal(str(step["to"]))
    scopes = {"registry": trip.resource, "group": trip.group,
              "subscription": f"/subscriptions/{trip.visitor.place.subscription}"}  # fmt: skip
    scope = scopes.get(str(step.get("at", "registry")), str(step.get("at")))
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{scope}/{role.id}/{principal.id}")
    definition = f"/subscriptions/{trip.visitor.place.subscription}/providers/Microsoft.Authorization/roleDefinitions"
    properties = {"roleDefinitionId": f"{definition}/{role.id}", "principalId": principal.id}
    if principal.kind != "user":
        properties["principalType"] = "ServicePrincipal"
    if "condition" in step:
        properties |= {"condition": str(step["condition"]), "conditionVersion": "2.0"}
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    return Outcome(trip.visitor.arm("PUT", path, {"properties": properties}, AUTHORIZATION))


def _as(trip: Trip, step: Step) -> Outcome:
    trip.visitor.who = str(step["as"])
    if trip.visitor.who not in ("admin", "anonymous"):
        trip.visitor.place.principal(trip.visitor.who)
    return Outcome()


def _login(trip: Trip, step: Step) -> Outcome:
    trip.visitor.who = str(step["login"])
    audience = {"registry": ACR, "management": ARM}.get(str(step.get("audience", "registry")), str(step.get("audience")))
    if trip.visitor.who == "admin":
        return Outcome(trip.visitor.registry(trip.server, "GET", "/v2/"))
    answer = trip.visitor.login(trip.server, audience)
    if answer.status == 200 and "session" in step:
        trip.visitor.sessions[str(step["session"])] = answer.body["refresh_token"]
    return Outcome(answer)


def _token(trip: Trip, step: Step) -> Outcome:
    return Outcome(trip.visitor.token(trip.server, str(step["token"]), str(step.get("with", ""))))


# Content


def _push(trip: Trip, step: Step) -> Outcome:
    wanted = Reference.parse(str(step["push"]))
    answer = _put(trip, wanted.repository, wanted.tag or wanted.digest, _image(trip, wanted.repository, step), step)
    return Outcome(answer, answer.headers.get("docker-content-digest"))


def _image(trip: Trip, repository: str, step: Step) -> Image:
    content = str(step.get("text", "Hello from acrlab"))
    form = str(step.get("format", "oci"))
    if "platforms" in step:
        each = str(step["platforms"]).split(",")
        return Image.index([Image.hello(one.strip(), text=content, format=form) for one in each])
    if "artifact" in step:
        subject = _fetched(trip, f"{repository}:{step['subject']}") if "subject" in step else None
        return Image.artifact(str(step["artifact"]), {"content.txt": content}, subject=subject)
    return Image.hello(str(step.get("platform", "linux/amd64")), text=content, format=form)


def _fetched(trip: Trip, reference: str) -> Image:
    answer = _pulled(trip, Reference.parse(reference), "")
    if answer.status != 200:
        raise Stuck(f"{reference} is not there")
    return Image(answer.raw, answer.headers["content-type"])


def _put(trip: Trip, repository: str, target: str, image: Image, step: Step) -> Seen:
    for each in image.images:
        refused = _put(trip, repository, each.digest, each, step)
        if refused.status >= 400:
            return refused
    for blob in image.blobs:
        if "without" in step and blob is image.blobs[-1]:
            continue  # a push that leaves its last layer out
        refused = _upload(trip, repository, blob, str(step.get("with", "")))
        if refused.status >= 400:
            return refused
    path = f"/v2/{repository}/manifests/{quote(target or image.digest, safe=':')}"
    headers = {"content-type": image.media_type}
    return trip.visitor.registry(trip.server, "PUT", path, image.raw, headers, str(step.get("with", "")))


def _upload(trip: Trip, repository: str, blob: Blob, session: str) -> Seen:
    started = trip.visitor.registry(trip.server, "POST", f"/v2/{repository}/blobs/uploads/", session=session)
    if started.status >= 400:
        return started
    location = started.headers["location"].removeprefix(f"https://{trip.server}")
    mark = "&" if "?" in location else "?"
    path = f"{location}{mark}{urlencode({'digest': blob.digest})}"
    return trip.visitor.registry(trip.server, "PUT", path, blob.data or b"", session=session)


def _pull(trip: Trip, step: Step) -> Outcome:
    answer = _pulled(trip, Reference.parse(str(step["pull"])), str(step.get("with", "")))
    values = {"digest": answer.headers.get("docker-content-digest"), "media type": answer.headers.get("content-type"),
              "platforms": [f"{each['platform']['os']}/{each['platform']['architecture']}"
                            for each in (answer.body or {}).get("manifests", ()) if "platform" in each],
              "layers": (answer.body or {}).get("layers", ())}  # fmt: skip
    return Outcome(answer, values.get(str(step.get("pick", "digest"))))


def _pulled(trip: Trip, wanted: Reference, session: str) -> Seen:
    path = f"/v2/{wanted.repository}/manifests/{wanted.digest or wanted.tag or 'latest'}"
    return trip.visitor.registry(trip.server, "GET", path, headers={"accept": _MANIFESTS}, session=session)


def _tag(trip: Trip, step: Step) -> Outcome:
    wanted = Reference.parse(str(step["tag"]))
    found = _fetched(trip, str(step["tag"]))
    path = f"/v2/{wanted.repository}/manifests/{step['to']}"
    return Outcome(trip.visitor.registry(trip.server, "PUT", path, found.raw, {"content-type": found.media_type}))


def _untag(trip: Trip, step: Step) -> Outcome:
    wanted = Reference.parse(str(step["untag"]))
    return Outcome(trip.visitor.registry(trip.server, "DELETE", f"/acr/v1/{wanted.repository}/_tags/{wanted.tag}"))


def _delete(trip: Trip, step: Step) -> Outcome:
    """As `az acr repository delete`: a tag stands for the manifest behind it."""
    wanted = Reference.parse(str(step["delete"]))
    if not wanted.tag and not wanted.digest:
        return Outcome(trip.visitor.registry(trip.server, "DELETE", f"/acr/v1/{wanted.repository}"))
    digest = wanted.digest
    if not digest:
        shown = trip.visitor.registry(trip.server, "GET", f"/acr/v1/{wanted.repository}/_tags/{wanted.tag}")
        if shown.status >= 400:
            return Outcome(shown)
        digest = shown.body["tag"]["digest"]
    return Outcome(trip.visitor.registry(trip.server, "DELETE", f"/v2/{wanted.repository}/manifests/{digest}"))


def _lock(trip: Trip, step: Step) -> Outcome:
    names = {"write": "writeEnabled", "delete": "deleteEnabled", "read": "readEnabled", "list": "listEnabled"}
    body = {names[key]: typed(step[key]) for key in names if key in step}
    path, headers = _attributes(str(step["lock"])), {"content-type": "application/json"}
    return Outcome(trip.visitor.registry(trip.server, "PATCH", path, _json(body), headers))


def _show(trip: Trip, step: Step) -> Outcome:
    answer = trip.visitor.registry(trip.server, "GET", _attributes(str(step["show"])))
    return Outcome(answer, _picked(answer.body, step.get("pick", "")))


def _attributes(reference: str) -> str:
    wanted = Reference.parse(reference)
    tail = f"/_manifests/{wanted.digest}" if wanted.digest else f"/_tags/{wanted.tag}" if wanted.tag else ""
    return f"/acr/v1/{wanted.repository}{tail}"


def _tags(trip: Trip, step: Step) -> Outcome:
    answer = trip.visitor.registry(trip.server, "GET", f"/acr/v1/{step['tags']}/_tags")
    return Outcome(answer, [each["name"] for each in (answer.body or {}).get("tags") or ()])


def _manifests(trip: Trip, step: Step) -> Outcome:
    answer = trip.visitor.registry(trip.server, "GET", f"/acr/v1/{step['manifests']}/_manifests")
    found = (answer.body or {}).get("manifests") or ()
    untagged = step.get("pick") == "untagged"
    return Outcome(answer, [each["digest"] for each in found if not untagged or not each.get("tags")])


def _repositories(trip: Trip, step: Step) -> Outcome:
    answer = trip.visitor.registry(trip.server, "GET", "/acr/v1/_catalog")
    return Outcome(answer, (answer.body or {}).get("repositories") or ())


def _referrers(trip: Trip, step: Step) -> Outcome:
    subject = _fetched(trip, str(step["referrers"]))
    repository = Reference.parse(str(step["referrers"])).repository
    answer = trip.visitor.registry(trip.server, "GET", f"/v2/{repository}/referrers/{subject.digest}")
    return Outcome(answer, [each.get("artifactType") for each in (answer.body or {}).get("manifests", ())])


def _request(trip: Trip, step: Step) -> Outcome:
    method, _, url = str(step["request"]).partition(" ")
    answer = trip.visitor.place.send(method, url, dict(step.get("headers", {})), str(step.get("send", "")).encode())
    return Outcome(answer, answer.headers.get(str(step.get("pick", "")).lower()))


# What needs no registry


def _fact(trip: Trip, step: Step) -> Outcome:
    return Outcome(None, fact(step["fact"], trip.profile))


def _clock(trip: Trip, step: Step) -> Outcome:
    trip.visitor.place.advance(durations.seconds(str(step["clock"])))
    return Outcome()


def _history(trip: Trip, step: Step) -> Outcome:
    """Events of a type that hold something: `are`, `is` and `count` see them in order."""
    where = typed(step.get("where", {}))
    return Outcome(None, [
        each["by"] if "by" in each else "" for each in trip.visitor.place.history()
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
    from acrlab.trainer.steps import perform

    last = None
    for each in commands.meant(str(step["run"])):
        last = perform(trip, each)
        if not last.ok:
            return Outcome(Seen(last.status or 400, last.code, last.seen))
    if last is None:
        raise Stuck(f"no steps are known for this command: {step['run']}")
    return Outcome(Seen(last.status or 200))


# Values


def typed(value: Any) -> Any:
    """A body as JSON has it: authors write all values as text."""
    if isinstance(value, dict):
        return {key: typed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    words = {"true": True, "false": False, "null": None, "yes": True, "no": False}
    return words.get(value, int(value) if str(value).isdecimal() else value) if isinstance(value, str) else value


def _picked(body: Any, path: str) -> Any:
    for key in filter(None, str(path).split(".")):
        if isinstance(body, list) and key.isdecimal() and int(key) < len(body):
            body = body[int(key)]
        else:
            body = body.get(key) if isinstance(body, dict) else None
    return {True: "true", False: "false"}.get(body, body) if isinstance(body, bool) else body


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


VERBS: dict[str, Verb] = {
    "registry": Verb(_registry, ("tier", "location", "properties", "version"), "create a registry; the steps after it mean this one"),
    "in": Verb(_in, (), "from here on another registry is meant"),
    "update": Verb(_update, ("tier",), "change properties of the registry, or its tier"),
    "arm": Verb(_arm, ("at", "send", "version", "pick"), "any request to Resource Manager; ~registry, ~group and ~subscription stand for ids"),
    "available": Verb(_available, (), "whether a registry name is free: yes or no"),
    "usage": Verb(_usage, ("pick",), "a row of the registry's usage: its limit, or with pick: currentValue"),
    "credentials": Verb(_credentials, (), "list the admin user's passwords"),
    "assign": Verb(_assign, ("to", "at", "condition"), "assign a role to somebody, at the registry, group or subscription"),
    "as": Verb(_as, (), "from here on somebody else acts: a name, admin or anonymous"),
    "login": Verb(_login, ("session", "audience"), "sign in to the registry; session: keeps it under a name"),
    "token": Verb(_token, (), "get an access token for a scope such as repository:app:pull"),
    "push": Verb(_push, ("text", "platform", "platforms", "artifact", "subject", "format", "without"), "push an image; another text is another image"),
    "pull": Verb(_pull, ("pick",), "pull by tag or digest; its value is the digest, or with pick: media type, platforms, layers"),
    "tag": Verb(_tag, ("to",), "give a manifest one more tag"),
    "untag": Verb(_untag, (), "remove a tag"),
    "delete": Verb(_delete, (), "delete a repository, or the manifest behind a tag or digest"),
    "lock": Verb(_lock, ("write", "delete", "read", "list"), "change the attributes of a repository, tag or digest"),
    "show": Verb(_show, ("pick",), "the attributes of a repository, tag or digest"),
    "tags": Verb(_tags, (), "the tags of a repository"),
    "manifests": Verb(_manifests, ("pick",), "the digests of a repository; pick: untagged leaves out tagged ones"),
    "repositories": Verb(_repositories, (), "the repositories of the registry"),
    "referrers": Verb(_referrers, (), "the artifact types that refer to an image"),
    "request": Verb(_request, ("headers", "send", "pick"), "any request: a method and a URL; pick: a header"),
    "fact": Verb(_fact, (), "a fact of acrlab/data"),
    "clock": Verb(_clock, (), "let time pass: 3h, 8d"),
    "history": Verb(_history, ("where", "of"), "events that happened, such as ManifestPushed; of: a registry"),
    "run": Verb(_run, (), "an az command, by what it does"),
}  # fmt: skip
