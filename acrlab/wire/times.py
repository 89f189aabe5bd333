"""Moments as the service writes them."""

from datetime import UTC, datetime


def iso(seconds: float) -> str:
    """Seven digits and a Z, as in registry bodies. Source: recordings, creationDate."""
    return _digits(seconds) + "Z"


def iso_offset(seconds: float) -> str:
    """Seven digits and an offset, as in systemData. Source: recordings."""
    return _digits(seconds) + "+00:00"


def _digits(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}0"
