"""Small programs in Go over other people's packages, built once: a JSON request a line, a JSON answer a line."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.peers.lanes import need, not_run
from tests.peers.tools import folder

SOURCES = Path(__file__).parent / "golang"


class Program:
    """A program that runs. Where it cannot be built, the lane does not run."""

    def __init__(self, name):
        self.place = _built(name)
        self._process = subprocess.Popen(
            [str(self.place / "program")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def ask(self, requests):
        """An answer to each. Few at a time are under way, so that no pipe is ever full at both ends."""
        answers = []
        for start in range(0, len(requests), 20):
            part = requests[start : start + 20]
            self._process.stdin.write("".join(json.dumps(each) + "\n" for each in part).encode())
            self._process.stdin.flush()
            answers += [json.loads(self._process.stdout.readline()) for _ in part]
        return answers

    def source(self, module):
        """Where the files of a module lie that the program was built with."""
        found = _go("list", self.place, "list", "-mod=mod", "-m", "-f", "{{.Dir}}", module)
        return Path(found.strip())

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _built(name):
    source = SOURCES / name
    version = hashlib.sha256(b"".join(each.read_bytes() for each in sorted(source.iterdir()))).hexdigest()[:12]
    place = folder() / "go" / f"{name}-{version}"
    if not (place / "program").is_file():
        shutil.copytree(source, place, dirs_exist_ok=True)
        _go("build", place, "build", "-mod=mod", "-o", "program", ".")
    return place


def _go(what, place, *words):
    done = subprocess.run(
        [str(need("go")), *words], cwd=place, capture_output=True, text=True, env={**os.environ, "GOFLAGS": ""}
    )
    if done.returncode:
        not_run(f"go {what}: {(done.stderr.strip() or done.stdout.strip()).splitlines()[-1]}")
    return done.stdout
