"""start.py, run as people run it: in a folder of its own, with the real venv and the real pip."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.house import HOME, House

ensurepip = pytest.importorskip("ensurepip", reason="start.py would need the network here: no ensurepip")
SOURCE = (HOME / "start.py").read_text(encoding="utf-8")
SETTING_UP = "Setting up acrlab"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House.build(tmp_path / "a house with blanks")


def test_from_nothing_to_the_lab_and_quick_the_second_time(house):
    first = house.run()
    assert first.returncode == 7, first.stderr  # the code of `acrlab lab`
    assert SETTING_UP in first.stdout
    assert first.stdout.splitlines()[-1] == "acrlab lab"

    (house.path / "backend.py").unlink()  # nothing can be built any more: nothing may be tried
    second = house.run("--no-browser", "--port", "8899")
    assert (second.returncode, second.stdout) == (7, "acrlab lab --no-browser --port 8899\n")
    assert house.run("lab", "--no-browser").stdout == "acrlab lab --no-browser\n"
    assert house.run("setup").stdout == ""


@pytest.mark.slow
def test_pip_fails_and_is_asked_again(house):
    """Its last words and what to do, code 1; what was there stays, and a mended world goes on from it."""
    assert house.run("setup").returncode == 0
    witness = house.path / ".venv" / "witness"
    witness.touch()
    lock = house.path / "requirements.lock"
    before = lock.read_text()
    lock.write_text("acrlab-no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n")

    failed = house.run()
    assert failed.returncode == 1
    assert "No matching distribution found for acrlab-no-such-package" in failed.stderr
    assert "HTTPS_PROXY" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "acrlab lab" not in failed.stdout
    assert SETTING_UP in house.run("setup").stdout  # not taken for done

    lock.write_text(before + "# mended\n")
    mended = house.run()
    assert mended.returncode == 7, mended.stderr
    assert SETTING_UP in mended.stdout
    assert witness.exists(), "a failure that changed nothing is no reason to start from scratch"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kills a process group")
@pytest.mark.parametrize("moment", ["creating .venv", "requirements.lock", "acrlab itself"])
def test_interrupted_and_repaired(house, moment):
    house.kill_at(moment, "setup")
    repaired = house.run()
    assert repaired.returncode == 7, repaired.stderr
    assert SETTING_UP in repaired.stdout
    assert not house.unfinished.exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kills a process group")
def test_what_pip_may_have_half_installed_is_made_anew(house):
    assert house.run("setup").returncode == 0
    (house.path / "requirements.lock").write_text("# changed\n")
    house.kill_at("acrlab itself", "setup")
    assert house.unfinished.exists()
    witness = house.path / ".venv" / "witness"
    witness.touch()
    assert "interrupted" in house.run("setup").stdout
    assert not witness.exists()


def test_two_at_once_take_turns(house):
    both = [house.start("setup"), house.start("setup")]
    outputs = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert sum(SETTING_UP in out for out, _ in outputs) == 1
    assert house.run().stdout == "acrlab lab\n"


def test_tests_are_run_with_their_arguments(house):
    """`test` adds its packages, once, and hands pytest's code on; a lane's word becomes its marker."""
    (house.path / "pytest.py").write_text("import sys\nprint('pytest', sys.argv[1:])\nsys.exit(5)\n")
    first = house.run("test", "-k", "push")
    assert first.returncode == 5, first.stderr
    workers = os.cpu_count() + 1
    assert first.stdout.splitlines()[-1] == f"pytest ['-n', '{workers}', '--dist', 'loadfile', '-k', 'push']"
    assert "requirements-test.lock" in first.stdout
    assert house.run("test", "peers", "-x").stdout == "pytest ['-m', 'peers', '-x']\n"
    assert house.run().stdout == "acrlab lab\n"  # includes what the lab needs


def test_debian_without_python3_venv(house):
    """Its pip steps in; without pip as well, the package to install is named."""
    neither = house.run("setup", before="sys.modules['ensurepip'] = sys.modules['pip'] = None")
    assert neither.returncode == 1
    assert "apt install python3-venv" in neither.stderr
    assert "Traceback" not in neither.stderr

    # This pip would fetch a newer one; without an index it can only say so.
    pip_alone = house.run("setup", before="sys.modules['ensurepip'] = None")
    assert pip_alone.returncode == 1
    assert "No matching distribution found for pip" in pip_alone.stderr


def test_pip_steps_in_for_ensurepip(house):
    bundled = Path(ensurepip.__file__).parent / "_bundled"
    done = house.run("setup", before="sys.modules['ensurepip'] = None", PIP_FIND_LINKS=str(bundled))
    assert done.returncode == 0, done.stderr
    assert house.run().stdout == "acrlab lab\n"


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13)])
def test_an_older_python_is_told_what_to_do(house, version):
    done = house.run(before=f"sys.version_info = {version}")
    assert done.returncode == 1
    assert "3.11 or newer" in done.stderr
    assert "environment.yml" in done.stderr
    assert not (house.path / ".venv").exists()


def test_an_older_python_can_read_it():
    """Otherwise it would say SyntaxError, not what to do."""
    ast.parse(SOURCE, feature_version=(3, 6))


def test_only_the_standard_library():
    tree = ast.parse(SOURCE)
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    dotted = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.split(".")[0] for name in plain | dotted}
    assert roots <= sys.stdlib_module_names


def test_help_and_unknown_words_set_nothing_up(house):
    told = house.run("--help")
    assert told.returncode == 0
    assert "start.py test" in told.stdout
    wrong = house.run("tset")
    assert wrong.returncode == 2
    assert "'tset'" in wrong.stderr
    assert not (house.path / ".venv").exists()


def test_lanes_are_the_markers():
    """The lanes that start.py knows are those that pytest knows."""
    import tomllib

    options = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    markers = [marker.partition(":")[0] for marker in options["markers"]]
    code = "import start, sys; sys.stdout.write(' '.join(start.LANES))"
    lanes = subprocess.run([sys.executable, "-c", code], cwd=HOME, check=True, text=True, capture_output=True)
    assert lanes.stdout.split() == markers
    assert options["addopts"][-1] == " and ".join(f"not {marker}" for marker in markers)


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_on_a_terminal_one_line_moves(house):
    import pty

    main, other = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(house.path / "start.py"), "setup"],
        env={**os.environ, "PIP_NO_INDEX": "1", "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=other,
        stderr=other,
    )
    os.close(other)
    shown = b""
    while chunk := read(main):
        shown += chunk
    os.close(main)
    assert process.wait() == 0, shown
    assert b"\r" in shown
    assert b"acrlab itself: done" in shown


def read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # Linux, at the end of a pseudo-terminal
        return b""
