"""Keys: what the emulated Entra ID and registry sign with, kept in the data folder."""

import base64
import hashlib
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from acrlab.store import disk

BITS = 2048
SECRET = 32  # bytes
NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


class KeyUnreadable(Exception):
    """A key file that holds no key. The text is a sentence for a person."""


class KeyRing:
    """Two RSA keys and any number of secrets; in memory when there is no folder.

    The keys are made, or read, by a thread that starts at once: only the first use waits for it.
    A folder belongs to one ring at a time.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self._folder = Path(folder).absolute() if folder is not None else None
        if self._folder is not None:
            disk.make_folder(self._folder)
        self._keys: dict[str, Future[RSAPrivateKey]] = {name: Future() for name in KID}
        self._secrets: dict[str, bytes] = {}
        self._lock = threading.Lock()
        # not a daemon: at the interpreter's end it is waited for, not torn off inside OpenSSL
        threading.Thread(target=self._fill, name="keys").start()

    def sign(self, name: str, data: bytes) -> bytes:
        """RS256: RSASSA-PKCS1-v1_5 with SHA-256. Raises: KeyError, KeyUnreadable."""
        return self._keys[name].result().sign(data, PKCS1v15(), SHA256())

    def verify(self, name: str, data: bytes, signature: bytes) -> bool:
        """Say whether the signature is of this key over these bytes."""
        public = self._keys[name].result().public_key()
        with suppress(InvalidSignature):
            public.verify(signature, data, PKCS1v15(), SHA256())
            return True
        return False

    def jwk(self, name: str) -> dict[str, Any]:
        """The public key as a JSON Web Key. Source: RFC 7517, RFC 7518 section 6.3.1."""
        public = self._keys[name].result().public_key()
        numbers = public.public_numbers()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": KID[name](der),
            "n": _number(numbers.n),
            "e": _number(numbers.e),
        }

    def secret(self, name: str) -> bytes:
        """32 random bytes, the same whenever they are asked for. Raises: ValueError."""
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a secret.")
        with self._lock:
            if name not in self._secrets:
                self._secrets[name] = self._secret(name)
            return self._secrets[name]

    def _secret(self, name: str) -> bytes:
        secret = self._kept(f"{name}.secret", lambda: os.urandom(SECRET))
        if len(secret) != SECRET:
            raise self._unreadable(f"{name}.secret")
        return secret

    def _fill(self) -> None:
        for name, key in self._keys.items():
            try:
                key.set_result(self._key(name))
            except Exception as error:
                key.set_exception(error)

    def _key(self, name: str) -> RSAPrivateKey:
        pem = self._kept(f"{name}.pem", _new)
        with suppress(ValueError):
            # written by this class into a private file: proving the primes again costs time
            key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
            if isinstance(key, RSAPrivateKey):
                return key
        raise self._unreadable(f"{name}.pem")

    def _kept(self, file: str, make: Callable[[], bytes]) -> bytes:
        if self._folder is None:
            return make()
        path = self._folder / file
        with suppress(FileNotFoundError):
            return path.read_bytes()
        data = make()
        disk.keep(path, data)
        return data

    def _unreadable(self, file: str) -> KeyUnreadable:
        return KeyUnreadable(
            f"{self._folder}{os.sep}{file} holds no key. Restore it, or delete it to get a "
            "new one: tokens issued so far are then no longer valid."
        )


_READY: list[bytes] = []


def prepare() -> None:
    """Make the keys of the next ring now: for a process that is about to fork, as finding primes takes a while."""
    _READY.extend(_generated() for _ in KID)


def _new() -> bytes:
    with suppress(IndexError):
        return _READY.pop()
    return _generated()


def _generated() -> bytes:
    key = generate_private_key(65537, BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _number(value: int) -> str:
    return _base64url(value.to_bytes((value.bit_length() + 7) // 8))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _thumbprint(der: bytes) -> str:
    """As long and as opaque as Entra ID's own, which hash a certificate."""
    return _base64url(hashlib.sha1(der, usedforsecurity=False).digest())


def _libtrust(der: bytes) -> str:
    """Source: distribution, token authentication specification: the fingerprint of libtrust."""
    text = base64.b32encode(hashlib.sha256(der).digest()[:30]).decode()
    return ":".join(text[at : at + 4] for at in range(0, len(text), 4))


KID: dict[str, Callable[[bytes], str]] = {"entra": _thumbprint, "acr": _libtrust}
