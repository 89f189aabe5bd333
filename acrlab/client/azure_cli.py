"""The real `az`: found, installed in an environment of its own, logged in."""

import os
import subprocess
import venv
from pathlib import Path

from acrlab.agents.azure_cli import VERSION, AzMissing, executable, folder, whole
from acrlab.client import running

__all__ = ["VERSION", "AzLoginFailed", "AzMissing", "executable", "folder", "install", "run", "sign_in"]


class AzLoginFailed(Exception):
    """`az login` was refused. The text is its output."""


def install() -> None:
    """Install the Azure CLI in an environment of its own; pip shows its progress.

    An installation that was cut short is begun anew: the mark of a whole one comes last.
    Raises: subprocess.CalledProcessError.
    """
    venv.create(folder(), with_pip=True, clear=True)
    python = folder() / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([str(python), "-m", "pip", "install", f"azure-cli=={VERSION}"], check=True)
    whole().touch()


def run(arguments: list[str], environment: dict[str, str]) -> int:
    """Run `az` against the emulator of that environment, logged in. Returns its exit code.

    Raises: AzMissing, AzLoginFailed.
    """
    az = executable()
    variables = {**os.environ, **environment}
    sign_in(az, variables)
    return subprocess.run([az, *arguments], env=variables, check=False).returncode


def sign_in(az: str, variables: dict[str, str]) -> None:
    """Sign in as the environment's service principal, once a configuration folder and once a turn of the clock.

    az keeps a token for as long as it lives by this machine's clock. Raises: AzLoginFailed, NotRunning.
    """
    mark = Path(variables["AZURE_CONFIG_DIR"]) / "acrlab-signed-in"
    turned = str(round(running.control(variables).status()["advanced"]))
    if mark.exists() and mark.read_text() == turned:
        return
    login = [
        az, "login", "--service-principal", "--only-show-errors", "--output", "none",
        "--username", variables["AZURE_CLIENT_ID"], "--tenant", variables["AZURE_TENANT_ID"],
        "--password", variables["AZURE_CLIENT_SECRET"],
    ]  # fmt: skip
    done = subprocess.run(login, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AzLoginFailed(done.stderr.strip() or done.stdout.strip())
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(turned)
