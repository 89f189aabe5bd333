#!/usr/bin/env python3
"""acrlab: learn Azure Container Registry on your own machine.

    python3 start.py                 sets everything up, starts the emulator and opens JupyterLab
    python3 start.py --no-browser    the same, and leaves the browser to you
    python3 start.py setup           sets everything up and stops there
    python3 start.py test            runs the tests; what follows goes to pytest (-k push, -n0 -s ...)
    python3 start.py test LANE       one of the lanes: peers conformance notebooks browser slow

The first time takes a minute or two and needs a package index within reach (PIP_* and proxy
variables are honoured). After that it takes no network and no time. Everything is put into the
folder .venv beside this file; to be rid of it, delete that folder.
"""

import sys

if sys.version_info < (3, 11):
    version, program = sys.version.split()[0], sys.executable
    sys.exit(
        f"acrlab needs Python 3.11 or newer; this is Python {version} ({program}).\n"
        "Install a newer one (python.org, your system's packages, or conda: see environment.yml)\n"
        "and run this file with it, for example: python3.13 start.py"
    )

import contextlib
import hashlib
import importlib.util
import os
import queue
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

HOME = Path(__file__).resolve().parent
VENV = HOME / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
GUARD = HOME / ".venv.lock"  # held while .venv is being changed
UNFINISHED = VENV / "unfinished"  # there while pip is at work: found later, it was interrupted

LOCKS = {"run": ["requirements.lock"], "test": ["requirements.lock", "requirements-test.lock"]}
LANES = ("peers", "conformance", "notebooks", "browser", "slow")
WINDOWS = os.name == "nt"
PIP_INSTALL = [
    *("-m", "pip", "install", "--no-deps", "--no-user"),  # some shells set PIP_USER for everyone
    *("--no-input", "--disable-pip-version-check", "--no-color", "--progress-bar", "off"),
]


class Failed(Exception):
    """Set-up cannot go on; the text says why and what to do."""


def main(arguments: list[str]) -> int:
    command, rest = split(arguments)
    if command == "help":
        print(__doc__.strip())
        return 0
    if command == "unknown":
        print(f"start.py does not know {rest[0]!r}.\n\n{__doc__.strip()}", file=sys.stderr)
        return 2
    try:
        ensure("test" if command == "test" else "run")
    except Failed as failure:
        print(f"\nacrlab could not be set up.\n{failure}", file=sys.stderr)
        return 1
    if command == "setup":
        return 0
    if command == "test":
        return become([str(PYTHON), "-m", "pytest", *lane(rest)])
    return become([str(BIN / ("acrlab.exe" if WINDOWS else "acrlab")), "lab", *rest])


def split(arguments: list[str]) -> tuple[str, list[str]]:
    """The command and what is passed on to it."""
    if not arguments:
        return "lab", []
    first, *rest = arguments
    if first in ("-h", "--help", "help"):
        return "help", []
    if first in ("lab", "setup", "test"):
        return first, rest
    return ("lab" if first.startswith("-") else "unknown"), arguments


def lane(arguments: list[str]) -> list[str]:
    """pytest's arguments: the word for a lane becomes its marker; the suite takes a process more than cores."""
    if arguments and arguments[0] in LANES:
        return ["-m", *arguments]
    return ["-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile", *arguments]


# Is it there?


def stamp(level: str) -> str:
    """Changes with whatever would make the environment another one."""
    digest = hashlib.sha256()
    for name in ["pyproject.toml", *LOCKS[level]]:
        digest.update((HOME / name).read_bytes())
    digest.update(f"{HOME} {python_version()} {sys.implementation.name}".encode())
    return digest.hexdigest()


def python_version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def stamp_file(level: str) -> Path:
    return VENV / f"stamp-{level}"


def fresh(level: str) -> bool:
    return stamped(level) and PYTHON.exists() and not UNFINISHED.exists()


def stamped(level: str) -> bool:
    with contextlib.suppress(OSError):
        return stamp_file(level).read_text() == stamp(level)
    return False


# Make it so


def ensure(level: str) -> None:
    """.venv holds what `level` asks for; at once when it does already."""
    if fresh(level):
        return
    with alone() as guard:
        if not fresh(level):  # the run that was waited for may have done it
            build(level, Progress(guard))


def build(level: str, progress: "Progress") -> None:
    print(f"Setting up acrlab in {VENV}{' for the tests' if level == 'test' else ''}.", flush=True)
    began = time.monotonic()
    if not usable():
        progress.run("creating .venv", creation(), advice=VENV_ADVICE)
        bootstrap(progress)
    for name in LOCKS[level]:
        if name != "requirements.lock" or not stamped("run"):
            pip(progress, name, "--require-hashes", "-r", str(HOME / name))
    # What builds acrlab is pinned in the lock as well, so nothing is fetched for it.
    pip(progress, "acrlab itself", "--no-build-isolation", "-e", str(HOME))
    for done in ("run", level):
        stamp_file(done).write_text(stamp(done))
    print(f"Ready after {time.monotonic() - began:.0f} s. The next start skips all this.", flush=True)


def pip(progress: "Progress", what: str, *arguments: str) -> None:
    """One run of pip in .venv. While it changes things, the file UNFINISHED says so."""
    watch = PipWatch(HOME / what if what.endswith(".lock") else None)
    UNFINISHED.touch()
    try:
        command = [str(PYTHON), *PIP_INSTALL, *arguments]
        progress.run(what, command, advice=PIP_ADVICE, watch=watch)
    except Failed:
        if not watch.installing:  # nothing was touched: the next run goes on from here
            UNFINISHED.unlink()
        raise
    UNFINISHED.unlink()


def usable() -> bool:
    """Whether .venv can be built upon: made whole, by this version of Python, in this place."""
    if UNFINISHED.exists():
        print("The last set-up was interrupted; starting it afresh.")
        return False
    with contextlib.suppress(OSError):
        made_by = re.search(r"^version(?:_info)? *= *(\d+\.\d+)", cfg(), re.MULTILINE)
        if made_by and made_by[1] == python_version() and PYTHON.exists():
            check = subprocess.run([PYTHON, "-c", "import pip"], capture_output=True)
            return check.returncode == 0
    return False


def cfg() -> str:
    return (VENV / "pyvenv.cfg").read_text(encoding="utf-8")


def creation() -> list[str]:
    # Started with .venv's own Python, it must not be that one which clears .venv away.
    inside = Path(sys.prefix).resolve() == VENV
    python = getattr(sys, "_base_executable", sys.executable) if inside else sys.executable
    pip = [] if has("ensurepip") else ["--without-pip"]
    return [python, "-m", "venv", "--clear", *pip, str(VENV)]


def bootstrap(progress: "Progress") -> None:
    """Debian splits ensurepip off; where pip itself is installed, it can step in."""
    if has("ensurepip"):
        return
    if not has("pip"):
        shutil.rmtree(VENV, ignore_errors=True)
        raise Failed(VENV_ADVICE)
    command = [sys.executable, "-m", "pip", "--python", str(PYTHON), *PIP_INSTALL[2:], "pip"]
    progress.run("pip", command, advice=VENV_ADVICE)


def has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


VENV_ADVICE = f"""\
This Python cannot make virtual environments. On Debian and Ubuntu they are a package of their own:
    sudo apt install python3-venv        (or python{python_version()}-venv)
then run start.py again."""

PIP_ADVICE = """\
What usually helps:
  - no connection, or a proxy in between: set HTTPS_PROXY (and PIP_CERT for a proxy of your own
    making), or PIP_INDEX_URL for a mirror; all PIP_* variables are honoured
  - no space left on the disk: about 600 MB are needed
  - a file held by another program (Windows): close JupyterLab and run this again
What was downloaded is kept: run start.py again and it goes on from there."""


@contextlib.contextmanager
def alone() -> Iterator[int]:
    """Two runs at once take turns. The system lets go of the lock when its holder dies."""
    with GUARD.open("a+") as file:
        if not try_lock(file.fileno()):
            print("Another start.py is setting up; waiting for it ...", flush=True)
            while not try_lock(file.fileno()):
                time.sleep(0.2)
        yield file.fileno()


def try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


# Show it


class PipWatch:
    """Reads pip's lines: how many of the lock's packages it has dealt with, and what it is at."""

    def __init__(self, lock: Path | None) -> None:
        text = lock.read_text(encoding="utf-8") if lock else ""
        self.total = len(re.findall(r"^\S+==", text, re.MULTILINE))
        self.seen = 0
        self.installing = False

    def __call__(self, line: str) -> str:
        if line.startswith("Installing collected"):
            self.installing = True
            return "installing"
        if "Retrying" in line:
            return "no answer from the package index, trying again"
        step = re.match(r"(?:Collecting|Requirement already satisfied:|Ignoring) (\S+?)[=:]", line)
        if not step:
            return ""
        self.seen += 1
        return f"{self.seen}/{self.total} {step[1]}" if self.total else ""


class Progress:
    """One line that moves on a terminal; a plain line now and then elsewhere."""

    PLAIN_EVERY = 10.0

    def __init__(self, guard: int) -> None:
        self.guard = guard
        self.live = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self.began = self.said = time.monotonic()
        self.drawn = 0

    def run(self, what: str, command: list[str], advice: str, watch: Callable[[str], str] | None = None) -> None:
        """Runs a command to its end, showing how far it is. Raises: Failed, with its last lines."""
        self.began = self.said = time.monotonic()
        if not self.live:
            print(f"  {what} ...", flush=True)
        lines: list[str] = []
        at = [what]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=HOME,
            # Should this process be killed, the lock stays held until its pip has ended too.
            pass_fds=() if WINDOWS else (self.guard,),
        )
        try:
            for line in self.listen(process, lambda: " ".join(at)):
                lines.append(line)
                seen = watch(line) if watch else ""
                at[1:] = [seen] if seen else at[1:]
            code = process.wait()
        except BaseException:  # Ctrl-C: nothing may work on behind our back
            process.terminate()
            process.wait()
            raise
        self.close(what, "done" if code == 0 else "FAILED")
        if code:
            raise Failed("\n".join([*(f"  | {line}" for line in lines[-12:]), "", advice]))

    def listen(self, process: "subprocess.Popen[str]", text: Callable[[], str]) -> Iterator[str]:
        """The lines of a process as they come; the display keeps moving in between."""
        lines: queue.Queue[str | None] = queue.Queue()

        def read() -> None:
            for line in process.stdout or ():
                lines.put(line.rstrip())
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        while True:
            self.draw(text())
            try:
                line = lines.get(timeout=0.1)
            except queue.Empty:
                continue
            if line is None:
                return
            yield line

    def draw(self, text: str) -> None:
        now = time.monotonic()
        seconds = now - self.began
        if self.live:
            spinner = "|/-\\"[int(seconds * 8) % 4]
            self.overwrite(f"  {spinner} {text}  {seconds:.0f} s")
        elif now - self.said >= self.PLAIN_EVERY:
            self.said = now
            print(f"  {text}  {seconds:.0f} s", flush=True)

    def overwrite(self, text: str, end: str = "") -> None:
        line = text[: shutil.get_terminal_size().columns - 1]
        print("\r" + line.ljust(self.drawn), end=end, flush=True)
        self.drawn = len(line)

    def close(self, what: str, outcome: str) -> None:
        line = f"  {what}: {outcome} after {time.monotonic() - self.began:.0f} s"
        if self.live:
            self.overwrite(line, end="\n")
            self.drawn = 0
        else:
            print(line, flush=True)


# Hand over


def become(command: list[str]) -> int:
    """Runs the command in .venv, in place of this process where the system can."""
    env = dict(os.environ, VIRTUAL_ENV=str(VENV))
    env["PATH"] = os.pathsep.join([str(BIN), env.get("PATH", "")])
    os.chdir(HOME)
    sys.stdout.flush()
    if not WINDOWS:
        os.execve(command[0], command, env)
    process = subprocess.Popen(command, env=env)
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # it is the child's to answer
            return process.wait()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nStopped. Run start.py again and it picks up.", file=sys.stderr)
        sys.exit(130)
