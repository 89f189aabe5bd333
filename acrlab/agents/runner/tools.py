"""Microsoft's tool images, and docker's: what they do is done here, without their images."""

from collections.abc import Callable, Sequence

from acrlab.agents.runner.machine import Machine, Scene

Program = Callable[[Sequence[str], Scene], int]
Tool = Callable[[Machine, Sequence[str], Scene, Program], int | None]


def _docker(machine: Machine, argv: Sequence[str], scene: Scene, docker: Program) -> int | None:
    """The image docker: its command line on the agent's own daemon."""
    words = argv[1:] if argv[:1] == ["docker"] else argv
    if not words or words[0].startswith("/") or words[0] in ("sh", "bash", "dockerd"):
        return None
    return docker(words, scene)


def _buildx(machine: Machine, argv: Sequence[str], scene: Scene, docker: Program) -> int | None:
    return docker(argv, scene) if argv[:1] == ["build"] else None


def _acr(machine: Machine, argv: Sequence[str], scene: Scene, docker: Program) -> int | None:
    """acr-cli: purge and its like."""
    words = argv[1:] if argv[:1] == ["acr"] else argv
    return machine.services.acr(words, scene.say)


TOOLS: dict[str, Tool] = {
    "docker.io/library/docker": _docker,
    "docker.io/library/buildx": _buildx,
    "mcr.microsoft.com/acr/acr-cli": _acr,
}
LENT = frozenset(("mcr.microsoft.com/acr/azure-cli", "mcr.microsoft.com/azure-cli"))  # they ask Azure over the network
