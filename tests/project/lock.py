"""Writes the three files that pin the dependencies, from pyproject.toml. Needs uv, and only here.

    python -m tests.project.lock             keeps what is pinned where it still fits
    python -m tests.project.lock --upgrade   takes the newest of everything

requirements.lock        what a learner gets, with hashes; resolved once for every system and Python
requirements-test.lock   what `start.py test` adds to it
environment.yml          the first of them, for conda
"""

import subprocess
import sys
import tomllib
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
LOCK = HOME / "requirements.lock"
TEST_LOCK = HOME / "requirements-test.lock"
ENVIRONMENT = HOME / "environment.yml"

HEADER = "# {what}\n# Written by `python -m tests.project.lock` from pyproject.toml. Do not edit.\n\n"

CONDA = """\
# The same environment for conda: conda env create -f environment.yml
# Written by `python -m tests.project.lock` from pyproject.toml. Do not edit.
# conda hands this list to pip together with `-e .`, and pip takes no editable package beside
# hashes: so these are the pins of requirements.lock, each one, without their hashes.
name: acrlab
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python>=3.11,<3.14
  - pip
  - pip:
{pins}
      - -e .
"""


# The newest of these have no wheel for Macs with Intel processors; there pip would want a compiler.
INTEL_MAC = "sys_platform == 'darwin' and platform_machine == 'x86_64'"
LAST_FOR_INTEL_MAC = ["argon2-cffi-bindings<26", "cryptography<49"]


def pins(text: str) -> dict[str, str]:
    """The pins of a lock, `name==version ; marker`, each with its block of hashes."""
    blocks: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith(" "):
            pin = line.removesuffix("\\").strip()
            blocks[pin] = []
        blocks[pin].append(line)
    return {pin: "\n".join(lines) for pin, lines in blocks.items()}


def conda(lock: str) -> str:
    """environment.yml, made of a lock."""
    return CONDA.format(pins="\n".join(f"      - {quoted(pin)}" for pin in pins(lock)))


def quoted(pin: str) -> str:
    return f'"{pin}"' if ";" in pin else pin


def resolve(*options: str, known: str, wanted: str) -> str:
    """One resolution for all systems; `known` pins are kept where they fit."""
    command = [
        *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
        *("--generate-hashes", "--no-header", "--no-annotate"),
        *("--constraint", "-"),
        *options,
        wanted,
    ]
    known += "\n" + "\n".join(f"{limit} ; {INTEL_MAC}" for limit in LAST_FOR_INTEL_MAC)
    done = subprocess.run(command, cwd=HOME, input=known, text=True, stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def main() -> None:
    upgrade = "--upgrade" in sys.argv[1:]
    project = tomllib.loads((HOME / "pyproject.toml").read_text())
    build = HOME / ".build-requirements.in"
    build.write_text("\n".join(project["build-system"]["requires"]))
    try:
        before = "" if upgrade else old_pins()
        everything = resolve("--all-extras", str(build), known=before, wanted="pyproject.toml")
        chosen = "\n".join(pins(everything))
        run = resolve(str(build), known=chosen, wanted="pyproject.toml")
    finally:
        build.unlink()
    needed = {name(pin) for pin in pins(run)}
    blocks = pins(everything)
    runs = "\n".join(block for pin, block in blocks.items() if name(pin) in needed) + "\n"
    adds = "\n".join(block for pin, block in blocks.items() if name(pin) not in needed) + "\n"
    LOCK.write_text(HEADER.format(what="What acrlab runs on.") + runs)
    TEST_LOCK.write_text(HEADER.format(what="What the tests need on top of requirements.lock.") + adds)
    ENVIRONMENT.write_text(conda(runs))


def name(pin: str) -> str:
    return pin.partition("==")[0]


def old_pins() -> str:
    files = [file for file in (LOCK, TEST_LOCK) if file.exists()]
    return "\n".join(pin for file in files for pin in pins(file.read_text()))


if __name__ == "__main__":
    main()
