"""What is refused of service connections and pipeline runs."""

from acrlab.domain.errors import Condition


class ConnectionUnknown(Condition):
    """No connection has that name. Source: Azure Pipelines says it in the words of the system, see acrlab.pipelines."""

    status, oci, arm = 404, "CONNECTION_UNKNOWN", "NotFound"
    message = "there is no service connection {name}: `acrlab pipeline connect {name} --registry NAME` makes it"
    evidence, source = "inferred", "acrlab itself"


class ConnectionTaken(Condition):
    """The name is taken."""

    status, oci, arm = 409, "CONNECTION_EXISTS", "Conflict"
    message = "there is a service connection {name} already"
    evidence, source = "inferred", "acrlab itself"


class ConnectionInvalid(Condition):
    """A name, a role or a registry that it cannot be made with."""

    status, oci, arm = 400, "CONNECTION_INVALID", "BadRequest"
    message = "{reason}"
    evidence, source = "inferred", "acrlab itself"
