"""`%%az`: the real command line where there is one; a stand-in of two lines where a test is about the cell."""

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from acrlab.client import azure_cli, magic
from acrlab.client.cloud import Cloud


@pytest.fixture
def shell(emulator: object) -> InteractiveShell:
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "acrlab")
    return shell


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in az's place that notes what it is given."""
    if os.name == "nt":
        pytest.skip("the stand-in is a script with a #! line")
    program = tmp_path / "az"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "open(os.environ['AZ_LOG'], 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
        "if 'broken' in sys.argv: sys.exit('az said no')\n"
        "print(json.dumps([1, 2]) if 'json' in sys.argv else 'plain text')\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("ACRLAB_AZ", str(program))
    monkeypatch.setenv("AZ_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path / "log"


def noted(log: Path) -> list[list[str]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_a_line_returns_json(shell: InteractiveShell, az: Path) -> None:
    assert shell.run_line_magic("az", "acr list -o json") == [1, 2]
    login, command = noted(az)
    assert login[:2] == ["login", "--service-principal"]
    assert login[login.index("--username") + 1] == os.environ["AZURE_CLIENT_ID"]
    assert command == ["acr", "list", "-o", "json"]


def test_it_signs_in_once(shell: InteractiveShell, az: Path) -> None:
    for _ in range(3):
        shell.run_line_magic("az", "account show")
    assert [words[0] for words in noted(az)] == ["login", "account", "account", "account"]


def test_a_cell_runs_command_after_command(
    shell: InteractiveShell, az: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell_magic("az", "--only-show-errors", "az acr create \\\n  --name 'a b'\n# a remark\n\nacr list\n")
    assert noted(az)[1:] == [
        ["--only-show-errors", "acr", "create", "--name", "a b"],
        ["--only-show-errors", "acr", "list"],
    ]
    assert capsys.readouterr().out == "plain text\nplain text\n"


def test_failure_ends_the_cell(shell: InteractiveShell, az: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for call in (lambda: shell.run_cell_magic("az", "", "broken\nnever"), lambda: shell.run_line_magic("az", "broken")):
        with pytest.raises(magic.AzFailed, match="az ended with exit code 1") as caught:
            call()
        assert caught.value._render_traceback_() == ["az ended with exit code 1"]
        assert "az said no" in capsys.readouterr().err
    assert ["never"] not in noted(az)


def test_without_az_the_cell_says_how_to_get_it(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ACRLAB_AZ", raising=False)
    monkeypatch.setenv("ACRLAB_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(azure_cli.AzMissing):
        azure_cli.executable()
    assert shell.run_cell_magic("az", "", "acr list") is None
    said = capsys.readouterr().out
    assert said.startswith("The Azure CLI is not on this machine: `acrlab az --install`")
    assert said.endswith("the notebook goes on.\n")


def test_on_azure_the_sign_in_is_the_learners_own(
    shell: InteractiveShell, az: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACRLAB_CLOUD", "azure")
    shell.run_line_magic("az", "acr list")
    assert noted(az) == [["acr", "list"]]


def test_it_can_be_unloaded(shell: InteractiveShell) -> None:
    shell.run_line_magic("unload_ext", "acrlab")
    assert shell.find_line_magic("az") is None
    assert shell.find_cell_magic("az") is None


def test_the_notebook_adds_reasons_to_exceptions_of_any_client(
    cloud: Cloud, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    from acrlab.client import refusals

    refusals.explain_in_notebook(shell, cloud.emulator._control.why)
    shell.user_ns["arm"] = cloud.arm
    done = shell.run_cell("arm.registries.get('nowhere', 'contoso')")
    assert type(done.error_in_exec).__name__ == "ResourceNotFoundError"
    assert "refused   404 ResourceGroupNotFound" in done.error_in_exec.__notes__[0]
    assert "refused   404 ResourceGroupNotFound" in capsys.readouterr().out
