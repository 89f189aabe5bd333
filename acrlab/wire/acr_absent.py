"""What a registry answers on Azure, or did once, and is refused here by name.

Source: azure-cli 2.91.0, acr helm (retired 2025-09-15).
"""

from acrlab.domain.errors import NotEmulated
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route


def charts(call: Call) -> Response:
    """The chart repository of Helm 2. Raises: NotEmulated."""
    raise NotEmulated(what="the retired Helm repository: charts are OCI artifacts now, helm push and helm pull")


_CHARTS = ("GET", "PUT", "PATCH", "DELETE")
ROUTES = tuple(
    Route(method=method, path="/helm/v1/{rest*}", handler=charts, scope="any", truth="refused") for method in _CHARTS
)
