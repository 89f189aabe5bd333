"""Verbs about content: push, pull, tag, lock, delete, list."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from acrlab.client.blob import Blob
from acrlab.client.content import Reference
from acrlab.client.image import Image
from acrlab.trainer.bench import Seen
from acrlab.trainer.steps import Outcome, Stuck, Trip
from acrlab.trainer.values import encoded, picked, typed

_MANIFESTS = ", ".join((
    "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.distribution.manifest.list.v2+json",
))  # fmt: skip
Step = Mapping[str, Any]


def push(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
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


def pull(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    answer = _pulled(trip, Reference.parse(str(step["pull"])), str(step.get("with", "")))
    values = {"digest": answer.headers.get("docker-content-digest"), "media type": answer.headers.get("content-type"),
              "platforms": [f"{each['platform']['os']}/{each['platform']['architecture']}"
                            for each in (answer.body or {}).get("manifests", ()) if "platform" in each],
              "layers": (answer.body or {}).get("layers", ())}  # fmt: skip
    return Outcome(answer, values.get(str(step.get("pick", "digest"))))


def _pulled(trip: Trip, wanted: Reference, session: str) -> Seen:
    path = f"/v2/{wanted.repository}/manifests/{wanted.digest or wanted.tag or 'latest'}"
    return trip.visitor.registry(trip.server, "GET", path, headers={"accept": _MANIFESTS}, session=session)


def tag(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    wanted = Reference.parse(str(step["tag"]))
    found = _fetched(trip, str(step["tag"]))
    path = f"/v2/{wanted.repository}/manifests/{step['to']}"
    return Outcome(trip.visitor.registry(trip.server, "PUT", path, found.raw, {"content-type": found.media_type}))


def untag(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    wanted = Reference.parse(str(step["untag"]))
    return Outcome(trip.visitor.registry(trip.server, "DELETE", f"/acr/v1/{wanted.repository}/_tags/{wanted.tag}"))


def delete(trip: Trip, step: Step) -> Outcome:
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


def lock(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    names = {"write": "writeEnabled", "delete": "deleteEnabled", "read": "readEnabled", "list": "listEnabled"}
    body = {names[key]: typed(step[key]) for key in names if key in step}
    path, headers = _attributes(str(step["lock"])), {"content-type": "application/json"}
    return Outcome(trip.visitor.registry(trip.server, "PATCH", path, encoded(body), headers))


def show(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    answer = trip.visitor.registry(trip.server, "GET", _attributes(str(step["show"])))
    return Outcome(answer, picked(answer.body, step.get("pick", "")))


def _attributes(reference: str) -> str:
    wanted = Reference.parse(reference)
    tail = f"/_manifests/{wanted.digest}" if wanted.digest else f"/_tags/{wanted.tag}" if wanted.tag else ""
    return f"/acr/v1/{wanted.repository}{tail}"


def tags(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    answer = trip.visitor.registry(trip.server, "GET", f"/acr/v1/{step['tags']}/_tags")
    return Outcome(answer, [each["name"] for each in (answer.body or {}).get("tags") or ()])


def manifests(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    answer = trip.visitor.registry(trip.server, "GET", f"/acr/v1/{step['manifests']}/_manifests")
    found = (answer.body or {}).get("manifests") or ()
    untagged = step.get("pick") == "untagged"
    return Outcome(answer, [each["digest"] for each in found if not untagged or not each.get("tags")])


def repositories(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    answer = trip.visitor.registry(trip.server, "GET", "/acr/v1/_catalog")
    return Outcome(answer, (answer.body or {}).get("repositories") or ())


def referrers(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    subject = _fetched(trip, str(step["referrers"]))
    repository = Reference.parse(str(step["referrers"])).repository
    answer = trip.visitor.registry(trip.server, "GET", f"/v2/{repository}/referrers/{subject.digest}")
    return Outcome(answer, [each.get("artifactType") for each in (answer.body or {}).get("manifests", ())])


def request(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    method, _, url = str(step["request"]).partition(" ")
    headers, sent = dict(step.get("headers", {})), step.get("send", "")
    if "bearer" in step:
        headers["authorization"] = f"Bearer {trip.visitor.place.bearer(trip.visitor.who, str(step['bearer']))}"
    if not isinstance(sent, str):
        headers["content-type"] = "application/json"
    body = sent.encode() if isinstance(sent, str) else encoded(typed(sent))
    for _ in range(int(step.get("times", 1))):
        answer = trip.visitor.place.send(method, url, headers, body)
    return Outcome(answer, answer.headers.get(str(step.get("pick", "")).lower()))
