"""A worker of its own process, to be killed in mid-run: python -m tests.tasks.mortal CREDENTIAL FOLDER; ACRLAB_QUEUE.

It says `ready`, and `building` when a build of it has begun, which then never ends.
"""

import os
import sys
import threading
from pathlib import Path

import msgspec

from acrlab.agents.remote.worker import Worker
from acrlab.domain.tasks.workers import Enrolment
from tests.tasks.stacker import Stacker


def main(credential: Path, folder: Path) -> None:
    engine = Stacker()
    engine.gate.clear()
    enrolment = msgspec.json.decode(credential.read_bytes(), type=Enrolment)
    worker = Worker(os.environ["ACRLAB_QUEUE"], enrolment, lambda: engine, folder)

    def watch() -> None:
        engine.building.acquire()
        print("building", flush=True)

    threading.Thread(target=watch, daemon=True).start()
    worker.run(lambda: print("ready", flush=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
