"""Result bundles: what a learner hands in, signed with a key of the learner's own.

A signature shows that nothing was changed after it was made, and that two bundles are from the same key. It does not
show who sat at the keyboard: an instructor who needs that collects the keys' fingerprints beforehand.
"""

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from acrlab.trainer.ledger import Entry, Ledger, folder, verify

VERSION = 1
LARGEST = 64 * 1024 * 1024  # bytes of a bundle


class Bundle(msgspec.Struct, frozen=True):
    """A learner's record, and who signed it. `made` is epoch seconds."""

    learner: str
    made: float
    key: str
    entries: tuple[Entry, ...]

    @property
    def fingerprint(self) -> str:
        """The key in a form that can be read out."""
        digest = hashlib.sha256(base64.b64decode(self.key)).hexdigest()
        return "-".join(digest[start : start + 4] for start in range(0, 16, 4))


class Tampered(Exception):
    """A bundle that does not hold. The text says what is wrong with it, and where."""


class _Sheet(msgspec.Struct):
    version: int
    learner: str
    made: float
    key: str
    lines: list[str]
    signature: str


def signed(ledger: Ledger, learner: str, now: float, key: Path | None = None) -> bytes:
    """A bundle of everything in a ledger."""
    private = _key(key or folder() / "key.pem")
    public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    sheet = {
        "version": VERSION, "learner": learner, "made": now, "key": base64.b64encode(public).decode(),
        "lines": [msgspec.json.encode(each).decode() for each in ledger.entries],
    }  # fmt: skip
    signature = base64.b64encode(private.sign(_canonical(sheet))).decode()
    return json.dumps({**sheet, "signature": signature}, indent=1, ensure_ascii=False).encode() + b"\n"


def opened(raw: bytes) -> Bundle:
    """A bundle whose lines and signature hold. Raises: Tampered."""
    if len(raw) > LARGEST:
        raise Tampered(f"has {len(raw)} bytes; a bundle has at most {LARGEST}")
    try:
        sheet = msgspec.json.decode(raw, type=_Sheet)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Tampered(f"is no result bundle: {error}") from None
    if sheet.version != VERSION:
        raise Tampered(f"is of version {sheet.version}; this acrlab reads version {VERSION}")
    entries, broken = verify("".join(f"{line}\n" for line in sheet.lines))
    if broken is not None:
        raise Tampered(f"line {broken.line} of the record {broken.reason}")
    content = {name: value for name, value in msgspec.to_builtins(sheet).items() if name != "signature"}
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(sheet.key, validate=True))
        public.verify(base64.b64decode(sheet.signature, validate=True), _canonical(content))
    except ValueError:
        raise Tampered("has a key or a signature that is none") from None
    except InvalidSignature:
        raise Tampered(
            "has a record that holds and a signature that does not: name, time or key were changed, or lines were "
            "taken off its end or written anew"
        ) from None
    return Bundle(sheet.learner, sheet.made, sheet.key, tuple(entries))


def _canonical(sheet: dict[str, Any]) -> bytes:
    return json.dumps(sheet, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _key(path: Path) -> Ed25519PrivateKey:
    """The learner's own key, made when there is none; for its owner's eyes only."""
    if path.exists():
        found = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(found, Ed25519PrivateKey)
        return found
    made = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return made
