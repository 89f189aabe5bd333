"""The steps, as a table: what each takes and does. Source: Jenkins pipeline steps reference (2025)."""

import shutil
from collections.abc import Callable
from typing import Any, NamedTuple

from acrlab.pipelines.jenkins import docker
from acrlab.pipelines.jenkins.build import FAILURE, UNSTABLE, Build, path, text
from acrlab.pipelines.jenkins.syntax import Call, Closure
from acrlab.pipelines.refusals import PipelineRefused, StepFailed, not_in_subset


class Given(NamedTuple):
    """The values a step was called with."""

    values: tuple[Any, ...]
    named: dict[str, Any]
    closure: Closure | None
    line: int

    def get(self, name: str, place: int = 0, default: Any = None) -> Any:
        """An argument by its name, or by its place."""
        if name in self.named:
            return self.named[name]
        return self.values[place] if place < len(self.values) else default


class Step(NamedTuple):
    """What a step does, and which named arguments it takes."""

    run: Callable[[Build, Given], Any]
    names: tuple[str, ...] = ()
    closure: bool = False


def _echo(build: Build, given: Given) -> None:
    build.console.say(text(given.get("message")))


def _sh(build: Build, given: Given) -> Any:
    """Source: workflow-durable-task-step, sh."""
    script = text(given.get("script"))
    if given.named.get("returnStdout"):
        return _captured(build, script)
    code = build.shell(script)
    if given.named.get("returnStatus"):
        return code
    if code:
        raise StepFailed(f"script returned exit code {code}")
    return None


def _captured(build: Build, script: str) -> str:
    """The output of a script; what `sh -x` says of it is shown, and left out."""
    said: list[str] = []

    def tell(line: str) -> None:
        if line.startswith("+ "):
            build.console.say(line)
        else:
            said.append(line)

    code = build.shell(script, tell=tell)
    if code:
        build.console.say(*said)
        raise StepFailed(f"script returned exit code {code}")
    return "".join(f"{line}\n" for line in said)


def _error(build: Build, given: Given) -> None:
    raise StepFailed(text(given.get("message", 0, "")))


def _unstable(build: Build, given: Given) -> None:
    build.console.say(f"WARNING: {text(given.get('message'))}")
    build.worse(UNSTABLE)


def _body(build: Build, given: Given) -> Any:
    assert given.closure is not None
    build.mark("{")
    try:
        return build.run(given.closure.body)
    finally:
        build.mark("}")


def _dir(build: Build, given: Given) -> Any:
    before, build.folder = build.folder, path(build.folder, text(given.get("path")))
    build.folder.mkdir(parents=True, exist_ok=True)
    build.console.say(f"Running in {build.folder}")
    try:
        return _body(build, given)
    finally:
        build.folder = before


def _delete_dir(build: Build, given: Given) -> None:
    for each in list(build.folder.iterdir()):
        shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()


def _write_file(build: Build, given: Given) -> None:
    target = path(build.folder, text(given.get("file")))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text(given.get("text", 1, "")), encoding="utf-8")


def _read_file(build: Build, given: Given) -> str:
    try:
        return path(build.folder, text(given.get("file"))).read_text(encoding="utf-8")
    except OSError as error:
        raise StepFailed(f"java.nio.file.NoSuchFileException: {error.filename}") from None


def _file_exists(build: Build, given: Given) -> bool:
    return path(build.folder, text(given.get("file"))).exists()


def _checkout(build: Build, given: Given) -> None:
    build.checkout.into(build.machine, build.workspace)
    build.console.say(f"Checking out Revision {build.checkout.commit} ({build.checkout.branch})")


def _with_env(build: Build, given: Given) -> Any:
    pairs = (text(each).partition("=") for each in given.get("overrides", 0, []))
    with build.within({name: value for name, _, value in pairs}):
        return _body(build, given)


def _retry(build: Build, given: Given) -> Any:
    count = int(given.get("count", 0, 1))
    for left in range(count - 1, -1, -1):
        try:
            return _body(build, given)
        except StepFailed as failure:
            if not left:
                raise
            build.console.say(f"ERROR: {failure}", "Retrying")
    return None


def _catch_error(build: Build, given: Given) -> None:
    try:
        _body(build, given)
    except StepFailed as failure:
        message = given.get("message")
        build.console.say(*([text(message)] if message else []), f"ERROR: {failure}")
        build.worse(text(given.named.get("buildResult", FAILURE)))


def _node(build: Build, given: Given) -> Any:
    build.console.say(f"Running on this machine in {build.workspace}")
    return _body(build, given)


def _stage(build: Build, given: Given) -> Any:
    assert given.closure is not None
    build.mark(f"{{ ({text(given.get('name'))})")
    try:
        return build.run(given.closure.body)
    finally:
        build.mark("}")


# Credentials. Source: credentials-binding plugin, steps reference (2025).


def _with_credentials(build: Build, given: Given) -> Any:
    layer: dict[str, str] = {}
    for each in given.get("bindings", 0, []):
        layer |= each
    build.console.say(f"Masking supported pattern matches of {' or '.join(f'${name}' for name in layer)}")
    with build.within(layer):
        return _body(build, given)


def _user_and_password(build: Build, given: Given) -> dict[str, str]:
    found = build.credential(text(given.named.get("credentialsId")))
    user, secret = (text(given.named.get(f"{each}Variable")) for each in ("username", "password"))
    return {user: found.user, secret: found.secret}


def _colon(build: Build, given: Given) -> dict[str, str]:
    found = build.credential(text(given.named.get("credentialsId")))
    return {text(given.named.get("variable")): f"{found.user}:{found.secret}"}


def _secret(build: Build, given: Given) -> dict[str, str]:
    return {text(given.named.get("variable")): build.credential(text(given.named.get("credentialsId"))).secret}


def _principal(build: Build, given: Given) -> dict[str, str]:
    """Source: azure-credentials plugin: the names of its four variables."""
    found = build.credential(text(given.get("credentialsId")))
    values = {
        "clientIdVariable": ("AZURE_CLIENT_ID", found.user),
        "clientSecretVariable": ("AZURE_CLIENT_SECRET", found.secret),
        "tenantIdVariable": ("AZURE_TENANT_ID", found.tenant),
        "subscriptionIdVariable": ("AZURE_SUBSCRIPTION_ID", found.subscription),
    }  # fmt: skip
    return {text(given.named.get(name, default)): value for name, (default, value) in values.items()}


STEPS: dict[str, Step] = {
    "echo": Step(_echo, ("message",)),
    "sh": Step(_sh, ("script", "returnStdout", "returnStatus", "label")),
    "error": Step(_error, ("message",)),
    "unstable": Step(_unstable, ("message",)),
    "dir": Step(_dir, ("path",), True),
    "deleteDir": Step(_delete_dir),
    "cleanWs": Step(_delete_dir),
    "writeFile": Step(_write_file, ("file", "text")),
    "readFile": Step(_read_file, ("file",)),
    "fileExists": Step(_file_exists, ("file",)),
    "pwd": Step(lambda build, given: str(build.folder)),
    "isUnix": Step(lambda build, given: True),
    "checkout": Step(_checkout),
    "withEnv": Step(_with_env, ("overrides",), True),
    "retry": Step(_retry, ("count",), True),
    "catchError": Step(_catch_error, ("buildResult", "message"), True),
    "script": Step(_body, (), True),
    "stage": Step(_stage, ("name",), True),
    "node": Step(_node, ("label",), True),
    "withCredentials": Step(_with_credentials, ("bindings",), True),
    "usernamePassword": Step(_user_and_password, ("credentialsId", "usernameVariable", "passwordVariable")),
    "usernameColonPassword": Step(_colon, ("credentialsId", "variable")),
    "string": Step(_secret, ("credentialsId", "variable")),
    "azureServicePrincipal": Step(
        _principal,
        ("credentialsId", "clientIdVariable", "clientSecretVariable", "tenantIdVariable", "subscriptionIdVariable"),
    ),
}
SILENT = ("usernamePassword", "usernameColonPassword", "string", "azureServicePrincipal", "isUnix")
# What texts can do. Source: Groovy and Java, String.
TEXTS: dict[str, Callable[..., Any]] = {
    "trim": str.strip,
    "toLowerCase": str.lower,
    "toUpperCase": str.upper,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": lambda value, part: part in value,
    "replace": str.replace,
    "take": lambda value, count: value[:count],
    "length": len,
    "toString": str,
    "toInteger": int,
}


def perform(build: Build, call: Call) -> Any:
    """Do what a call says. Raises: StepFailed, PipelineRefused."""
    if call.target is not None:
        return _method(build, call)
    step = STEPS.get(call.name)
    if step is None:
        raise not_in_subset(f"the step `{call.name}`", call.line)
    if call.name not in SILENT:
        build.mark(call.name)
    given = Given(
        tuple(build.value(each) for each in call.given if call.name != "checkout"),
        {name: build.value(each) for name, each in call.named.items()}, call.closure, call.line,
    )  # fmt: skip
    found = step.run(build, given)
    if step.closure:
        build.mark(f"// {call.name}")
    return found


def _method(build: Build, call: Call) -> Any:
    assert call.target is not None
    target = build.value(call.target)
    given = Given(
        tuple(build.value(each) for each in call.given),
        {name: build.value(each) for name, each in call.named.items()}, call.closure, call.line,
    )  # fmt: skip
    act = docker.method(target, call.name)
    if act is not None:
        return act(build, target, given)
    if isinstance(target, str | int) and call.name in TEXTS:
        try:
            return TEXTS[call.name](text(target), *given.values)
        except (TypeError, ValueError) as error:
            raise StepFailed(f"groovy.lang.MissingMethodException: {call.name}: {error}") from None
    raise StepFailed(f"groovy.lang.MissingMethodException: No signature of method: {call.name}()")


def check(call: Call) -> None:
    """What can be known of a call before anything runs. Raises: PipelineRefused."""
    if call.target is not None:
        if call.name not in TEXTS and call.name not in docker.METHODS:
            raise not_in_subset(f"the method `{call.name}`", call.line)
        return
    step = STEPS.get(call.name)
    if step is None:
        raise not_in_subset(f"the step `{call.name}`", call.line)
    for name in call.named:
        if name not in step.names:
            raise not_in_subset(f"the argument `{name}` of {call.name}", call.line)
    if step.closure is (call.closure is None):
        raise PipelineRefused(f"{call.name} {'needs' if step.closure else 'takes no'} {{ … }}", call.line)
    if call.name == "checkout" and [getattr(each, "name", "") for each in call.given] != ["scm"]:
        raise not_in_subset("a checkout of anything but scm", call.line)

