"""`kill -9` at random moments of a push loop: what was acknowledged is there, what was not is whole or absent.

ACRLAB_KILLS (20) kills, from ACRLAB_KILL_SEED (1). One data folder lives through all of them.
"""

import base64
import hashlib
import http.client
import json
import os
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.peers.cloud import OCI_MANIFEST, Cloud, Registry
from tests.peers.launched import Launched, launch, launched

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("ACRLAB_KILLS", "20"))
SEED = int(os.environ.get("ACRLAB_KILL_SEED", "1"))
LONGEST = 0.4  # seconds from the first push after a start to the kill
SIZES = (0, 1, 700, 70_000, 1_500_000)  # bytes of a layer: around every buffer and fast path there is
CHUNK = 400_000  # bytes of a PATCH
REPOSITORY = "loop/app"


@dataclass
class Written:
    """What the server has said yes to."""

    blobs: dict[str, int] = field(default_factory=dict)  # digest -> size
    manifests: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, set[str | None]] = field(default_factory=dict)  # tag -> what it may be
    seen: set[str] = field(default_factory=set)  # digests that a start has shown


@dataclass
class Door:
    """A connection to the plain door with the admin user's password on every request."""

    port: int
    registry: Registry

    def __post_init__(self) -> None:
        self.line = http.client.HTTPConnection("localhost", self.port, timeout=30)
        basic = base64.b64encode(self.registry.credentials.encode()).decode()
        self.headers = {"Authorization": f"Basic {basic}"}
        self.root = f"/v2/{self.registry.name}/{REPOSITORY}"

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str):
        self.line.request(method, path, body or None, self.headers | headers)
        answer = self.line.getresponse()
        return answer, answer.read()

    def close(self) -> None:
        self.line.close()


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def push_blob(door: Door, data: bytes, written: Written, streamed: bool) -> dict[str, object]:
    name = digest(data)
    if streamed:
        answer, _ = door.ask("POST", f"{door.root}/blobs/uploads/")
        assert answer.status == 202
        place = answer.headers["Location"]
        for start in range(0, len(data), CHUNK):
            answer, _ = door.ask("PATCH", place, data[start : start + CHUNK])
            assert answer.status == 202
            place = answer.headers["Location"]
        separator = "&" if "?" in place else "?"
        answer, said = door.ask("PUT", f"{place}{separator}digest={name}")
    else:
        answer, said = door.ask("POST", f"{door.root}/blobs/uploads/?digest={name}", data)
    assert answer.status == 201, said
    written.blobs[name] = len(data)
    return {"mediaType": "application/octet-stream", "digest": name, "size": len(data)}


def push_image(door: Door, chance: random.Random, number: int, written: Written) -> None:
    """One image, sometimes over an existing tag; sometimes a tag is deleted instead."""
    if number % 7 == 6 and written.tags:
        delete_tag(door, chance.choice(sorted(written.tags)), written)
        return
    data = chance.randbytes(chance.choice(SIZES))
    layer = push_blob(door, data, written, streamed=chance.random() < 0.5)
    config = push_blob(door, json.dumps({"number": number}).encode(), written, streamed=False)
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer]}
    body = json.dumps(manifest).encode()
    tag = f"t{chance.randrange(40)}"
    written.doubtful[tag] = {written.tags.get(tag), digest(body)}
    kind = {"Content-Type": OCI_MANIFEST}
    answer, said = door.ask("PUT", f"{door.root}/manifests/{tag}", body, **kind)
    assert answer.status == 201, said
    written.manifests[digest(body)] = body
    written.tags[tag] = digest(body)
    del written.doubtful[tag]


def delete_tag(door: Door, tag: str, written: Written) -> None:
    written.doubtful[tag] = {written.tags[tag], None}
    answer, said = door.ask("DELETE", f"{door.root}/manifests/{tag}")
    assert answer.status == 202, said
    del written.doubtful[tag], written.tags[tag]


def push_until_killed(server: Launched, registry: Registry, chance: random.Random, written: Written, first: int) -> int:
    """Pushes until the connection breaks; gives the number of operations that were begun."""
    timer = threading.Timer(chance.uniform(0.0, LONGEST), server.process.kill)
    door = Door(port(server), registry)
    number = first
    timer.start()
    try:
        while True:
            number += 1
            push_image(door, chance, number, written)
    except (OSError, http.client.HTTPException):
        return number
    finally:
        timer.join()
        door.close()
        server.ended()


def port(server: Launched) -> int:
    return int(server.describe()["endpoint"].rsplit(":", 1)[1])


def verify(server: Launched, registry: Registry, written: Written, sample: random.Random | None) -> None:
    """Every acknowledged write is present and right; an unacknowledged one is whole or absent.

    With `sample`, of what an earlier call has seen only some is looked at again.
    """
    door = Door(port(server), registry)
    blobs = chosen(list(written.blobs), written.seen, sample)
    manifests = chosen(list(written.manifests), written.seen, sample)
    for name in blobs:
        answer, data = door.ask("GET", f"{door.root}/blobs/{name}")
        assert answer.status == 200 and digest(data) == name, name
        assert len(data) == written.blobs[name]
    for name in manifests:
        answer, data = door.ask("GET", f"{door.root}/manifests/{name}", Accept=OCI_MANIFEST)
        assert answer.status == 200 and data == written.manifests[name], name
    written.seen.update(blobs, manifests)
    settle(door, written)
    for tag, name in written.tags.items():
        answer, _ = door.ask("HEAD", f"{door.root}/manifests/{tag}", Accept=OCI_MANIFEST)
        assert answer.headers.get("Docker-Content-Digest") == name, tag
    answer, data = door.ask("GET", f"{door.root}/tags/list")
    if answer.status == 404:
        assert not written.tags
    else:
        assert set(json.loads(data)["tags"] or []) == set(written.tags)
    door.close()


def chosen(names: list[str], seen: set[str], sample: random.Random | None) -> list[str]:
    if sample is None:
        return names
    old = [name for name in names if name in seen]
    return [name for name in names if name not in seen] + sample.sample(old, min(len(old), 50))


def settle(door: Door, written: Written) -> None:
    """The write that was under way when the end came may have happened or not, but not in part."""
    for tag, may_be in written.doubtful.items():
        answer, data = door.ask("GET", f"{door.root}/manifests/{tag}", Accept=OCI_MANIFEST)
        found = digest(data) if answer.status == 200 else None
        assert found in may_be, f"{tag} is {found}, which nobody pushed; it may be {may_be}"
        if found:
            check_complete(door, json.loads(data))
            written.manifests[found], written.tags[tag] = data, found
        else:
            written.tags.pop(tag, None)
    written.doubtful.clear()


def check_complete(door: Door, manifest: dict) -> None:
    for entry in [manifest["config"], *manifest["layers"]]:
        answer, data = door.ask("GET", f"{door.root}/blobs/{entry['digest']}")
        assert answer.status == 200 and digest(data) == entry["digest"]


def create_registry(server: Launched, home: Path) -> Registry:
    home.mkdir(exist_ok=True)
    return Cloud.around(server, home).registry("killer", sku="Premium")


def test_nothing_that_was_acknowledged_is_lost(tmp_path):
    chance, written, number = random.Random(SEED), Written(), 0
    arguments = ["--data", str(tmp_path / "data")]
    server = launch(*arguments, log=tmp_path / "log")
    try:
        registry = create_registry(server, tmp_path / "home")
        for kill in range(KILLS):
            number = push_until_killed(server, registry, chance, written, number)
            server = launch(*arguments, log=tmp_path / "log")
            try:
                verify(server, registry, written, None if kill == KILLS - 1 else chance)
            except AssertionError as error:
                raise AssertionError(f"after kill {kill + 1} of {KILLS}, seed {SEED}: {error}") from error
    finally:
        server.kill()
    assert len(written.manifests) >= KILLS, "too few pushes came through for this to prove anything"
    print(f"{KILLS} kills, {number} operations, {len(written.manifests)} images, {len(written.blobs)} blobs")


TAGS = 10_000
RESTART_SECONDS = 1.0


def test_a_world_of_ten_thousand_tags_opens_in_a_second(tmp_path):
    """The one bound in this file that is a time: it is asked for as such."""
    arguments = ["--data", str(tmp_path / "data")]
    with launched(*arguments, log=tmp_path / "log") as server:
        registry = create_registry(server, tmp_path / "home")
        door = Door(port(server), registry)
        config = push_blob(door, b"{}", Written(), streamed=False)
        manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}
        body = json.dumps(manifest).encode()
        for number in range(TAGS):
            kind = {"Content-Type": OCI_MANIFEST}
            answer, said = door.ask("PUT", f"{door.root}/manifests/n{number:05}", body, **kind)
            assert answer.status == 201, said
        door.close()
    empty = min(start_seconds(["--data", str(tmp_path / f"empty{i}")], tmp_path) for i in range(3))
    full = min(start_seconds(arguments, tmp_path, registry) for _ in range(3))
    print(f"opens in {full:.2f} s with {TAGS:,} tags, in {empty:.2f} s with none")
    assert full < RESTART_SECONDS


def start_seconds(arguments, where: Path, registry: Registry | None = None) -> float:
    """Seconds from the start of the process to its first answer about the last of the tags."""
    begun = time.perf_counter()
    with launched(*arguments, log=where / "log") as server:
        if registry is None:
            return time.perf_counter() - begun
        door = Door(port(server), registry)
        last = f"{door.root}/manifests/n{TAGS - 1:05}"
        answer, _ = door.ask("HEAD", last, Accept=OCI_MANIFEST)
        seconds = time.perf_counter() - begun
        assert answer.status == 200
        answer, data = door.ask("GET", f"{door.root}/tags/list?n=1000&last=n{TAGS - 501:05}")
        assert len(json.loads(data)["tags"]) == 500
        door.close()
        return seconds
