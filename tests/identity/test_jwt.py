"""Compact JWS, RS256 only: what is signed comes back, everything else is refused without an accident."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acrlab.domain.credential_errors import TokenMalformed
from acrlab.engine import jwt
from acrlab.store.keys import KeyRing

KEYS = KeyRing(None)
CLAIMS = {"sub": "somebody", "exp": 1, "text": "~>?\x7f grüße 容器"}


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(head: object, claims: object = CLAIMS, key: str = "acr") -> str:
    text = f"{segment(head)}.{segment(claims)}"
    return f"{text}.{jwt.base64url(KEYS.sign(key, text.encode()))}"


HEAD = {"alg": "RS256", "typ": "JWT", "kid": jwt.kid(KEYS, "acr")}


def refused(token: str, key: str = "acr") -> str:
    with pytest.raises(TokenMalformed) as caught:
        jwt.verify(KEYS, key, token)
    assert caught.value.evidence
    return caught.value.text


def test_what_is_signed_comes_back() -> None:
    assert jwt.verify(KEYS, "acr", jwt.encode(KEYS, "acr", CLAIMS)) == CLAIMS
    assert jwt.verify(KEYS, "acr", signed(HEAD)) == CLAIMS


def test_cached_answers_are_the_same_and_bounded() -> None:
    ring = KeyRing(None)
    token = jwt.encode(ring, "acr", CLAIMS)
    assert jwt.verify(ring, "acr", token) is jwt.verify(ring, "acr", token)
    for number in range(5):
        jwt.verify(ring, "acr", jwt.encode(ring, "acr", {"n": number}))
    assert len(jwt._VERIFIED[ring]) <= jwt.REMEMBERED


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwt, "REMEMBERED", 3)
    ring = KeyRing(None)
    tokens = [jwt.encode(ring, "acr", {"n": number}) for number in range(8)]
    assert [jwt.verify(ring, "acr", each)["n"] for each in tokens + tokens] == list(range(8)) * 2
    assert len(jwt._VERIFIED[ring]) == 3


def test_a_token_verified_by_one_key_is_not_by_another() -> None:
    token = jwt.encode(KEYS, "acr", CLAIMS)
    jwt.verify(KEYS, "acr", token)
    assert "key" in refused(token, "entra")
    with pytest.raises(TokenMalformed):
        jwt.verify(KeyRing(None), "acr", token)


@pytest.mark.parametrize(
    "head",
    [
        HEAD | {"alg": "none"}, HEAD | {"alg": "None"}, HEAD | {"alg": "HS256"}, HEAD | {"alg": "RS512"},
        HEAD | {"alg": ["RS256"]}, HEAD | {"alg": None}, {"typ": "JWT"}, HEAD | {"crit": ["exp"]},
        HEAD | {"kid": "another"}, {"alg": "RS256"}, [], "RS256", None, 1,
    ],
)  # fmt: skip
def test_headers_that_are_refused(head: object) -> None:
    refused(signed(head))


def test_alg_none_without_signature() -> None:
    refused(f"{segment({'alg': 'none'})}.{segment(CLAIMS)}.")
    refused(f"{segment({'alg': 'none'})}.{segment(CLAIMS)}")


def test_the_public_key_is_no_hmac_secret() -> None:
    import hashlib
    import hmac

    text = f"{segment(HEAD | {'alg': 'HS256'})}.{segment(CLAIMS)}"
    secret = json.dumps(KEYS.jwk("acr")).encode()
    refused(f"{text}.{jwt.base64url(hmac.new(secret, text.encode(), hashlib.sha256).digest())}")


@pytest.mark.parametrize("claims", [[], "text", None, 5, [CLAIMS]])
def test_payloads_that_are_no_objects(claims: object) -> None:
    refused(signed(HEAD, claims))


def test_every_changed_character_is_noticed() -> None:
    token = jwt.encode(KEYS, "acr", {"sub": "a"})
    for index in range(0, len(token), 7):
        other = "A" if token[index] != "A" else "B"
        refused(token[:index] + other + token[index + 1 :])


def test_every_truncation_is_noticed() -> None:
    token = jwt.encode(KEYS, "acr", {"sub": "a"})
    for length in range(0, len(token), 11):
        refused(token[:length])
    refused(token[:-1])
    refused(token + "A")
    refused(token + ".")
    refused(token + "=")
    refused(token + "\n")


def test_one_token_has_one_spelling() -> None:
    """The last character of a signature has four bits to spare: what they say must be nothing."""
    token = jwt.encode(KEYS, "acr", {"sub": "a"})
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    refused(token[:-1] + alphabet[alphabet.index(token[-1]) + 1])


def test_lengths_are_limited() -> None:
    assert str(jwt.LONGEST) in refused(jwt.encode(KEYS, "acr", {"x": "y" * jwt.LONGEST}))
    refused(f"{segment(HEAD)}.{base64.urlsafe_b64encode(b'[' * 9000).decode().rstrip('=')}.AAAA")


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}"))
def test_garbage_is_refused_and_nothing_else_happens(text: str) -> None:
    refused(text)
    assert jwt.peek(text) == {} or isinstance(jwt.peek(text), dict)


@given(st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53) | st.booleans() | st.none(), max_size=5))
def test_payloads_read_the_same_in_both_alphabets_of_base64(claims: dict[str, object]) -> None:
    """azure-containerregistry decodes the payload of refresh tokens with the plain alphabet."""
    payload = jwt._segment(claims)
    assert not set(payload) & set("-_")
    plain = base64.b64decode(payload + "=" * (-len(payload) % 4), validate=True)
    assert plain.isascii()
    assert json.loads(plain) == claims
