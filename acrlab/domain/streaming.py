"""Artifact streaming: the artifact that stands beside an image, and what it says of itself here.

Source: azure-cli 2.91.0, acr artifact-streaming; container-registry-artifact-streaming (2026-01).
"""

import msgspec

from acrlab.domain import names
from acrlab.domain.content import OCI_MANIFEST, Descriptor
from acrlab.domain.errors import Condition

ARTIFACT = "application/vnd.azure.artifact.streaming.v1"
EMPTY = "application/vnd.oci.empty.v1+json"
NOTHING = b"{}"  # the content of an empty descriptor. Source: OCI image-spec v1.1
FORMAT, VERSION = "overlaybd", "v1"
PLATFORM = ("linux", "amd64")
RUNNING, SUCCEEDED, FAILED, CANCELED = "Running", "Succeeded", "Failed", "Canceled"
SIMULATED = "simulated by acrlab: no layer was converted to overlaybd, and nothing can be streamed from this artifact"


class StreamingUnsupported(Condition):
    """An image, or a registry, that cannot be streamed. Fields: reason."""

    status, oci, arm = 400, "UNSUPPORTED", "UnsupportedOperation"
    message = "Artifact streaming is not possible: {reason}."
    evidence, source = "inferred", "what is supported is documented: container-registry-artifact-streaming (2026-01)"


class ConversionUnknown(Condition):
    """No such operation. Fields: id."""

    status, oci, arm = 404, "NOT_FOUND", "NotFound"
    message = "The operation {id} could not be found."
    evidence, source = "inferred", "azure-cli 2.91.0 reads a 404 as: there was none"


class ConversionOver(Condition):
    """An operation that is over cannot be cancelled. Fields: id, status."""

    status, oci, arm = 409, "CONFLICT", "Conflict"
    message = "The operation {id} cannot be cancelled: it is {status}."
    evidence, source = "inferred", ""


def artifact(image: Descriptor) -> bytes:
    """The streaming artifact of an image: without layers of its own, and it says so."""
    nothing = Descriptor(EMPTY, names.digest_of(NOTHING), len(NOTHING))
    return msgspec.json.encode({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": ARTIFACT, "config": nothing,
        "layers": [nothing], "subject": image,
        "annotations": {"io.acrlab.truth": "simulated", "org.opencontainers.image.description": SIMULATED},
    })  # fmt: skip
