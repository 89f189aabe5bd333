"""A small engine that does real work: an image is its base with the context's files on top; it cannot run anything."""

import gzip
import io
import tarfile
import threading

import msgspec

from acrlab.agents.images import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, Image, Images, Platform, sha256
from acrlab.agents.protocol import Built, Capabilities, EngineFailed

CAPABILITIES = Capabilities(engine="stacker", reasons=("a double for tests: it copies, and runs nothing",))


class Stacker:
    """The engine. `gate` holds every build until it is set; `lines` more are printed by each build."""

    def __init__(self, lines: int = 0) -> None:
        self.gate, self.lines = threading.Event(), lines
        self.gate.set()
        self.building = threading.Semaphore(0)

    def probe(self):
        return CAPABILITIES

    def agent(self, folder, registries, outside=None):
        return StackerAgent(self, folder, registries)


class StackerAgent:
    capabilities = CAPABILITIES

    def __init__(self, engine, folder, registries) -> None:
        self._engine, self._images = engine, Images(folder, registries)

    def build(self, build, sink, cancelled) -> Built:
        self._engine.building.release()
        while not self._engine.gate.wait(0.01):
            if cancelled.is_set():
                raise EngineFailed("canceled")
        words = [line.split() for line in (build.context / build.dockerfile).read_text().splitlines() if line.strip()]
        base, bases, layers, ids = words[0][1], {}, [], []
        if base != "scratch":
            platform = Platform("linux", "amd64")
            found = self._images.pull(base if ":" in base or "@" in base else f"{base}:latest", platform)
            bases[base] = self._images.digest(base)
            layers = list(msgspec.json.decode(found.manifest)["layers"])
            config = msgspec.json.decode(self._images.blob(found.id).read_bytes())
            ids = list(config.get("rootfs", {}).get("diff_ids", []))
        for line in words[1:]:
            if line[0].upper() == "RUN":
                raise EngineFailed(f"The command '/bin/sh -c {' '.join(line[1:])}' returned a non-zero code: 1")
        sink(f"Step 1/1 : FROM {base}\n".encode())
        sink(b"".join(b"line %d\n" % number for number in range(self._engine.lines)))
        plain, packed = _layer(build.context)
        layers.append({"mediaType": DOCKER_LAYER, "size": len(packed), "digest": self._images.put(packed)})
        image = self._image(layers, [*ids, sha256(plain)])
        for tag in build.tags:
            self._images.name(tag, image)
            sink(f"Successfully tagged {tag}\n".encode())
        return Built(image.id, build.tags, bases)

    def _image(self, layers, ids) -> Image:
        config = msgspec.json.encode(
            {"os": "linux", "architecture": "amd64", "config": {}, "rootfs": {"type": "layers", "diff_ids": ids}}
        )
        row = {"mediaType": DOCKER_CONFIG, "size": len(config), "digest": self._images.put(config)}
        manifest = {"schemaVersion": 2, "mediaType": DOCKER_MANIFEST, "config": row, "layers": layers}
        return Image(row["digest"], DOCKER_MANIFEST, msgspec.json.encode(manifest), 0)

    def push(self, reference, sink):
        return self._images.push(reference, sink)

    def pull(self, reference, sink, platform=""):
        return self._images.pull(reference, Platform("linux", "amd64")).digest

    def tag(self, source, target):
        self._images.tag(source, target)

    def digest(self, reference):
        return self._images.digest(reference)

    def images(self):
        return self._images.listed()

    def start(self, container, sink):
        raise EngineFailed("this engine runs nothing")

    def remove(self, name):
        return None

    def network(self, name, driver, *, create):
        return None

    def close(self):
        return None


def _layer(context) -> tuple[bytes, bytes]:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for path in sorted(context.rglob("*")):
            member = tar.gettarinfo(path, f"app/{path.relative_to(context)}")
            member.mtime, member.uid, member.gid, member.uname, member.gname = 0, 0, 0, "", ""
            with open(path, "rb") if path.is_file() else io.BytesIO() as file:
                tar.addfile(member, file if path.is_file() else None)
    return plain.getvalue(), gzip.compress(plain.getvalue(), 1, mtime=0)
