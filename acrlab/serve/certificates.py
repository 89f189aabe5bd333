"""A certificate authority of our own: one CA, and a leaf for every host a client names."""

import contextlib
import os
import re
import ssl
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "acrlab local CA"
MARK = f"# {NAME}\n"
CA_DAYS, LEAF_DAYS, RENEW_DAYS = 3650, 397, 30
MOST_HOSTS = 256  # TLS contexts kept; a client that asks for endless names costs no more than this
BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62}\.)*[a-z0-9_-]{1,63}\.?\Z")

# RFC 5280 4.2.1.3; the constructor wants every one of them answered.
PURPOSES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
    "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


class Authority:
    """Mints what a strict client accepts. `folder` keeps the CA; without one it is in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._key, self._certificate = _load(folder) or _generate(folder)
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._leaf_key_pem = _pem(self._leaf_key)
        self._contexts: OrderedDict[str, ssl.SSLContext] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def certificate_pem(self) -> bytes:
        """The CA's certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def server_context(self, host: str = "localhost") -> ssl.SSLContext:
        """A TLS context that presents `host` until the client names another host."""
        context = _context()
        self._present(context, host)
        context.sni_callback = self._named
        return context

    def write_bundle(self, path: Path, environ: Mapping[str, str] = os.environ) -> Path:
        """Write the CA and what this machine already trusts: pip and git go on working."""
        trusted = existing_bundle(environ, path)
        text = f"{MARK}{self.certificate_pem.decode()}\n{trusted}"
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text.encode(), 0o644)
        return path

    def _named(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        # Nothing may escape from here: OpenSSL could only answer with an alert.
        host = (name or "").lower()
        if not HOST.match(host):
            return
        with contextlib.suppress(ValueError, OSError):
            connection.context = self._context_for(host)

    def _context_for(self, host: str) -> ssl.SSLContext:
        with self._lock:
            found = self._contexts.get(host)
            if found is None:
                found = self._contexts[host] = _context()
                self._present(found, host)
                while len(self._contexts) > MOST_HOSTS:
                    self._contexts.popitem(last=False)
            self._contexts.move_to_end(host)
            return found

    def _present(self, context: ssl.SSLContext, host: str) -> None:
        chain = self._leaf(host).public_bytes(serialization.Encoding.PEM)
        with _on_disk(self._leaf_key_pem + chain + self.certificate_pem) as file:
            context.load_cert_chain(file)

    def _leaf(self, host: str) -> x509.Certificate:
        host = host.rstrip(".")
        common_name = host if len(host) <= 64 else "acrlab"  # RFC 5280 ub-common-name
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            _builder(_name(common_name), self._certificate.subject, self._leaf_key, LEAF_DAYS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(list(_names(host))), critical=False)
            .add_extension(identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )


def existing_bundle(environ: Mapping[str, str], own: Path) -> str:
    """The certificates this machine trusted before us, as PEM text."""
    for variable in BUNDLE_VARIABLES:
        text = _read_bundle(environ.get(variable), own)
        if text:
            return text
    with contextlib.suppress(ImportError):
        import certifi

        return Path(certifi.where()).read_text("utf-8")
    text = _read_bundle(ssl.get_default_verify_paths().cafile, own)
    return text or _system_store()


def _read_bundle(name: str | None, own: Path) -> str | None:
    """One candidate; None when it is empty, or our own file of an earlier run."""
    if not name or Path(name).resolve() == own.resolve():
        return None
    path = Path(name)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    texts = []
    for file in files:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            texts.append(file.read_text("utf-8"))
    text = "\n".join(text for text in texts if "BEGIN CERTIFICATE" in text)
    return None if text.startswith(MARK) else text or None


def _system_store() -> str:
    """What OpenSSL finds by itself: a folder of hashes, or the certificate store of Windows."""
    found = ssl.create_default_context().get_ca_certs(binary_form=True)
    return "\n".join(ssl.DER_cert_to_PEM_cert(certificate) for certificate in found)


def _load(folder: Path | None) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None:
    """The CA of an earlier run; None when there is none, or none that can still be used."""
    if folder is None:
        return None
    try:
        key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
        certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    except (OSError, ValueError, TypeError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    fits = key.public_key() == certificate.public_key()
    lasts = certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=RENEW_DAYS)
    return (key, certificate) if fits and lasts else None


def _generate(folder: Path | None) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(NAME), _name(NAME), key, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("digital_signature", "key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA256())
    )
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / "ca.key", _pem(key), 0o600)
        _replace(folder / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return key, certificate


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)  # the wall clock, not the world's: it is the client's clock that judges
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _names(host: str) -> Iterator[x509.GeneralName]:
    if host == "localhost":
        yield x509.IPAddress(ip_address("127.0.0.1"))
        yield x509.IPAddress(ip_address("::1"))
    try:
        yield x509.IPAddress(ip_address(host))
    except ValueError:
        yield x509.DNSName(host)


def _usage(*granted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{purpose: purpose in granted for purpose in PURPOSES})


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


@contextlib.contextmanager
def _on_disk(content: bytes) -> Iterator[str]:
    """A file for as long as OpenSSL reads it: the ssl module takes no key from memory."""
    descriptor, name = tempfile.mkstemp(suffix=".pem")  # mkstemp: readable by its owner only
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        yield name
    finally:
        os.unlink(name)


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Write a file as a whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
