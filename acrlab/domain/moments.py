"""Moments as clients send them and as credentials show them."""

from datetime import UTC, datetime

from acrlab.domain.arm_errors import PropertyInvalid


def read(text: str, path: str) -> float:
    """Read an ISO 8601 moment; one without a zone is UTC. Units: epoch seconds.

    Raises: PropertyInvalid.
    """
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise PropertyInvalid(reason=f"{path} is not a date and time in ISO 8601.", target=path) from None


def stamp(seconds: float) -> str:
    """Seven digits and a Z. Source: recorded, creationDate of registries and timestamps of webhook events."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}0Z"


def written(seconds: float) -> str:
    """As many digits as are needed, and an offset. Source: recorded, expiry of token passwords (2024-01)."""
    moment = datetime.fromtimestamp(seconds, UTC)
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}+00:00"
