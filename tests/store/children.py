"""What the tests of this folder do to a process of its own: fill its disk, take its files, kill it.

`python -m tests.store.children NAME ARGUMENT …`; every line written is one thing that was promised.
"""

import os
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

from acrlab.domain.names import digest_of
from acrlab.engine.journal import JournalFailed
from acrlab.store.directory import DirectoryBlobs
from acrlab.store.sqlite import SqliteJournal

HERE = Path(__file__).resolve().parents[2]


def start(name: str, *arguments: object) -> "subprocess.Popen[str]":
    """Run one of the functions below in a process of its own."""
    command = [sys.executable, "-m", "tests.store.children", name, *map(str, arguments)]
    return subprocess.Popen(command, cwd=HERE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def finish(name: str, *arguments: object) -> list[str]:
    """Run one of the functions below to its end; return its lines."""
    with start(name, *arguments) as child:
        output, _ = child.communicate()
    assert child.returncode == 0
    return output.splitlines()


def record(position: int) -> bytes:
    """The only record that may be found at a position."""
    return b"%d " % position * 60


def content(id: str) -> bytes:
    """The only content that an upload of that id may have."""
    return f"{id} ".encode() * 20_000


def say(line: object) -> None:
    os.write(1, f"{line}\n".encode())


def limit_files(size: int) -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


def own(path: str) -> None:
    """Open a journal and keep it."""
    journal = SqliteJournal(path)
    say(journal.position)
    sys.stdin.read()


def append_forever(path: str) -> None:
    """Append, rewind and mark; say each position once it is durable."""
    journal = SqliteJournal(path)
    ahead = threading.Semaphore(40)
    while True:
        ahead.acquire()
        position = journal.position + 1
        if position % 50 == 0:
            journal.rewind(position // 2)
        else:
            journal.append(record(position))

        def done(error: Exception | None, position: int = position) -> None:
            say(position)
            ahead.release()

        journal.when_durable(position, done)
        if position % 70 == 0:
            journal.mark(f"m{position}")
            say(f"m{position}")


def append_until_full(path: str, size: str) -> None:
    """Append until the file system takes no more; say what was durable, then what was said."""
    journal = SqliteJournal(path)
    limit_files(int(size))
    told: list[Exception | None] = []
    for _ in range(100_000):
        try:
            position = journal.append(record(journal.position + 1))
            journal.when_durable(position, told.append)
            journal.flush()
        except JournalFailed:
            break
    sentences: list[object] = []
    for refused in (
        lambda: journal.append(b"later"),
        journal.flush,
        lambda: journal.rewind(0),
        lambda: journal.mark("late"),
        journal.replay,
    ):
        try:
            refused()
        except JournalFailed as error:
            sentences.append(error)
    journal.when_durable(position, sentences.append)
    journal.close()  # and with it the writer, so that everybody has been told
    say(journal.durable)
    say(told.count(None))
    say(repr(told[-1]))
    for sentence in sentences:
        say(sentence)


def store_forever(folder: str, prefix: str) -> None:
    """Receive and seal; say each digest once it is stored."""
    blobs = DirectoryBlobs(folder)
    for number in count():
        upload = blobs.begin(f"{prefix}-{number}")
        data = content(upload.id)
        for at in range(0, len(data), 10_000):
            upload.write(data[at : at + 10_000])
        upload.seal(digest_of(data))
        say(digest_of(data))


def receive_until_full(folder: str, size: str) -> None:
    """Write more to an upload than fits; say how much was received and what the file has."""
    blobs = DirectoryBlobs(folder)
    limit_files(int(size))
    upload = blobs.begin("big")
    upload.write(b"a" * 10_000)
    try:
        upload.write(b"b" * int(size))
    except OSError as error:
        say(type(error).__name__)
    try:
        blobs.put(b"c" * 2 * int(size))
    except OSError as error:
        say(type(error).__name__)
    say(len(list(blobs.uploads())))
    say(upload.received)
    say(next(blobs.uploads())[1])
    upload.seal(digest_of(b"a" * 10_000))
    say(blobs.size(digest_of(b"a" * 10_000)))


def receive_many(folder: str, uploads: str, files: str) -> None:
    """Have many uploads under way with few files allowed; say each digest sealed."""
    import resource

    blobs = DirectoryBlobs(folder, sync=False, open_files=16)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(files), hard))
    under_way = [blobs.begin(f"u{number}") for number in range(int(uploads))]
    for part in (b"first ", b"second"):
        for upload in under_way:
            upload.write(part + upload.id.encode())
    for upload in under_way:
        digest = digest_of(f"first {upload.id}second{upload.id}".encode())
        upload.seal(digest)
        say(digest)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
