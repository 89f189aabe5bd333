"""A program that runs as long as this command does."""

import signal
import subprocess
import threading
from collections.abc import Mapping

import typer


def call(command: list[str], variables: Mapping[str, str]) -> int:
    """Run a program to its end and give its exit code as a shell would; what ends this command ends it, too."""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())  # the command may be there before we know of it
    try:
        child = subprocess.Popen(command, env=variables)
    except OSError as error:
        typer.echo(f"acrlab: {command[0]} cannot be run: {error.strerror}", err=True)
        return 127 if isinstance(error, FileNotFoundError) else 126
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    if asked.is_set():
        child.terminate()
    while True:
        try:
            code = child.wait()
        except KeyboardInterrupt:  # the command has had it too, and decides
            continue
        return code if code >= 0 else 128 - code
