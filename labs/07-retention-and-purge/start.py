"""A nightly build in Docker's format: the only one that a retention policy covers."""

from acrlab.client.image import Image
from acrlab.course.rest import Rest

REGISTRY = "contosolab07"


def begin(rest: Rest, group: str) -> None:
    """Push the first night's image."""
    rest.door(f"{REGISTRY}.azurecr.io").push("ci/nightly:latest", Image.hello(text="night 1\n", format="docker"))
