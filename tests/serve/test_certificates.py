"""Certificates that strict clients accept, and a bundle that leaves other tools working."""

import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import certifi
import pytest

from acrlab.serve.certificates import MARK, MOST_HOSTS, Authority, existing_bundle
from acrlab.serve.server import Doors
from tests.serve.toy import ToyApp

HOSTS = [
    "management.azure.com",
    "myregistry.azurecr.io",
    "myregistry.eastus.data.azurecr.io",
    "a_b.example",
    "localhost",
    "a" * 60 + "." + "b" * 60 + ".azurecr.io",
]


def client(ca: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13
    return context


def certificate(port: int, context: ssl.SSLContext, host: str | None) -> ssl.SSLSocket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=20)
    return context.wrap_socket(sock, server_hostname=host)


@pytest.mark.parametrize("host", HOSTS)
def test_a_strict_client_accepts_every_host(doors: Doors, ca: Path, host: str) -> None:
    with certificate(doors.ports["tls"], client(ca), host) as connection:
        assert connection.version() in ("TLSv1.2", "TLSv1.3")
        names = connection.getpeercert()["subjectAltName"]  # type: ignore[index]
        assert ("DNS", host) in names


def test_loopback_by_address(doors: Doors, ca: Path) -> None:
    with certificate(doors.ports["tls"], client(ca), "127.0.0.1"):
        pass


def test_only_http_1_1_is_offered(doors: Doors, ca: Path) -> None:
    context = client(ca)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with certificate(doors.ports["tls"], context, HOSTS[0]) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"


def test_old_tls_is_refused(doors: Doors, ca: Path) -> None:
    context = client(ca)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        certificate(doors.ports["tls"], context, HOSTS[0])


@pytest.mark.parametrize("name", ["a b", "*", "..", "a..b", "-" * 300, "x/../../y", "a\tb", ""])
def test_names_that_are_no_hosts_get_the_default_certificate(authority: Authority, name: str) -> None:
    class Connection:
        context = None

    authority._named(Connection(), name, None)  # type: ignore[arg-type]
    assert Connection.context is None


def test_contexts_are_bounded_and_reused() -> None:
    authority = Authority()
    first = authority._context_for("0.example")
    assert authority._context_for("0.example") is first
    for number in range(MOST_HOSTS):
        authority._context_for(f"{number + 1}.example")
    assert len(authority._contexts) == MOST_HOSTS
    assert authority._context_for("0.example") is not first


def test_the_ca_is_kept_in_its_folder(tmp_path: Path) -> None:
    first = Authority(tmp_path / "ca")
    assert Authority(tmp_path / "ca").certificate_pem == first.certificate_pem
    if os.name == "posix":
        assert (tmp_path / "ca" / "ca.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", ["ca.key", "ca.pem", "other key", "gone"])
def test_a_damaged_ca_is_made_anew(tmp_path: Path, damage: str) -> None:
    first = Authority(tmp_path)
    if damage == "other key":
        Authority(tmp_path / "other")
        os.replace(tmp_path / "other" / "ca.key", tmp_path / "ca.key")
    elif damage == "gone":
        (tmp_path / "ca.key").unlink()
    else:
        (tmp_path / damage).write_text("nonsense")
    second = Authority(tmp_path)
    assert second.certificate_pem != first.certificate_pem
    assert Authority(tmp_path).certificate_pem == second.certificate_pem


def test_no_key_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Authority().server_context()
    assert list(tmp_path.iterdir()) == []


def test_the_bundle_keeps_what_was_trusted(authority: Authority, tmp_path: Path) -> None:
    corporate = Authority(tmp_path / "corporate").certificate_pem.decode()
    theirs = tmp_path / "theirs.pem"
    theirs.write_text(corporate)
    bundle = tmp_path / "bundle.pem"
    environ = {"REQUESTS_CA_BUNDLE": str(theirs)}
    text = authority.write_bundle(bundle, environ).read_text()
    assert text.startswith(MARK) and authority.certificate_pem.decode() in text
    assert corporate in text and text.count("BEGIN CERTIFICATE") == 2
    assert ssl.create_default_context(cafile=bundle).cert_store_stats()["x509_ca"] == 2


@pytest.mark.parametrize("kind", ["own", "nested", "missing", "empty"])
def test_a_bundle_of_ours_is_not_taken_for_theirs(authority: Authority, tmp_path: Path, kind: str) -> None:
    bundle = tmp_path / "bundle.pem"
    other = tmp_path / "other.pem"
    Authority().write_bundle(other, {})
    bundle.write_text("-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----")
    (tmp_path / "empty").touch()
    names = {"own": bundle, "nested": other, "missing": tmp_path / "no", "empty": tmp_path / "empty"}
    found = existing_bundle({"SSL_CERT_FILE": str(names[kind])}, bundle)
    assert found == Path(certifi.where()).read_text("utf-8")


def test_a_folder_of_certificates_is_a_bundle(tmp_path: Path) -> None:
    for name in ("a.pem", "b.pem"):
        (tmp_path / name).write_bytes(Authority().certificate_pem)
    (tmp_path / "readme").write_text("none")
    text = existing_bundle({"REQUESTS_CA_BUNDLE": str(tmp_path)}, tmp_path / "x")
    assert text.count("BEGIN CERTIFICATE") == 2


def test_openssl_finds_nothing_wrong(authority: Authority, tmp_path: Path) -> None:
    """The strictest reading of RFC 5280 this interpreter's OpenSSL has, in a fresh process."""
    (tmp_path / "ca.pem").write_bytes(authority.certificate_pem)
    (tmp_path / "leaf.pem").write_bytes(authority._leaf("x.azurecr.io").public_bytes(_pem_encoding()))
    run = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname"]
    try:
        result = subprocess.run(
            [*run, "x.azurecr.io", "-CAfile", str(tmp_path / "ca.pem"), str(tmp_path / "leaf.pem")],
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip(f"no openssl on this {sys.platform}")
    assert result.returncode == 0, result.stderr


def _pem_encoding() -> object:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.PEM


def test_a_client_that_hangs_up_in_the_handshake_harms_nobody(doors: Doors, ca: Path, app: ToyApp) -> None:
    for data in (b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n", os.urandom(500)):
        with socket.create_connection(("127.0.0.1", doors.ports["tls"])) as sock:
            sock.sendall(data)
    with certificate(doors.ports["tls"], client(ca), HOSTS[0]):
        pass
