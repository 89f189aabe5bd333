"""Contexts from git, from tars by URL and from artifacts, over real servers of their own."""

import io
import json
import tarfile
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import urllib3
from dulwich.objects import Blob, Commit, Tree
from dulwich.porcelain import branch_create, commit, tag_create
from dulwich.repo import Repo
from dulwich.server import DictBackend
from dulwich.web import make_wsgi_chain

from acrlab.agents.protocol import EngineFailed, Registries
from acrlab.agents.runner import sources
from acrlab.agents.runner.services import SourceFailed
from acrlab.domain.tasks.run import Source

TOKEN = "ghp_secret"


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = False
    block_on_close = True


class Silent(WSGIRequestHandler):
    def log_message(self, format, *arguments):
        pass


MODULES = {"outer": "../r.git", "lost": "../other.git", "loop": "../loop.git"}


def nested(folder, url, commit_of):
    """A repository that has another one in deps/r; that named loop is said to have itself."""
    with Repo.init(str(folder), mkdir=True) as repository:
        modules = Blob.from_string(f'[submodule "r"]\n\tpath = deps/r\n\turl = {url}\n'.encode())
        deps, tree = Tree(), Tree()
        deps.add(b"r", 0o160000, commit_of.encode())
        tree.add(b".gitmodules", 0o100644, modules.id)
        tree.add(b"deps", 0o040000, deps.id)
        for each in (modules, deps, tree):
            repository.object_store.add_object(each)
        made = Commit()
        made.tree, made.author, made.committer = tree.id, b"A <a@example.com>", b"A <a@example.com>"
        made.author_time = made.commit_time = made.author_timezone = made.commit_timezone = 0
        made.message = b"nested"
        repository.object_store.add_object(made)
        repository.refs[b"refs/heads/master"] = made.id
        return made.id.decode()


def packed():
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        member = tarfile.TarInfo("app/Dockerfile")
        member.size = 13
        tar.addfile(member, io.BytesIO(b"FROM scratch\n"))
    return data.getvalue()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    ids = {}
    with Repo.init(str(folder / "r"), mkdir=True) as repository:
        for name, text in (
            ("Dockerfile", "FROM scratch\n"),
            ("sub/Dockerfile", "FROM busybox\n"),
            ("run.sh", "#!/bin/sh\n"),
        ):
            (folder / "r" / name).parent.mkdir(exist_ok=True)
            (folder / "r" / name).write_text(text)
        (folder / "r/run.sh").chmod(0o755)
        (folder / "r/link").symlink_to("Dockerfile")
        repository.get_worktree().stage(["Dockerfile", "sub/Dockerfile", "run.sh", "link"])
        who = b"A <a@example.com>"
        ids["first"] = commit(repository, b"one", author=who, committer=who).decode()
        tag_create(repository, b"v1", message=b"v1", author=who, annotated=True)
        branch_create(repository, "old")
        (folder / "r/Dockerfile").write_text("FROM debian\n")
        repository.get_worktree().stage(["Dockerfile"])
        ids["second"] = commit(repository, b"two", author=who, committer=who).decode()
    ids |= {name: nested(folder / name, url, ids["first"]) for name, url in MODULES.items()}
    repositories = {f"/{name}.git": Repo(str(folder / name)) for name in ("r", *MODULES)}
    git = make_wsgi_chain(DictBackend(repositories))

    def app(environ, start_response):
        path = environ["PATH_INFO"]
        if path.startswith("/private"):
            environ["PATH_INFO"] = path.removeprefix("/private")
            import base64

            wanted = "Basic " + base64.b64encode(f"{TOKEN}:x-oauth-basic".encode()).decode()
            if environ.get("HTTP_AUTHORIZATION") != wanted:
                start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="x"')])
                return [b""]
        if path.endswith(".tar.gz"):
            start_response("200 OK", [("Content-Type", "application/gzip")])
            return [packed()]
        if path.startswith("/broken"):
            start_response("503 Service Unavailable", [])
            return [b"later"]
        if ".git" not in path or path.startswith("/other"):
            start_response("404 Not Found", [])
            return [b"nothing here"]
        return git(environ, start_response)

    server = make_server("127.0.0.1", 0, app, server_class=Server, handler_class=Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", ids
    server.shutdown()
    thread.join()
    server.server_close()
    for repository in repositories.values():
        repository.close()


@pytest.fixture
def fetch(tmp_path):
    pool = urllib3.PoolManager()

    def get(url, token="", commit="", registries=None):
        target = tmp_path / "target"
        return sources.fetch(Source(url=url, token=token, commit=commit), target, pool, registries), target

    yield get
    pool.clear()


def test_git(site, fetch):
    base, ids = site
    found, target = fetch(f"{base}/r.git")
    assert found == ids["second"]
    assert (target / "Dockerfile").read_text() == "FROM debian\n"
    assert (target / "run.sh").stat().st_mode & 0o111
    assert (target / "link").is_symlink()
    assert not (target / ".git").exists()


@pytest.mark.parametrize(
    "fragment, which, text",
    [
        ("#old", "first", "FROM scratch\n"),
        ("#v1", "first", "FROM scratch\n"),
        ("#master:sub", "second", "FROM busybox\n"),
        ("#:sub", "second", "FROM busybox\n"),
        ("#refs/heads/old", "first", "FROM scratch\n"),
        ("#{first}", "first", "FROM scratch\n"),
        ("#{first}:sub", "first", "FROM busybox\n"),
    ],
)
def test_branches_tags_commits_and_folders(site, fetch, fragment, which, text):
    base, ids = site
    found, target = fetch(f"{base}/r.git{fragment.format(**ids)}")
    assert (found, (target / "Dockerfile").read_text()) == (ids[which], text)


def test_submodules(site, fetch):
    base, ids = site
    found, target = fetch(f"{base}/outer.git")
    assert found == ids["outer"]
    assert (target / "deps/r/Dockerfile").read_text() == "FROM scratch\n"
    assert (target / "deps/r/sub/Dockerfile").read_text() == "FROM busybox\n"


@pytest.mark.parametrize("name", ["lost", "loop"])
def test_submodules_that_cannot_be_had(site, fetch, name):
    with pytest.raises(SourceFailed, match="error fetching"):
        fetch(f"{site[0]}/{name}.git")


def test_the_commit_of_a_trigger(site, fetch):
    base, ids = site
    assert fetch(f"{base}/r.git#master", commit=ids["first"])[0] == ids["first"]


@pytest.mark.parametrize(
    "path, words",
    [
        ("r.git#nosuch", "couldn't find remote ref nosuch"),
        ("r.git#master:nosuch", "error setting git context"),
        ("r.git#master:run.sh", "not a directory"),
        ("r.git#master:../..", "error setting git context"),
        ("other.git", "not found"),
        ("private/r.git", "Authentication failed"),
        ("broken.git", "unable to access"),
        (f"r.git#{'0' * 40}", "error fetching"),
        ("nosuch.zip", "failed to GET"),
        ("broken", "with status 503 Service Unavailable: later"),
    ],
)
def test_what_cannot_be_fetched(site, fetch, path, words):
    with pytest.raises(SourceFailed, match=words):
        fetch(f"{site[0]}/{path}")


@pytest.mark.parametrize(
    "url",
    ["git@127.0.0.1:a/b.git", "git://127.0.0.1:9/r.git", "https://:@/x.git", "http://[::1/x.git",
     "http://127.0.0.1:99999/x.git", "http://127.0.0.1:9/x.git#a:b:c", "http://a b/x.git", "oci://", "oci://x", "http://",
     "https://dev.azure.com/_git/", "http://127.0.0.1:9/\x00.git", "", "/etc/passwd", "file:///etc/passwd"],
)  # fmt: skip
def test_strange_addresses(fetch, url):
    with pytest.raises(SourceFailed):
        fetch(url, registries=Shelf({}, {}))


def test_nobody_there(fetch):
    with pytest.raises(SourceFailed, match="error fetching"):
        fetch("http://127.0.0.1:9/r.git")
    with pytest.raises(SourceFailed, match="unable to download remote context"):
        fetch("http://127.0.0.1:9/x.tar")


def test_with_a_token(site, fetch):
    base, ids = site
    assert fetch(f"{base}/private/r.git", token=TOKEN)[0] == ids["second"]


def test_a_tar(site, fetch):
    found, target = fetch(f"{site[0]}/x.tar.gz")
    assert (found, (target / "app/Dockerfile").read_text()) == ("", "FROM scratch\n")


class Shelf(Registries):
    """One artifact."""

    def __init__(self, manifest, blobs):
        self.raw, self.blobs = json.dumps(manifest).encode() if manifest is not None else b"[", blobs

    def manifest(self, reference):
        if reference != "r.azurecr.io/context:1":
            raise EngineFailed(f"{reference}: not found")
        return "application/vnd.oci.image.manifest.v1+json", self.raw

    def fetch(self, reference, digest, target):
        Path(target).write_bytes(self.blobs[digest])


def layer(digest, title=None, unpack=False):
    notes = {sources.TITLE: title} if title else {}
    return {"digest": digest, "annotations": notes | ({sources.UNPACK: "true"} if unpack else {})}


def test_an_artifact(fetch):
    manifest = {"layers": [layer("a", "conf/app.txt"), layer("b", "context", unpack=True), layer("c")]}
    shelf = Shelf(manifest, {"a": b"A", "b": packed(), "c": b"C"})
    _, target = fetch("oci://r.azurecr.io/context:1", registries=shelf)
    files = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert files == ["app/Dockerfile", "conf/app.txt"]


@pytest.mark.parametrize(
    "url, manifest, words",
    [
        ("oci://r.azurecr.io/context:2", {"layers": []}, "failed to pull artifact from registry: .*not found"),
        ("oci://r.azurecr.io/context:1", None, "invalid manifest"),
        ("oci://r.azurecr.io/context:1", {"layers": [3]}, "invalid manifest"),
        ("oci://r.azurecr.io/context:1", {"layers": [layer("a", "../../evil")]}, "invalid path"),
        ("oci://r.azurecr.io/context:1", {"layers": [layer("a", "x", unpack=True)]}, "failed to extract"),
    ],
)
def test_an_artifact_that_is_none(fetch, url, manifest, words):
    with pytest.raises(SourceFailed, match=words):
        fetch(url, registries=Shelf(manifest, {"a": b"A"}))
