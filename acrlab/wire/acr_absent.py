"""What a registry answers on Azure, or did once, and is refused here by name.

Source: azure-cli 2.91.0, acr artifact-streaming and acr helm (retired 2025-09-15).
"""

from acrlab.domain.errors import NotEmulated
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route


def streaming(call: Call) -> Response:
    """Artifact streaming. Raises: NotEmulated."""
    raise NotEmulated(what="artifact streaming: it converts images to overlaybd, and no converter is here")


def charts(call: Call) -> Response:
    """The chart repository of Helm 2. Raises: NotEmulated."""
    raise NotEmulated(what="the retired Helm repository: charts are OCI artifacts now, helm push and helm pull")


_NAME = "/acr/v1/{repository*}"
_STREAMING = (
    ("GET", f"{_NAME}/_streaming", "pull"),
    ("PATCH", f"{_NAME}/_streaming", "push"),
    ("GET", f"{_NAME}/_streaming/{{digest}}", "pull"),
    ("POST", f"{_NAME}/_streaming/{{digest}}", "push"),
    ("GET", f"{_NAME}/_operations/{{operation}}", "pull"),
    ("POST", f"{_NAME}/_operations/{{operation}}", "push"),
)
_CHARTS = ("GET", "PUT", "PATCH", "DELETE")
ROUTES = (
    *(
        Route(method=method, path=path, handler=streaming, scope=scope, truth="refused")
        for method, path, scope in _STREAMING
    ),
    *(
        Route(method=method, path="/helm/v1/{rest*}", handler=charts, scope="any", truth="refused")
        for method in _CHARTS
    ),
)
