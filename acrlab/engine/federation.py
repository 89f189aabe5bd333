"""Workload identity federation: a workload shows a token of its own issuer instead of a secret.

Source: RFC 7523; entra-docs workload-identity-federation (2025).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from acrlab.domain.access import Principal
from acrlab.domain.credential_errors import TokenMalformed
from acrlab.domain.entra_errors import (
    ApplicationUnknown,
    AssertionInvalid,
    AssertionMalformed,
    AssertionOutOfTime,
    FederationMismatch,
)
from acrlab.engine import directory, entra, jwt

if TYPE_CHECKING:
    from acrlab.engine.world import World

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def assertion(world: "World", life: float = 365 * 86400.0) -> str:
    """What a workload shows instead of a secret: the contents of AZURE_FEDERATED_TOKEN_FILE.

    Signed with the directory's own key under an issuer of its own, which nothing but the
    client assertion of the token endpoint accepts. A cluster rotates its tokens hourly; this one is long-lived.
    """
    now = int(world.now())
    claims = {
        "iss": directory.FEDERATION_ISSUER, "sub": directory.FEDERATION_SUBJECT, "aud": [directory.FEDERATION_AUDIENCE],
        "iat": now, "nbf": now, "exp": now + int(life),
    }  # fmt: skip
    return jwt.encode(world.keys, entra.KEY, claims)


class _Assertion(msgspec.Struct, frozen=True):
    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    nbf: float = 0.0


def proven(world: "World", client: str, kind: str, assertion: str) -> Principal:
    """The application whose federated credential matches a signed assertion.

    Raises: AssertionMalformed, AssertionInvalid, AssertionOutOfTime, FederationMismatch, ApplicationUnknown.
    Source: workload-identity-federation (2025).
    """
    if kind != JWT_BEARER:
        raise AssertionMalformed(reason=f"client_assertion_type must be {JWT_BEARER}")
    held = _asserted(world, assertion)
    identity = directory.find_app(world, client)
    if identity is None:
        raise ApplicationUnknown(client=client[:80], tenant=directory.ORGANIZATION)
    _check_federation(identity.properties.get("federated") or {}, held)
    now = world.now()
    if not held.nbf - entra.EARLY <= now < held.exp:
        raise AssertionOutOfTime(
            now=entra.clock_text(now), start=entra.clock_text(held.nbf), end=entra.clock_text(held.exp)
        ).why("the assertion is not valid at this moment of the world's clock")
    return directory.principal(identity)


def _asserted(world: "World", assertion: str) -> _Assertion:
    claims = jwt.peek(assertion)
    if not claims:
        raise AssertionMalformed(reason="the client assertion is not a signed token")
    try:
        return msgspec.convert(jwt.verify(world.keys, entra.KEY, assertion), _Assertion)
    except TokenMalformed as reason:
        raise AssertionInvalid(reason=f"[Reason - {reason.text}.]").why(
            "the assertion is not signed by the federation issuer of this world"
        ) from None
    except msgspec.ValidationError as error:
        raise AssertionMalformed(reason=str(error)) from None


def _check_federation(expected: Mapping[str, str], held: _Assertion) -> None:
    audiences = [held.aud] if isinstance(held.aud, str) else held.aud
    given = {"issuer": [held.iss], "subject": [held.sub], "audience": audiences}
    for claim, values in given.items():
        if expected.get(claim) not in values:
            raise FederationMismatch(claim=claim, value=", ".join(values)[:200]).why(
                f"the application's federated credential expects the {claim} {expected.get(claim, '(it has none)')}"
            )
