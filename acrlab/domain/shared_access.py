"""Shared access signatures: what the query of one says, and the text that its signature is over.

Source: create-service-sas, create-account-sas (Storage REST reference, 2025), azure-storage-blob 12.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

OLDEST = "2015-04-05"  # versions before it sign other texts, and no client of today sends them
_WITH_RESOURCE, _WITH_SCOPE = "2018-11-09", "2020-12-06"
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENTS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S.%fZ")
_SHOWN = ("rscc", "rscd", "rsce", "rscl", "rsct")  # headers that the answer shall have


class Signature(msgspec.Struct, frozen=True):
    """A signature as its query says it. An account's names services and resource types, another's one resource."""

    fields: Mapping[str, str]

    def get(self, name: str) -> str:
        """A field; empty when it is not there."""
        return self.fields.get(name, "")

    @property
    def account_wide(self) -> bool:
        """Whether it is one of an account."""
        return "ss" in self.fields or "srt" in self.fields

    @property
    def known(self) -> bool:
        """Whether its version is one whose text is known."""
        version = self.get("sv")
        return bool(_VERSION.fullmatch(version)) and version >= OLDEST

    def text(self, account: str, path: str) -> str:
        """What is signed: for an account, or for the container or blob at `path`, such as /container/blob."""
        return self._of_account(account) if self.account_wide else self._of_resource(account, path)

    def _of_account(self, account: str) -> str:
        names = ("sp", "ss", "srt", "st", "se", "sip", "spr", "sv", *(("ses",) if self._scoped else ()))
        return "".join(f"{each}\n" for each in (account, *map(self.get, names)))

    def _of_resource(self, account: str, path: str) -> str:
        kind = ("sr", "snapshot") if self.get("sv") >= _WITH_RESOURCE else ()
        scope = ("ses",) if self._scoped else ()
        before = [self.get(name) for name in ("sp", "st", "se")]
        after = [self.get(name) for name in ("si", "sip", "spr", "sv", *kind, *scope, *_SHOWN)]
        return "\n".join((*before, f"/blob/{account}{path}", *after))

    @property
    def _scoped(self) -> bool:
        return self.get("sv") >= _WITH_SCOPE


def moment(text: str) -> float | None:
    """Epoch seconds of a time in a signature; None for what is none."""
    for form in _MOMENTS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None


def sign(key: str, text: str) -> str:
    """HMAC-SHA256 with a key in base64, in base64; empty for a key that is none."""
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(hmac.new(raw, text.encode(), hashlib.sha256).digest()).decode()


def proven(keys: tuple[str, ...], text: str, signature: str) -> bool:
    """Whether one of the keys made that signature of the text."""
    return any(hmac.compare_digest(sign(each, text).encode(), signature.encode()) for each in keys)
