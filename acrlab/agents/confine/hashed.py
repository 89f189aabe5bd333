"""A certificate lent to a folder that OpenSSL looks certificates up in, by the hash of their names.

Debian before 12 has OpenSSL trust the folder and no file. Source: OpenSSL, x509_vfy's hash_dir and X509_NAME_hash.
"""

import contextlib
import hashlib
import os
import re
import stat
from pathlib import Path

_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")
_FIRST = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)


class Hashed:
    """The first certificate of a bundle, beside those of a folder. Raises: OSError."""

    def __init__(self, folder: Path, bundle: bytes) -> None:
        self._name = ""
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            found = _FIRST.search(bundle)
            there = {name for name in os.listdir(self._folder) if _HASHED.fullmatch(name)}
            if found and there:
                self._put(found.group(), there)
        except BaseException:
            os.close(self._folder)
            raise

    def end(self) -> None:
        """Take it away, unless something else is there by now. Raises: OSError."""
        try:
            if self._name:
                self._take()
        finally:
            os.close(self._folder)

    def _put(self, certificate: bytes, there: set[str]) -> None:
        before = os.fstat(self._folder)
        hashed = subject(certificate)
        name = next(f"{hashed}.{number}" for number in range(len(there) + 1) if f"{hashed}.{number}" not in there)
        opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=self._folder)
        with open(opened, "wb") as file:
            file.write(certificate)
            os.fchmod(opened, 0o644)
            self._inode = os.fstat(opened).st_ino
        self._name = name
        self._date(before)

    def _take(self) -> None:
        before = os.fstat(self._folder)
        with contextlib.suppress(FileNotFoundError):
            seen = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
            if stat.S_ISREG(seen.st_mode) and seen.st_ino == self._inode:
                os.unlink(self._name, dir_fd=self._folder)
                self._date(before)

    def _date(self, before: os.stat_result) -> None:
        os.utime(self._folder, ns=(before.st_atime_ns, before.st_mtime_ns))


def subject(certificate: bytes) -> str:
    """The hash of a certificate's subject: of its canonical form, in lower case and with single spaces.

    For the emulator's own authority: a name in ASCII, without a country, whose parts are UTF-8 strings.
    """
    from cryptography import x509

    rdns = []
    for rdn in x509.load_pem_x509_certificate(certificate).subject.rdns:
        parts = [x509.NameAttribute(each.oid, " ".join(str(each.value).lower().split())) for each in rdn]
        rdns.append(x509.RelativeDistinguishedName(parts))
    encoded = x509.Name(rdns).public_bytes()
    content = encoded[2 + (encoded[1] & 0x7F if encoded[1] & 0x80 else 0) :]
    return hashlib.sha1(content, usedforsecurity=False).digest()[3::-1].hex()
