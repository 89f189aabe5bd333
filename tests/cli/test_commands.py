"""The command line as other programs use it: real processes, their output and their exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ACRLAB = [sys.executable, "-m", "acrlab"]
SECONDS = 60
HERE = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("ACRLAB_", "AZURE_"))}
    return {**mine, "ACRLAB_HOME": str(tmp_path / "home")}


def acrlab(home: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ACRLAB, *arguments], env=home, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
    )


@pytest.fixture
def up(home: dict[str, str]) -> Iterator[dict[str, Any]]:
    started = acrlab(home, "up", "--memory", "--port", "0", "--detach", "--json")
    assert started.returncode == 0, started.stderr
    yield json.loads(started.stdout)
    acrlab(home, "down")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_run_exits_with_the_code_of_the_command(home: dict[str, str]) -> None:
    assert acrlab(home, "run", "--", *python("raise SystemExit(7)")).returncode == 7
    assert acrlab(home, "run", "--", "no-such-program").returncode == 127
    usage = acrlab(home, "run", "--")
    assert usage.returncode == 2
    assert "usage: acrlab run" in usage.stderr


def test_run_stands_where_it_is_told(home: dict[str, str]) -> None:
    proxy = python("import os; print(os.environ['HTTPS_PROXY'])")
    assert "://198.51.100.7:address@127.0.0.1:" in acrlab(home, "run", "--from", "198.51.100.7", "--", *proxy).stdout
    assert "://office:desks@127.0.0.1:" in acrlab(home, "run", "--from", "office/desks", "--", *proxy).stdout
    wrong = acrlab(home, "run", "--from", "nowhere", "--", *proxy)
    assert wrong.returncode == 2 and "takes an address or network/subnet" in wrong.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to die of")
def test_run_reports_a_signal_as_shells_do(home: dict[str, str]) -> None:
    done = acrlab(home, "run", "--", *python("import os; os.kill(os.getpid(), 9)"))
    assert done.returncode == 128 + signal.SIGKILL


def test_run_hands_down_the_arguments_untouched(home: dict[str, str]) -> None:
    done = acrlab(home, "run", "--", *python("import sys; print(sys.argv[1:])"), "--help", "--data", "-x", "a b")
    assert done.stdout.strip() == str(["--help", "--data", "-x", "a b"])


def test_run_points_the_tools_to_an_emulator_of_its_own(home: dict[str, str]) -> None:
    code = """if True:
        import os, urllib.request
        seen = urllib.request.urlopen("https://management.azure.com/metadata/endpoints?api-version=2022-09-01")
        print(seen.status, *sorted(name for name in os.environ if name.startswith("AZURE_")))
    """
    done = acrlab(home, "run", "--", *python(code))
    assert done.stdout.split()[:1] == ["200"], done.stderr
    for name in (
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_SUBSCRIPTION_ID",
        "AZURE_CONFIG_DIR",
    ):
        assert name in done.stdout


@pytest.mark.parametrize("host", ["contoso.redis.azure.net", "contoso.table.core.windows.net", "mcr.microsoft.com"])
def test_an_azure_host_that_is_not_emulated_is_refused_by_name(home: dict[str, str], host: str) -> None:
    code = f"""if True:
        import urllib.request, urllib.error
        try: urllib.request.urlopen("https://{host}/")
        except urllib.error.HTTPError as error: print(error.code, error.read().decode())
    """
    for sealed in ("--sealed", "--open"):
        done = acrlab(home, "run", sealed, "--", *python(code))
        assert done.stdout.startswith("501 "), done.stderr
        assert host in done.stdout


def test_sealed_refuses_every_other_host_as_well(home: dict[str, str]) -> None:
    code = """if True:
        import urllib.request, urllib.error
        try: urllib.request.urlopen("https://example.org/")
        except OSError as error: print(error)
    """
    done = acrlab(home, "run", "--", *python(code))
    assert "403" in done.stdout, done.stdout + done.stderr


def test_run_keeps_a_world_in_a_folder(home: dict[str, str], tmp_path: Path) -> None:
    snapshot = [*ACRLAB, "snapshot", "kept"]
    assert acrlab(home, "run", "--data", str(tmp_path / "d"), "--", *snapshot).returncode == 0
    status = acrlab(home, "run", "--data", str(tmp_path / "d"), "--", *ACRLAB, "status", "--json")
    assert "kept" in json.loads(status.stdout)["snapshots"]


def test_a_folder_in_use_is_said(home: dict[str, str], tmp_path: Path) -> None:
    folder = str(tmp_path / "d")
    done = acrlab(home, "run", "--data", folder, "--", *ACRLAB, "run", "--data", folder, "--", "true")
    assert done.returncode == 1
    assert done.stderr.startswith("acrlab: ")
    assert "Traceback" not in done.stderr


def test_up_status_env_down(home: dict[str, str], up: dict[str, Any]) -> None:
    assert set(up) >= {"pid", "ports", "ca", "tenant", "subscription", "principals", "environment"}
    assert set(up["ports"]) == {"http", "proxy", "tls"}
    assert len({each["name"] for each in up["principals"] if each["secret"]}) >= 4
    variables = json.loads(acrlab(home, "env", "--format", "json").stdout)
    assert variables == up["environment"]
    assert variables["NODE_USE_ENV_PROXY"] == "1", "or fetch of Node would ask the real Azure"
    shell = acrlab(home, "env", "--format", "sh").stdout
    assert f"export AZURE_CLIENT_SECRET='{variables['AZURE_CLIENT_SECRET']}'" in shell
    assert "$env:HTTPS_PROXY = '" in acrlab(home, "env", "--format", "powershell").stdout
    again = acrlab(home, "up", "--memory")
    assert again.returncode == 1
    assert "running already" in again.stderr
    assert "running, profile current-2026" in acrlab(home, "status").stdout
    assert acrlab(home, "down").returncode == 0
    gone = acrlab(home, "status")
    assert gone.returncode == 1
    assert "acrlab up" in gone.stderr


def test_connect_finds_the_running_emulator(home: dict[str, str], up: dict[str, Any]) -> None:
    code = "import acrlab, os; acrlab.connect(); print(os.environ['ACRLAB_ENDPOINT'])"
    done = subprocess.run(python(code), env=home, capture_output=True, text=True, timeout=SECONDS)
    assert done.stdout.strip() == up["endpoint"], done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows guards the folder instead")
def test_the_note_of_a_running_emulator_is_for_its_user_only(home: dict[str, str], up: dict[str, Any]) -> None:
    assert (Path(home["ACRLAB_HOME"]) / "running.json").stat().st_mode & 0o077 == 0


def test_time_and_state(home: dict[str, str], up: dict[str, Any]) -> None:
    before = acrlab(home, "clock", "show").stdout
    assert acrlab(home, "snapshot", "here").returncode == 0
    assert acrlab(home, "clock", "advance", "8d").stdout > before
    assert json.loads(acrlab(home, "status", "--json").stdout)["advanced"] == pytest.approx(8 * 86400)
    assert acrlab(home, "restore", "here").returncode == 0
    assert json.loads(acrlab(home, "status", "--json").stdout)["advanced"] == 0
    assert acrlab(home, "reset").returncode == 0
    unknown = acrlab(home, "restore", "nowhere")
    assert unknown.returncode == 1
    assert "there are: genesis, here" in unknown.stderr
    assert acrlab(home, "clock", "advance", "soon").returncode == 2


def test_a_fork_is_a_world_of_its_own(home: dict[str, str], up: dict[str, Any], tmp_path: Path) -> None:
    acrlab(home, "clock", "advance", "3d")
    assert acrlab(home, "fork", str(tmp_path / "fork")).returncode == 0
    acrlab(home, "clock", "advance", "3d")
    status = acrlab(home, "run", "--data", str(tmp_path / "fork"), "--", *ACRLAB, "status", "--json")
    assert json.loads(status.stdout)["advanced"] == pytest.approx(3 * 86400)
    again = acrlab(home, "fork", str(tmp_path / "fork"))
    assert again.returncode == 1
    assert "needs an empty folder" in again.stderr


def test_why_explains_the_last_refusal(home: dict[str, str], up: dict[str, Any]) -> None:
    assert "nothing was refused yet" in acrlab(home, "why").stdout
    code = "import urllib.request as u; u.urlopen('https://nowhere.azurecr.io/v2/')"
    subprocess.run(python(code), env={**home, **up["environment"]}, capture_output=True, timeout=SECONDS)
    said = acrlab(home, "why").stdout
    assert "nowhere.azurecr.io" in said
    assert "evidence" in said


def test_cost_tells_what_registries_have_cost(home: dict[str, str], up: dict[str, Any]) -> None:
    code = "import acrlab; acrlab.connect().registry('contoso', tier='Basic')"
    subprocess.run(python(code), env={**home, **up["environment"]}, check=True, timeout=SECONDS)
    acrlab(home, "clock", "advance", "30d")
    assert re.search(r"contoso +Basic +30.0 +5.00", acrlab(home, "cost").stdout)
    one = acrlab(home, "cost", "contoso", "--as", "Premium").stdout
    assert "had it been Premium" in one and "Premium Registry Unit (1/Day)" in one and "50.00" in one
    (found,) = json.loads(acrlab(home, "cost", "--json").stdout)
    assert (found["registry"], found["tier"], round(found["total"], 2)) == ("contoso", "Basic", 5.0)
    refused = acrlab(home, "cost", "nowhere")
    assert refused.returncode == 1 and "nowhere" in refused.stderr


def test_the_controls_need_the_token(home: dict[str, str], up: dict[str, Any]) -> None:
    code = f"import urllib.request as u; u.urlopen('{up['endpoint']}/_acrlab/status')"
    done = subprocess.run(python(code), env=home, capture_output=True, text=True, timeout=SECONDS)
    assert "403" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["up", "--memory", "--data", "x"], "give one of the two"),
        (["up", "--memory", "--profile", "nonsense"], "current-2026"),
        (["env"], "acrlab up"),
        (["down"], "acrlab up"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(home: dict[str, str], arguments: list[str], sentence: str) -> None:
    done = acrlab(home, *arguments)
    assert done.returncode in (1, 2)
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_lab_opens_the_notebooks_wherever_it_is_called(home: dict[str, str], tmp_path: Path) -> None:
    """JupyterLab is told where the notebooks are, in the environment of the emulator; `--version` ends it at once."""
    done = subprocess.run(
        [*ACRLAB, "lab", "--no-browser", "--version"], env={**home, "PYTHONPATH": str(HERE)}, cwd=tmp_path,
        capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()[:1].isdigit()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to pass on")
def test_ending_run_ends_its_command(home: dict[str, str], tmp_path: Path) -> None:
    mark = tmp_path / "ended"
    code = f"""if True:
        import pathlib, signal, sys, threading
        def end(*_): pathlib.Path({str(mark)!r}).touch(); sys.exit(3)
        signal.signal(signal.SIGTERM, end); print("ready", flush=True); threading.Event().wait(60)
    """
    child = subprocess.Popen([*ACRLAB, "run", "--", *python(code)], env=home, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child:
        assert child.stdout.readline() == "ready\n"
        child.terminate()
        assert child.wait(SECONDS) == 3
    assert mark.exists()


def test_doctor_says_what_this_machine_can_do(home: dict[str, str]) -> None:
    done = acrlab(home, "doctor")
    assert done.returncode == 0, done.stdout
    assert "Python" in done.stdout
    assert "loopback" in done.stdout
    assert "base images       stand-ins for linux/" in done.stdout


def test_the_engine_is_named_and_triggers_are_explained(home: dict[str, str]) -> None:
    done = acrlab(home, "run", "--engine", "none", "--", sys.executable, "-m", "acrlab", "status")
    assert "engine      none, runs no containers: RUN and cmd steps fail; 0 runs queued" in done.stdout, done.stderr
    done = acrlab(home, "run", "--", sys.executable, "-m", "acrlab", "why", "--triggers")
    assert "no trigger was looked at yet" in done.stdout, done.stderr
    refused = acrlab(home, "run", "--engine", "nope", "--", "true")
    assert refused.returncode == 2 and "there are auto, embedded" in refused.stderr
