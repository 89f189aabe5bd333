"""The tasks that steps are made of: Docker@2, AzureCLI@2, and scripts.

Source: Azure Pipelines tasks reference (2025-2026): Docker v2, AzureCLI v2, CmdLine v2, Bash v3.
"""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from acrlab.client import azure_cli
from acrlab.pipelines.azure.document import FALSE
from acrlab.pipelines.azure.job import MASK, JobRun
from acrlab.pipelines.azure.model import Step
from acrlab.pipelines.connections import Connection
from acrlab.pipelines.refusals import PipelineRefused, StepFailed, ToolMissing, not_in_subset

BUILD_ID = "$(Build.BuildId)"


class Told(NamedTuple):
    """A step as its task sees it: inputs without macros, its environment, its folder, and seconds at most."""

    inputs: Mapping[str, str]
    env: Mapping[str, str]
    folder: Path
    timeout: float

    def has(self, name: str, default: bool) -> bool:
        """An input that is true or false."""
        given = self.inputs.get(name.lower(), "")
        return given.lower() not in FALSE if given else default


class Task(NamedTuple):
    """What the log says of a task, which inputs it takes, and what it does."""

    title: str
    description: str
    version: str
    help: str
    inputs: frozenset[str]
    run: Callable[[JobRun, Told], None]
    connections: tuple[str, ...] = ()


# Docker@2


def _docker(run: JobRun, told: Told) -> None:
    command = told.inputs.get("command", "buildAndPush")
    acts = _DOCKER.get(command.lower())
    if acts is None:
        raise StepFailed(f"Unhandled: docker {command} is not in the subset that acrlab runs")
    run.machine.container_tool()
    own, leaves = _connection(run, told), command.lower() == "logout"
    if own is not None and not leaves:
        _login(run, told, own)
    servers = [own.login_server] if own is not None else sorted(run.logins)
    for act in acts:
        act(run, told, servers)
    if own is not None and command.lower() == "login":
        run.logins[own.login_server] = own
    elif own is not None and not leaves and own.login_server not in run.logins:
        _forget(run, told, own.login_server)


def _connection(run: JobRun, told: Told) -> Connection | None:
    name = told.inputs.get("containerregistry", "")
    return run.connection(name) if name else None


def _tool(run: JobRun, told: Told, *arguments: str, given: str | None = None, folder: Path | None = None) -> None:
    """Raises: StepFailed with docker's exit code."""
    tool = run.machine.container_tool()
    code = run.command([tool, *arguments], folder or told.folder, told.env, given=given, timeout=told.timeout)
    if code:
        raise StepFailed(f"The process '{tool}' failed with exit code {code}")


def _login(run: JobRun, told: Told, own: Connection) -> None:
    _tool(run, told, "login", "--username", own.user, "--password-stdin", own.login_server, given=own.secret)


def _forget(run: JobRun, told: Told, server: str) -> None:
    _tool(run, told, "logout", server)


def _names(told: Told, servers: list[str]) -> list[str]:
    repository = told.inputs.get("repository", "")
    if not repository:
        raise StepFailed("Unhandled: Input required: repository")
    found = [f"{server}/{repository}" for server in servers] or [repository]
    tags = [tag for each in told.inputs["tags"].splitlines() for tag in each.split(",") if tag.strip()]
    return [f"{name}:{tag.strip()}" for name in found for tag in tags]


def _build(run: JobRun, told: Told, servers: list[str]) -> None:
    pattern = told.inputs.get("dockerfile") or "**/Dockerfile"
    dockerfile = _dockerfile(run, pattern)
    context = told.inputs.get("buildcontext", "**")
    folder = dockerfile.parent if context == "**" else (run.sources / context)
    names = [word for name in _names(told, servers) for word in ("-t", name)] if told.inputs.get("repository") else []
    labels = _labels(run) if told.has("addPipelineData", True) else []
    more = shlex.split(told.inputs.get("arguments", ""))
    _tool(run, told, "build", "-f", str(dockerfile), *labels, *names, *more, str(folder), folder=run.sources)


def _dockerfile(run: JobRun, pattern: str) -> Path:
    """The first that fits. Raises: StepFailed."""
    path = Path(pattern)
    inner = path.relative_to(run.sources) if path.is_absolute() and path.is_relative_to(run.sources) else path
    if inner.is_absolute():
        found = [inner] if inner.is_file() else []
    else:
        found = sorted(each for each in run.sources.glob(str(inner)) if each.is_file())
    if not found:
        raise StepFailed(f"Unhandled: No Dockerfile matching  {run.sources / inner}  was found.")
    return found[0]


def _labels(run: JobRun) -> list[str]:
    """What addPipelineData adds. Source: the task's source, containerbuild and pipelineutils."""
    names = {
        "com.azure.dev.image.build.sourceversion": "Build.SourceVersion",
        "com.azure.dev.image.build.repository.name": "Build.Repository.Name",
        "com.azure.dev.image.build.sourcebranchname": "Build.SourceBranchName",
        "com.azure.dev.image.build.definitionname": "Build.DefinitionName",
        "com.azure.dev.image.build.buildnumber": "Build.BuildNumber",
        "com.azure.dev.image.system.teamfoundationcollectionuri": "System.CollectionUri",
    }
    values = {label: run.variables.expanded(f"$({name})") for label, name in names.items()}
    return [word for label, value in values.items() for word in ("--label", f"{label}={value}")]


def _push(run: JobRun, told: Told, servers: list[str]) -> None:
    for name in _names(told, servers):
        _tool(run, told, "push", *shlex.split(told.inputs.get("arguments", "")) if _alone(told) else (), name)


def _alone(told: Told) -> bool:
    return told.inputs.get("command", "").lower() == "push"


def _logout(run: JobRun, told: Told, servers: list[str]) -> None:
    for server in servers:
        _forget(run, told, server)
        run.logins.pop(server, None)


_DOCKER: dict[str, tuple[Callable[[JobRun, Told, list[str]], None], ...]] = {
    "login": (),
    "logout": (_logout,),
    "build": (_build,),
    "push": (_push,),
    "buildandpush": (_build, _push),
}


# Scripts


def _bash(run: JobRun, told: Told) -> None:
    kind = told.inputs.get("targettype", "inline").lower()
    if kind == "filepath":
        _shell(run, told, ["bash", str(run.within(told.inputs.get("filepath", ""))), *_arguments(told)])
        return
    _inline(run, told, told.inputs.get("script", ""))


def _inline(run: JobRun, told: Told, script: str) -> None:
    """A script in a file of its own, and what the log shows of it. Source: recorded in many public logs."""
    file = run.root / "temp" / "script.sh"
    file.write_text(script if script.endswith("\n") else f"{script}\n", encoding="utf-8")
    run.console.say("Generating script.")
    if len(script.strip().splitlines()) == 1:
        run.console.say("Script contents:", script.strip())
    run.console.say("========================== Starting Command Output ===========================")
    _shell(run, told, ["bash", "--noprofile", "--norc", str(file)])


def _arguments(told: Told) -> list[str]:
    return shlex.split(told.inputs.get("arguments", ""))


def _shell(run: JobRun, told: Told, command: list[str]) -> None:
    """Raises: StepFailed with the exit code."""
    try:
        run.machine.container_tool()  # so that `docker` is what works here
    except ToolMissing:
        pass
    code = run.command(command, told.folder, told.env, timeout=told.timeout)
    if code:
        raise StepFailed(f"Bash exited with code '{code}'.")


# AzureCLI@2


def _azure_cli(run: JobRun, told: Told) -> None:
    kind = told.inputs.get("scripttype", "").lower()
    if kind not in ("bash", "batch" if run.machine.environment.get("OS") == "Windows_NT" else "bash"):
        raise StepFailed(f"acrlab: scriptType {kind or 'of nothing'} is not in the subset: bash is")
    own = run.connection(told.inputs.get("azuresubscription", ""))
    try:
        az = azure_cli.executable()
    except azure_cli.AzMissing as missing:
        raise ToolMissing(str(missing)) from None
    _put_first(run, az)
    login = ["login", "--service-principal", "-u", own.user, f"--password={own.secret}", "--tenant", own.tenant]
    shown = f"az login --service-principal -u {MASK} --password={MASK} --tenant {own.tenant} --allow-no-subscriptions"
    _az(run, told, [az, *login, "--allow-no-subscriptions", "--output", "none"], shown)
    try:
        account = ["account", "set", "--subscription", own.subscription]
        _az(run, told, [az, *account], f"az {' '.join(account)}")
        _script(run, told, own)
    finally:
        run.command([az, "account", "clear"], told.folder, told.env, shown="az account clear")


def _put_first(run: JobRun, az: str) -> None:
    folder = str(Path(az).parent)
    environment = run.machine.environment
    if folder not in environment["PATH"].split(":"):
        environment["PATH"] = f"{environment['PATH']}:{folder}"


def _az(run: JobRun, told: Told, command: list[str], shown: str) -> None:
    """Raises: StepFailed."""
    if run.command(command, told.folder, told.env, timeout=told.timeout, shown=shown):
        raise StepFailed("Azure login failed")


def _script(run: JobRun, told: Told, own: Connection) -> None:
    more = dict(told.env)
    if told.has("addSpnToEnvironment", False):
        more |= {"servicePrincipalId": own.user, "servicePrincipalKey": own.secret, "tenantId": own.tenant}
    where = told.inputs.get("scriptlocation", "scriptPath").lower()
    file = run.within(told.inputs.get("scriptpath", ""))
    if where == "inlinescript":
        file = run.root / "temp" / "azureclitaskscript.sh"
        file.write_text(told.inputs.get("inlinescript", "") + "\n", encoding="utf-8")
    folder = run.within(told.inputs.get("workingdirectory", ""))
    code = run.command(["bash", str(file), *_arguments(told)], folder, more, timeout=told.timeout)
    if code:
        raise StepFailed(f"Script failed with exit code: {code}")


TASKS: dict[str, Task] = {
    "docker@2": Task(
        "Docker", "Build or push Docker images, login or logout, start or stop containers, or run a Docker command",
        "2", "https://aka.ms/azpipes-docker-tsg",
        frozenset({
            "command", "containerregistry", "repository", "dockerfile", "buildcontext", "tags", "arguments",
            "addpipelinedata",
        }), _docker, ("containerregistry",),
    ),
    "azurecli@2": Task(
        "Azure CLI", "Run Azure CLI commands against an Azure subscription in a PowerShell Core/Shell script when "
        "running on Linux agent or PowerShell/PowerShell Core/Batch script when running on Windows agent.",
        "2", "https://docs.microsoft.com/azure/devops/pipelines/tasks/deploy/azure-cli",
        frozenset({
            "azuresubscription", "scripttype", "scriptlocation", "inlinescript", "scriptpath",
            "arguments", "addspntoenvironment", "workingdirectory",
        }), _azure_cli, ("azuresubscription",),
    ),
    "bash@3": Task(
        "Bash", "Run a Bash script on macOS, Linux, or Windows", "3",
        "https://docs.microsoft.com/azure/devops/pipelines/tasks/utility/bash",
        frozenset({"targettype", "filepath", "script", "arguments", "workingdirectory"}), _bash,
    ),
    "cmdline@2": Task(
        "Command line", "Run a command line script using Bash on Linux and macOS and cmd.exe on Windows", "2",
        "https://docs.microsoft.com/azure/devops/pipelines/tasks/utility/command-line",
        frozenset({"script", "workingdirectory"}), _bash,
    ),
}  # fmt: skip


def _check_docker(step: Step) -> None:
    command = step.inputs.get("command", "buildAndPush")
    if command.lower() not in _DOCKER:
        raise not_in_subset(f"the command {command} of {step.value}", step.line)
    if "arguments" in step.inputs and command.lower() in ("buildandpush", "login", "logout"):
        raise PipelineRefused(f"Docker@2 takes no arguments with {command}", step.inputs["arguments"].line)


def task(step: Step) -> Task:
    """The task of a step, its inputs checked. Raises: PipelineRefused."""
    if step.kind in ("script", "bash"):
        return TASKS["cmdline@2" if step.kind == "script" else "bash@3"]
    found = TASKS.get(step.value.lower())
    if found is None:
        raise not_in_subset(f"the task {step.value}", step.line)
    for name, value in step.inputs.items():
        if name not in found.inputs:
            raise not_in_subset(f"the input `{name}` of {step.value}", value.line)
    if found is TASKS["docker@2"]:
        _check_docker(step)
    if found is TASKS["azurecli@2"] and step.inputs.get("scripttype", "").lower() != "bash":
        raise PipelineRefused("the scriptType of AzureCLI@2 that acrlab runs is bash", step.line)
    if found is TASKS["azurecli@2"] and "azuresubscription" not in step.inputs:
        raise PipelineRefused("AzureCLI@2 needs azureSubscription", step.line)
    return found
