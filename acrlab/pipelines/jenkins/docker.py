"""docker-workflow: docker.withRegistry, docker.build, image.push. Source: the plugin's Docker.groovy (2025)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from acrlab.pipelines.jenkins.build import Build, Image, Thing, text
from acrlab.pipelines.refusals import StepFailed

if TYPE_CHECKING:
    from acrlab.pipelines.jenkins.steps import Given

DOCKER = Thing("docker")


def _tool(build: Build, shown: str, *arguments: str, secret: str | None = None) -> None:
    """Run docker, or what is docker here. Raises: StepFailed, ToolMissing."""
    tool = build.machine.container_tool()
    build.console.say(shown)
    code = build.machine.run([tool, *arguments], build.folder, build.environment(), build.console.say, given=secret)
    if code:
        raise StepFailed(f"script returned exit code {code}")


def _sh(build: Build, command: str) -> None:
    """The plugin runs its commands by `sh`, which shows them. Raises: StepFailed."""
    build.mark("sh")
    code = build.shell(command)
    if code:
        raise StepFailed(f"script returned exit code {code}")


def _with_registry(build: Build, _: Any, given: "Given") -> Any:
    url, id = text(given.get("url")), given.get("credentialsId", 1)
    host = urlsplit(url).netloc or url
    build.mark("withDockerRegistry")
    if id is not None:
        found = build.credential(text(id))
        shown = f"$ docker login -u {found.user} -p {'*' * 8} {url}"
        _tool(build, shown, "login", "--username", found.user, "--password-stdin", host, secret=found.secret)
    build.registries.append(host)
    build.mark("{")
    try:
        with build.within({"DOCKER_REGISTRY_URL": url}):
            return build.run(given.closure.body) if given.closure is not None else None
    finally:
        build.registries.pop()
        build.mark("}")
        build.mark("// withDockerRegistry")
        if id is not None:
            _tool(build, f"$ docker logout {host}", "logout", host)


def _build(build: Build, _: Any, given: "Given") -> Image:
    """docker build -t "name" and the arguments, by default the folder itself."""
    image = text(given.get("image"))
    build.machine.container_tool()
    _sh(build, f'docker build -t "{image}" {text(given.get("args", 1, "."))}')
    return Image(image)


def _image(build: Build, _: Any, given: "Given") -> Image:
    return Image(text(given.get("image")))


def _qualified(build: Build, name: str) -> str:
    """The name at the registry that is signed in to; one that says its registry is left as it is."""
    host = build.registries[-1] if build.registries else ""
    return name if not host or name.startswith(f"{host}/") else f"{host}/{name}"


def _parts(id: str) -> tuple[str, str]:
    name, colon, tag = id.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (id, "latest")


def _tag(build: Build, image: Image, given: "Given") -> str:
    name, own = _parts(image.id)
    target = _qualified(build, f"{name}:{text(given.get('tagname', 0, own))}")
    if target != image.id:
        _sh(build, f'docker tag "{image.id}" "{target}"')
    return target


def _push(build: Build, image: Image, given: "Given") -> None:
    _sh(build, f'docker push "{_tag(build, image, given)}"')


def _pull(build: Build, image: Image, given: "Given") -> None:
    _sh(build, f'docker pull "{_qualified(build, image.id)}"')


def _image_name(build: Build, image: Image, given: "Given") -> str:
    return _qualified(build, image.id)


_ON_DOCKER: dict[str, Callable[[Build, Any, "Given"], Any]] = {
    "withRegistry": _with_registry,
    "build": _build,
    "image": _image,
}
_ON_IMAGE: dict[str, Callable[[Build, Any, "Given"], Any]] = {
    "push": _push,
    "tag": _tag,
    "pull": _pull,
    "imageName": _image_name,
}
METHODS = (*_ON_DOCKER, *_ON_IMAGE)


def method(target: Any, name: str) -> Callable[[Build, Any, "Given"], Any] | None:
    """What docker, or an image, does under a name."""
    if target == DOCKER:
        return _ON_DOCKER.get(name)
    return _ON_IMAGE.get(name) if isinstance(target, Image) else None
