"""Entra's tokens are verified on every use: one wrong thing, one right answer."""

from typing import Any

import pytest

from acrlab.domain import events
from acrlab.engine import entra, jwt
from acrlab.store.keys import KeyRing
from tests.identity.lab import ACR, ARM, GRAPH, START, Answer, Lab

ROOT = f"{ARM}/subscriptions?api-version=2022-12-01"


def arm(lab: Lab, token: str) -> Answer:
    return lab.ask("GET", ROOT, headers={"authorization": f"Bearer {token}"})


def forged(lab: Lab, keys: KeyRing | None = None, **changes: Any) -> str:
    """A token of the directory with other claims, signed with its key or another."""
    claims = dict(jwt.peek(lab.bearer())) | changes
    return jwt.encode(keys or lab.world.keys, entra.KEY, {k: v for k, v in claims.items() if v is not None})


def expect(lab: Lab, answer: Answer, code: str, *words: str) -> None:
    assert answer.status == 401, answer
    error = answer.json["error"]
    assert set(error) == {"code", "message"}
    assert error["code"] == code
    for word in words:
        assert word in error["message"]
    challenge = answer.challenge or ""
    start = f'Bearer authorization_uri="https://login.microsoftonline.com/{lab.tenant}", error="invalid_token", '
    assert challenge.startswith(start + 'error_description="')
    assert any(line.startswith("because") for line in lab.why)


def test_a_good_token_is_taken_in_every_spelling_of_the_audience(lab: Lab) -> None:
    for audience in (ARM, f"{ARM}/", "https://management.core.windows.net/", "https://management.core.windows.net"):
        assert arm(lab, lab.bearer(audience=audience)).status == 200
    assert arm(lab, forged(lab, aud=f"{ARM}//")).status == 401


def test_missing_and_foreign_headers(lab: Lab) -> None:
    missing = lab.ask("GET", ROOT)
    expect(lab, missing, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    for header in ("Basic YTpi", "Bearer", "Bearer  ", "token", f"bearer{lab.bearer()}"):
        answer = lab.ask("GET", ROOT, headers={"authorization": header})
        expect(lab, answer, "AuthenticationFailedInvalidHeader")
    assert lab.ask("GET", ROOT, headers={"authorization": f"bearer  {lab.bearer()} "}).status == 200


def test_tampered_truncated_and_foreign_tokens(lab: Lab, foreign_keys: KeyRing) -> None:
    good = lab.bearer()
    head, claims, signature = good.split(".")
    other = forged(lab, oid=lab.identity("acrlab-reader-sp").id).split(".")
    for token in (
        f"{head}.{other[1]}.{signature}", f"{head}.{claims}.{other[2]}", f"{head}.{claims}", f"{head}.{claims}.",
        good[:-4], good[: len(good) // 2], "x", "a.b.c", "é.é.é", good + "A" * 20_000,
        forged(lab, foreign_keys), jwt.encode(lab.world.keys, "acr", jwt.peek(good)),
        f"{jwt._segment({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
    ):  # fmt: skip
        expect(lab, arm(lab, token), "InvalidAuthenticationToken", "The access token is invalid.")
    assert arm(lab, good).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": "never"}, {"exp": None}, {"exp": True}, {"nbf": None}, {"oid": None}, {"oid": 5}, {"iss": None},
        {"aud": [ARM]}, {"aud": None}, {"tid": None},
    ],
)  # fmt: skip
def test_claims_of_the_wrong_kind(lab: Lab, changes: dict[str, Any]) -> None:
    expect(lab, arm(lab, forged(lab, **changes)), "InvalidAuthenticationToken", "The access token is invalid.")


def test_audience(lab: Lab) -> None:
    for audience in (ACR, GRAPH, "https://microsoft.com", f"{ARM}.evil.example"):
        expect(
            lab, arm(lab, forged(lab, aud=audience)), "InvalidAuthenticationTokenAudience",
            f"wrong audience or resource '{audience}'", "'https://management.azure.com/','https://management.azure.com'",
        )  # fmt: skip


def test_issuer_and_tenant(lab: Lab) -> None:
    other = "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/"
    for changes in ({"iss": other}, {"tid": "72f988bf-86f1-41af-91ab-2d7cd011db47"}):
        answer = arm(lab, forged(lab, **changes))
        expect(lab, answer, "InvalidAuthenticationTokenTenant", f"https://sts.windows.net/{lab.tenant}/")


def test_expiry_follows_the_clock_of_the_world(lab: Lab) -> None:
    token = lab.bearer()
    assert arm(lab, token).status == 200
    lab.world.advance(3598)
    assert arm(lab, token).status == 200
    lab.world.advance(1)
    expect(
        lab, arm(lab, token), "ExpiredAuthenticationToken", "The access token expiry UTC time '1/15/2027 8:59:59 AM'",
        "current UTC time '1/15/2027 8:59:59 AM'",
    )  # fmt: skip
    assert arm(lab, lab.bearer()).status == 200


def test_tokens_from_the_future(lab: Lab) -> None:
    assert arm(lab, forged(lab, nbf=START + entra.EARLY)).status == 200
    expect(lab, arm(lab, forged(lab, nbf=START + entra.EARLY + 1)), "InvalidAuthenticationToken", "not yet valid")


def test_the_principal_has_to_be_there_still(lab: Lab) -> None:
    token = lab.bearer()
    assert arm(lab, token).status == 200
    lab.world.commit(events.PrincipalRemoved(at=lab.world.now(), id=lab.identity("acrlab-sp").id))
    expect(lab, arm(lab, token), "InvalidAuthenticationToken")


def test_the_challenge_reaches_graph_in_its_own_dialect(lab: Lab) -> None:
    answer = lab.ask("GET", f"{GRAPH}/v1.0/users", bearer=lab.bearer(audience=ARM))
    assert answer.status == 401
    assert answer.json["error"]["code"] == "InvalidAuthenticationToken"


def test_times_of_sentences() -> None:
    assert entra.clock_text(START) == "1/15/2027 8:00:00 AM"
    assert entra.clock_text(START + 5 * 3600) == "1/15/2027 1:00:00 PM"
    assert entra.clock_text(START + 16 * 3600) == "1/16/2027 12:00:00 AM"
