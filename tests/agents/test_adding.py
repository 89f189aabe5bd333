"""ADD from elsewhere: over the emulator's own doors, which say who answers, and over a server of the test's own."""

import hashlib
import io
import subprocess
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from acrlab import Emulator
from acrlab.agents.runner.download import download
from acrlab.agents.runner.services import SourceFailed
from acrlab.agents.services import RunServices
from acrlab.domain import hosting
from acrlab.engine.hosting import repositories
from tests.agents.workshop import Workshop

DIGEST = f"sha256:{hashlib.sha256(b'content').hexdigest()}"
MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT"
REPOSITORY = "https://github.com/contoso/adding.git"


def packed_tar(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return data.getvalue()


class Site(BaseHTTPRequestHandler):
    """What a server may say to a GET."""

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/moved":
            return self.answer(302, b"elsewhere", Location="/a/file.txt")
        if path == "/round":
            return self.answer(302, b"", Location="/round")
        if path.startswith("/to/"):
            return self.answer(302, b"", Location=f"http://127.0.0.1:{path.removeprefix('/to/')}")
        if path == "/away":
            return self.answer(302, b"", Location="https://mcr.microsoft.com/file")
        if path.startswith("/missing"):
            return self.answer(404, b"nothing here\n")
        if path == "/huge":
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 50))
            self.end_headers()
            return None
        if path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"x")
            return None
        if path.endswith(".tar.gz"):
            return self.answer(200, packed_tar({"in/side": b"x"}))
        if path == "/named/":
            return self.answer(200, b"content", Content_Disposition='attachment; filename="../given.txt"')
        return self.answer(200, b"content", Last_Modified=MODIFIED)

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def sealed():
    with Emulator(sealed=True, engine="none") as emulator:
        yield emulator


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """An open one: its runs may ask the server of this test."""
    source = tmp_path_factory.mktemp("repository")
    (source / "sub").mkdir()
    (source / "top").write_text("top")
    (source / "sub" / "file").write_text("file")
    emulator = Emulator(engine="none")
    with emulator.world.lock:  # before it starts: what it loads then, and what this loads, would be parsed side by side
        repositories.create(emulator.world, hosting.address(REPOSITORY), "tester", folder=str(source))
    with emulator.start():
        yield emulator


@pytest.fixture
def services(emulator):
    services = RunServices(emulator.world, "no run", None, emulator._network, lambda line: None)
    yield services
    services.close()


@pytest.fixture
def shop(tmp_path):
    shop = Workshop(tmp_path, "none")
    yield shop
    shop.agent.close()


@pytest.mark.parametrize("kit", [False, True])
def test_a_file_with_the_time_its_server_gives_it(shop, services, site, tmp_path, kit):
    text = (
        f"FROM scratch\nARG WHERE={site}/a\nADD $WHERE/file.txt /in/\nADD --chown=7:8 {site}/moved?x=y /renamed\n"
        f"ADD {site}/x.tar.gz {site}/a/b%20c /kept/\nADD {site}/named /n/\n"
    )
    shop.build(text, remote=services, buildkit=kit)
    tree = shop.unpacked(tmp_path / "out")
    found = tree.root / "in/file.txt"
    assert (found.read_text(), oct(found.stat().st_mode), found.stat().st_mtime) == ("content", "0o100600", 1445412480)
    assert ((tree.root / "renamed").read_text(), tree.owner("renamed")) == ("content", (7, 8))
    assert (tree.root / "kept/x.tar.gz").stat().st_mtime == 0
    assert (tree.root / "kept/b c").exists()


def test_the_name_where_the_address_has_none(shop, services, site, tmp_path):
    """The legacy builder asks the server; BuildKit takes the last folder's."""
    shop.build(f"FROM scratch\nADD {site}/named/ /old/\n", remote=services)
    assert (shop.unpacked(tmp_path / "old").root / "old/given.txt").exists()
    shop.build(f"FROM scratch\nADD {site}/named/ /new/\nADD {site} /\n", remote=services, buildkit=True)
    root = shop.unpacked(tmp_path / "new").root
    assert (root / "new/named").exists()
    assert (root / "__unnamed__").exists()


@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        ("{site}/missing /", "ADD failed: failed to GET {site}/missing with status 404 Not Found: nothing here",
         "failed to load cache key: invalid response status 404"),
        ("{site} /d/", "ADD failed: cannot determine filename for source {site}", ""),
        ("{site}/round /d/", 'ADD failed: Get "{site}/round": stopped after 10 redirects',
         'failed to load cache key: Get "{site}/round": stopped after 10 redirects'),
        ("{site}/away /d/", "failed to GET {site}/away with status 501", "invalid response status 501"),
        ("{site}/huge /d/", "larger than the", "larger than the"),
        ("{site}/short /d/", "IncompleteRead", "IncompleteRead"),
        ("http://127.0.0.1:9/x /d/", "127.0.0.1 could not be reached", "failed to load cache key"),
        ("http://[::1/x /d/", "ADD failed", "failed to load cache key"),
        ("http:///x /d/", "ADD failed", "failed to load cache key"),
        ("--checksum=sha256:12 {site}/a /", "requires BuildKit. Refer to", "invalid checksum digest length"),
        ("--checksum=md5:12 {site}/a /", "the --checksum option", "unsupported digest algorithm"),
        ("--checksum=none {site}/a /", "the --checksum option", "invalid checksum digest format"),
        ("--checksum=" + DIGEST + " {site}/a {site}/b /d/", "the --checksum option",
         "checksum can't be specified for multiple sources"),
        ("--checksum=" + DIGEST + " Dockerfile /", "the --checksum option", "checksum requires HTTP(S) sources"),
        ("--checksum=sha256:" + "0" * 64 + " {site}/a /", "the --checksum option",
         f"digest mismatch {DIGEST}: sha256:{'0' * 64}"),
        ("git@github.com:contoso/adding.git#nosuch /r", "ADD failed: file not found in build context",
         "failed to fetch remote git@github.com:contoso/adding.git"),
        ("--keep-git-dir=perhaps https://github.com/contoso/adding.git /r", "expecting boolean value for flag",
         "expecting boolean value for flag keep-git-dir, not: perhaps"),
        ("https://github.com/contoso/nosuch.git /r", "failed to GET", "failed to fetch remote"),
    ],
)  # fmt: skip
def test_what_cannot_be_added(shop, services, site, line, old, new):
    text = f"FROM scratch\nADD {line.format(site=site)}\n"
    assert old.format(site=site) in shop.fails(text, remote=services)
    if new:
        assert new.format(site=site) in shop.fails(text, remote=services, buildkit=True)


@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        ("https://elsewhere.example/x /d/",
         'Get "https://elsewhere.example/x": acrlab is sealed, so elsewhere.example was not contacted',
         "acrlab is sealed, so elsewhere.example was not contacted"),
        ("http://elsewhere.example/x /d/", "acrlab is sealed, so elsewhere.example was not contacted. `acrlab up`",
         "failed to load cache key: Get \"http://elsewhere.example/x\": acrlab is sealed"),
        ("https://elsewhere.example/r.git /r", "acrlab is sealed", "acrlab is sealed"),
        ("{site}/a /d/", "acrlab is sealed, so 127.0.0.1 was not contacted", "so 127.0.0.1 was not contacted"),
        ("http://localhost:{port}/a /d/", "acrlab is sealed, so localhost was not contacted",
         "so localhost was not contacted"),
        ("https://127.0.0.1:{port}/a /d/", "acrlab is sealed, so 127.0.0.1 was not contacted",
         "so 127.0.0.1 was not contacted"),
        ("http://[::1]:{port}/a /d/", "acrlab is sealed, so ::1 was not contacted", "so ::1 was not contacted"),
        ("http://127.1:{port}/a /d/", "acrlab is sealed, so 127.1 was not contacted", "so 127.1 was not contacted"),
        ("http://a.localhost:{port}/r.git /d/", "so a.localhost was not contacted", "http resp 403"),
    ],
)  # fmt: skip
def test_a_sealed_run_reaches_neither_others_nor_this_machine(shop, sealed, site, line, old, new):
    services = RunServices(sealed.world, "no run", None, sealed._network, lambda line: None)
    text = f"FROM scratch\nADD {line.format(site=site, port=site.rpartition(':')[2])}\n"
    assert old in shop.fails(text, remote=services)
    assert new in shop.fails(text, remote=services, buildkit=True)
    services.close()


def test_without_a_way_out(shop, site):
    assert "nothing outside is reached from here" in shop.fails(f"FROM scratch\nADD {site}/a /\n")


def test_a_checksum_that_fits(shop, services, site, tmp_path):
    shop.build(f"FROM scratch\nADD --checksum={DIGEST} {site}/a /\n", remote=services, buildkit=True)
    assert (shop.unpacked(tmp_path / "out").root / "a").read_text() == "content"


def test_unpack_says_whether_an_archive_is_unpacked(shop, services, site, tmp_path):
    (shop.context / "own.tar.gz").write_bytes(packed_tar({"own": b"x"}))
    text = f"FROM scratch\nADD --unpack=true {site}/x.tar.gz /u/\n"
    text += "ADD --unpack=false own.tar.gz /k/\nADD own.tar.gz /o/\n"
    shop.build(text, remote=services, buildkit=True)
    root = shop.unpacked(tmp_path / "out").root
    assert [(root / path).exists() for path in ("u/in/side", "k/own.tar.gz", "o/own")] == [True, True, True]


def test_an_emulated_host_answers(shop, services, tmp_path):
    address = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"
    shop.build(f"FROM scratch\nADD {address} /known.json\n", remote=services)
    assert "login.microsoftonline.com" in (shop.unpacked(tmp_path / "out").root / "known.json").read_text()


def test_a_repository(shop, services, tmp_path):
    text = f"FROM scratch\nADD {REPOSITORY} /all\nADD {REPOSITORY}#main:sub /sub/\nADD --chown=5 {REPOSITORY} /own/\n"
    shop.build(text, remote=services, buildkit=True)
    tree = shop.unpacked(tmp_path / "out")
    found = sorted(path.relative_to(tree.root).as_posix() for path in tree.root.rglob("*") if path.is_file())
    assert found == ["all/sub/file", "all/top", "own/sub/file", "own/top", "sub/file"]
    assert tree.owner("own/top") == (5, 5)


def test_a_repository_with_its_git(shop, services, tmp_path):
    """Real git finds nothing to complain of."""
    shop.build(f"FROM scratch\nADD --keep-git-dir=true {REPOSITORY}#main /r\n", remote=services, buildkit=True)
    folder = shop.unpacked(tmp_path / "out").root / "r"

    def git(*words):
        command = ["git", "-c", "safe.directory=*", "-C", str(folder), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert git("status", "--porcelain") == ""
    assert git("remote", "get-url", "origin") == REPOSITORY
    assert git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"


def test_a_download_ends_with_its_limit_and_with_its_run(emulator, site, tmp_path):
    pool = emulator._network()
    with pytest.raises(SourceFailed, match="larger than the 3 bytes"):
        download(f"{site}/a", tmp_path / "file", pool, most=3)
    with pytest.raises(SourceFailed, match="context canceled"):
        download(f"{site}/a", tmp_path / "file", pool, stopped=lambda: True)
    pool.clear()


@pytest.mark.parametrize(
    "path",
    ["_acrlab/status", "_acrlab/events", "msi/token?api-version=2019-08-01&resource=https://vault.azure.net",
     "metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net"],
)  # fmt: skip
def test_the_emulators_own_doors_give_nothing_to_a_dockerfile(shop, services, site, emulator, path):
    port = emulator.doors.ports["http"]
    places = [f"http://127.0.0.1:{port}/{path}", f"{site}/to/{port}/{path}"]
    if "token" in path:
        places.append(f"http://169.254.169.254/{path}")
    for place in places:
        assert "with status 40" in shop.fails(f"FROM scratch\nADD {place} /d/\n", remote=services), place
