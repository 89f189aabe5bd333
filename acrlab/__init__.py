"""acrlab: an emulator of Azure Container Registry, and a lab to learn it in.

`acrlab.connect()` is a cloud over the official SDKs, `acrlab.Emulator()` an emulator, `acrlab.Image` small images.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from acrlab.client.cloud import Cloud, connect
    from acrlab.client.image import Image
    from acrlab.client.magic import load_ipython_extension, unload_ipython_extension
    from acrlab.client.registry import Registry
    from acrlab.emulator import Emulator

__version__ = "0.1.0"
__all__ = ["Cloud", "Emulator", "Image", "Registry", "connect", "load_ipython_extension", "unload_ipython_extension"]

_HOMES = {
    "Cloud": "acrlab.client.cloud",
    "Emulator": "acrlab.emulator",
    "Image": "acrlab.client.image",
    "Registry": "acrlab.client.registry",
    "connect": "acrlab.client.cloud",
    "load_ipython_extension": "acrlab.client.magic",
    "unload_ipython_extension": "acrlab.client.magic",
}


def __getattr__(name: str) -> Any:
    """Nothing is imported before it is asked for: pytest and the command line load this package every time."""
    if name not in _HOMES:
        raise AttributeError(f"module 'acrlab' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted((*__all__, "__version__"))
