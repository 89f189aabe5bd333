"""What engines are tried against: registries in memory, and the plainest of all sandboxes."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from acrlab.agents.images import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, sha256
from acrlab.agents.protocol import Capabilities, EngineFailed

ROOT = sys.platform == "linux" and os.geteuid() == 0 and shutil.which("unshare") is not None


class Kept:
    """Registries in memory, by the protocol agents use."""

    def __init__(self):
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.blobs: dict[str, bytes] = {}

    def manifest(self, reference):
        if reference not in self.manifests:
            raise EngineFailed(f"manifest for {reference} not found: manifest unknown")
        return self.manifests[reference]

    def fetch(self, reference, digest, target):
        target.write_bytes(self.blobs[digest])

    def upload(self, reference, digest, source):
        new = digest not in self.blobs
        self.blobs[digest] = source.read_bytes()
        return new

    def publish(self, reference, media_type, raw):
        self.manifests[reference] = (media_type, raw)

    def add(self, reference, content, config=None):
        """Put an image of one layer into the registry; the digest of its manifest."""
        config = json.dumps(config or {"os": "linux", "made": content.decode()}).encode()
        self.blobs |= {sha256(config): config, sha256(content): content}
        document = {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": {"mediaType": DOCKER_CONFIG, "digest": sha256(config), "size": len(config)},
            "layers": [{"mediaType": DOCKER_LAYER, "digest": sha256(content), "size": len(content)}],
        }
        raw = json.dumps(document).encode()
        repository = reference.rpartition(":")[0]
        self.manifests |= dict.fromkeys((reference, f"{repository}@{sha256(raw)}"), (DOCKER_MANIFEST, raw))
        return sha256(raw)


class ChrootProcess:
    def __init__(self, process, sink, made):
        self._process, self._made = process, made
        self._reader = threading.Thread(target=self._read, args=(sink,), daemon=True)
        self._reader.start()

    def _read(self, sink):
        while data := os.read(self._process.stdout.fileno(), 65536):
            sink(data)

    def wait(self, timeout=None):
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join()
        self._process.stdout.close()
        for path in reversed(self._made):
            path.rmdir() if path.is_dir() else path.unlink()
        self._made.clear()
        return 128 - code if code < 0 else code

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


class Chroot:
    """A sandbox that confines nothing: mounts in a namespace of their own, and chroot."""

    capabilities = Capabilities(engine="embedded", rung="chroot", run=True, users=True, platforms=("linux/amd64",))

    def start(self, command, sink):
        script, made = [], []
        for mount in command.mounts:
            target = Path(f"{command.root}{mount.target}")
            for folder in [*reversed(target.parents)]:
                if folder.is_relative_to(command.root) and not folder.exists():
                    folder.mkdir()
                    made.append(folder)
            if not target.exists():
                target.mkdir() if mount.source.is_dir() else target.touch()
                made.append(target)
            script.append(f"mount --bind {shlex.quote(str(mount.source))} {shlex.quote(str(target))}")
            if mount.read_only:
                script.append(f"mount -o remount,ro,bind {shlex.quote(str(target))}")
        uid, gid, groups = command.user
        ids = ["chroot", f"--userspec=+{uid}:+{gid}", f"--groups={','.join(map(str, groups)) or gid}"]
        inside = [str(command.root), "/bin/sh", "-c", f'cd {shlex.quote(command.workdir)} && exec "$@"', "sh"]
        variables = [f"{name}={value}" for name, value in command.environment.items()]
        into = ["/usr/sbin/chroot", *ids[1:], *inside, *command.argv]
        script.append(f"exec {shlex.join(['/usr/bin/env', '-i', *variables, *into])}")
        process = subprocess.Popen(
            ["unshare", "-m", "sh", "-ec", "\n".join(script)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        return ChrootProcess(process, sink, made)

    def network(self, name, *, create):
        pass

    def close(self):
        pass
