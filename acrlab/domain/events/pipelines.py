"""What happened between this world and systems that run pipelines: Azure Pipelines, Jenkins."""

from acrlab.domain.events.happening import Happening


class ConnectionMade(Happening, frozen=True):
    """A service connection, or a credential of Jenkins: a service principal, and the secret that was kept of it."""

    name: str
    registry: str  # lower-case ARM id
    login_server: str
    principal: str
    app_id: str
    role: str
    secret: str = ""  # never told


class ConnectionRemoved(Happening, frozen=True):
    """It is forgotten. The service principal stays: it is the directory's."""

    name: str


class PipelineStarted(Happening, frozen=True):
    """A pipeline began to run. `number` counts all of them: it is what the systems call the build's id."""

    number: int
    file: str
    system: str  # azure | jenkins
    branch: str
    reason: str


class PipelineEnded(Happening, frozen=True):
    """It is over. `outcome` is in the words of its system."""

    number: int
    outcome: str


Pipelines = ConnectionMade | ConnectionRemoved | PipelineStarted | PipelineEnded
