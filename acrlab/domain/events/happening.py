"""What all events carry."""

import msgspec


class Happening(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """`at` is epoch seconds on the world's clock; `by` is the principal's id, empty for the service itself."""

    at: float
    by: str = ""
