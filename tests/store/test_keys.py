"""Signing keys and secrets: what other people's verifiers make of them."""

import base64
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from acrlab.engine.keys import Keys
from acrlab.store.keys import KeyRing, KeyUnreadable

NAMES = ["entra", "acr"]


def public_key(jwk: dict[str, str]) -> rsa.RSAPublicKey:
    n, e = (int.from_bytes(base64.urlsafe_b64decode(jwk[part] + "=" * (-len(jwk[part]) % 4))) for part in "ne")
    return rsa.RSAPublicNumbers(e, n).public_key()


@pytest.fixture(scope="module", params=["memory", "folder"])
def ring(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return KeyRing(tmp_path_factory.mktemp("keys") if request.param == "folder" else None)


@pytest.mark.parametrize("name", NAMES)
def test_whoever_has_the_jwk_can_verify(ring: Keys, name: str) -> None:
    signature = ring.sign(name, b"header.payload")
    jwk = ring.jwk(name)
    public_key(jwk).verify(signature, b"header.payload", padding.PKCS1v15(), SHA256())
    assert (jwk["kty"], jwk["alg"], jwk["use"], jwk["e"]) == ("RSA", "RS256", "sig", "AQAB")
    assert public_key(jwk).key_size == 2048
    assert set(jwk) == {"kty", "alg", "use", "kid", "n", "e"}


@pytest.mark.parametrize("name", NAMES)
def test_verifies_its_own_and_nothing_else(ring: Keys, name: str) -> None:
    signature = ring.sign(name, b"data")
    (other,) = set(NAMES) - {name}
    assert ring.verify(name, b"data", signature) is True
    assert ring.verify(name, b"date", signature) is False
    assert ring.verify(name, b"data", signature[:-1]) is False
    assert ring.verify(name, b"data", b"") is False
    assert ring.verify(other, b"data", signature) is False


def test_registry_key_id_is_of_libtrusts_kind(ring: Keys) -> None:
    jwk = ring.jwk("acr")
    der = public_key(jwk).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    groups = jwk["kid"].split(":")
    assert [len(group) for group in groups] == [4] * 12
    assert base64.b32decode("".join(groups)) == hashlib.sha256(der).digest()[:30]
    assert ":" not in ring.jwk("entra")["kid"]


def test_there_are_two_keys(ring: Keys) -> None:
    assert ring.jwk("acr")["n"] != ring.jwk("entra")["n"]
    for attempt in (ring.jwk, lambda name: ring.sign(name, b"")):
        with pytest.raises(KeyError):
            attempt("another")


def test_secrets_stay_what_they_are(ring: Keys) -> None:
    assert len(ring.secret("uploads")) == 32
    assert ring.secret("uploads") == ring.secret("uploads") != ring.secret("pages")


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", "entra.pem"])
def test_secret_names_are_plain(ring: Keys, name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        ring.secret(name)


def test_a_folder_keeps_them(tmp_path: Path) -> None:
    first = KeyRing(tmp_path / "keys")
    secret, jwks = first.secret("uploads"), [first.jwk(name) for name in NAMES]
    second = KeyRing(tmp_path / "keys")
    assert [second.jwk(name) for name in NAMES] == jwks
    assert second.secret("uploads") == secret
    assert second.verify("acr", b"x", first.sign("acr", b"x"))
    files = {each.name for each in (tmp_path / "keys").iterdir()}
    assert files == {"entra.pem", "acr.pem", "uploads.secret"}
    if os.name == "posix":
        for each in (tmp_path / "keys").iterdir():
            assert stat.S_IMODE(each.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_memory_keeps_none() -> None:
    first, second = KeyRing(), KeyRing()
    assert first.jwk("acr") != second.jwk("acr")
    assert first.secret("uploads") != second.secret("uploads")


@pytest.mark.parametrize(
    "file, use",
    [
        ("acr.pem", lambda ring: ring.sign("acr", b"x")),
        ("entra.pem", lambda ring: ring.jwk("entra")),
        ("uploads.secret", lambda ring: ring.secret("uploads")),
    ],
)
def test_a_damaged_file_is_named_and_kept(tmp_path: Path, file: str, use: Callable[[KeyRing], object]) -> None:
    (tmp_path / file).write_bytes(b"garbage")
    with pytest.raises(KeyUnreadable, match=file):
        use(KeyRing(tmp_path))
    assert (tmp_path / file).read_bytes() == b"garbage"
