"""One suite for every blob store."""

import hashlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acrlab.domain.errors import BlobUnknown, BlobUploadUnknown, DigestInvalid, DigestUnsupported
from acrlab.domain.names import digest_of
from acrlab.engine.blobs import BlobStore, DigestMismatch
from acrlab.store.directory import DirectoryBlobs

DATA = b"layer " * 50_000
EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def under_way(blobs: BlobStore) -> list[tuple[str, int]]:
    return [(id, size) for id, size, _ in blobs.uploads()]


class BlobStoreSuite:
    """What any blob store does."""

    def make(self, folder: Path) -> BlobStore:
        raise NotImplementedError

    @pytest.fixture
    def blobs(self, tmp_path: Path) -> Iterator[BlobStore]:
        blobs = self.make(tmp_path)
        yield blobs
        blobs.close()

    def test_receives_seals_and_serves(self, blobs: BlobStore) -> None:
        upload = blobs.begin("u1")
        assert (upload.id, upload.received) == ("u1", 0)
        for at in range(0, len(DATA), 70_001):
            upload.write(memoryview(DATA)[at : at + 70_001])
        assert upload.received == len(DATA)
        digest = digest_of(DATA)
        assert blobs.size(digest) is None
        upload.seal(digest)
        assert blobs.size(digest) == len(DATA)
        assert blobs.read(digest) == Path(blobs.path(digest)).read_bytes() == DATA
        assert list(blobs.digests()) == [digest]
        assert under_way(blobs) == []
        assert blobs.resume("u1") is None

    def test_nothing_is_content_too(self, blobs: BlobStore) -> None:
        blobs.begin("u").seal(EMPTY)
        assert (blobs.size(EMPTY), blobs.read(EMPTY)) == (0, b"")

    def test_reads_ranges(self, blobs: BlobStore) -> None:
        digest = blobs.put(b"0123456789")
        assert blobs.read(digest, 3) == b"3456789"
        assert blobs.read(digest, 3, 4) == b"3456"
        assert blobs.read(digest, 8, 100) == b"89"
        assert blobs.read(digest, 10, 1) == blobs.read(digest, 99) == blobs.read(digest, 0, 0) == b""

    def test_a_wrong_digest_keeps_the_upload(self, blobs: BlobStore) -> None:
        upload = blobs.begin("u")
        upload.write(b"half ")
        announced = digest_of(b"half and half")
        with pytest.raises(DigestMismatch) as caught:
            upload.seal(announced)
        assert (caught.value.expected, caught.value.actual) == (announced, digest_of(b"half "))
        assert isinstance(caught.value, DigestInvalid)
        assert digest_of(b"half ") in caught.value.text
        assert under_way(blobs) == [("u", 5)]
        assert list(blobs.digests()) == []
        upload.write(b"and half")
        upload.seal(announced)
        assert blobs.read(announced) == b"half and half"

    @pytest.mark.parametrize("encoded", ["0" * 64, "../../../../etc/passwd", "", "0" * 63 + "/"])
    def test_knows_two_algorithms(self, blobs: BlobStore, encoded: str) -> None:
        upload = blobs.begin("u")
        with pytest.raises((DigestUnsupported, DigestInvalid)):
            upload.seal(f"md5:{encoded}")
        with pytest.raises(DigestUnsupported):
            upload.seal("sha384:" + "0" * 96)
        assert under_way(blobs) == [("u", 0)]

    def test_sha512(self, blobs: BlobStore) -> None:
        digest = digest_of(DATA, "sha512")
        assert digest == "sha512:" + hashlib.sha512(DATA).hexdigest()
        upload = blobs.begin("u")
        upload.write(DATA)
        with pytest.raises(DigestMismatch) as caught:
            upload.seal("sha512:" + "0" * 128)
        assert caught.value.actual == digest
        upload.seal(digest)
        assert blobs.read(digest) == DATA
        assert blobs.size(digest_of(DATA)) is None
        assert list(blobs.digests()) == [digest]

    @pytest.mark.parametrize(
        "digest", ["", "sha256:", "sha256:../x", "sha256:" + "A" * 64, "sha256:" + "0" * 63, "../x"]
    )
    def test_no_digest_leads_astray(self, blobs: BlobStore, digest: str) -> None:
        for attempt in (blobs.path, blobs.size, blobs.read, blobs.delete, blobs.begin("u").seal):
            with pytest.raises(DigestInvalid):
                attempt(digest)

    @pytest.mark.parametrize("id", ["", ".", "..", "../u", "a/b", "a\\b", "/etc", "a\0b", "x" * 129])
    def test_no_id_leads_astray(self, blobs: BlobStore, id: str) -> None:
        with pytest.raises(ValueError, match="no name for an upload"):
            blobs.begin(id)
        assert blobs.resume(id) is None
        assert blobs.cancel(id) is False

    def test_an_id_is_used_once(self, blobs: BlobStore) -> None:
        blobs.begin("u").write(b"mine")
        with pytest.raises(ValueError, match="already"):
            blobs.begin("u")
        assert under_way(blobs) == [("u", 4)]

    def test_sealing_again_is_a_success(self, blobs: BlobStore) -> None:
        upload = blobs.begin("u")
        upload.write(DATA)
        upload.seal(digest_of(DATA))
        upload.seal(digest_of(DATA))
        with pytest.raises(DigestMismatch):
            upload.seal(EMPTY)
        with pytest.raises(BlobUploadUnknown):
            upload.write(b"more")
        assert blobs.read(digest_of(DATA)) == DATA

    def test_the_same_content_is_stored_once(self, blobs: BlobStore) -> None:
        for id in ("first", "second"):
            upload = blobs.begin(id)
            upload.write(DATA)
            upload.seal(digest_of(DATA))
        assert list(blobs.digests()) == [digest_of(DATA)]
        assert under_way(blobs) == []
        assert blobs.put(DATA) == digest_of(DATA)
        assert under_way(blobs) == []

    def test_resumes(self, blobs: BlobStore) -> None:
        upload = blobs.begin("u")
        upload.write(DATA[:1000])
        upload.close()
        upload.close()
        again = blobs.resume("u")
        assert again is not None
        assert (again.id, again.received) == ("u", 1000)
        again.write(DATA[1000:])
        again.seal(digest_of(DATA))
        assert blobs.read(digest_of(DATA)) == DATA
        assert blobs.resume("unheard-of") is None

    @pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
    def test_resumes_after_a_restart(self, tmp_path: Path, algorithm: str) -> None:
        blobs = self.make(tmp_path)
        blobs.begin("u").write(DATA[:100_000])
        blobs.begin("empty")
        blobs.close()
        blobs = self.make(tmp_path)
        assert under_way(blobs) == [("empty", 0), ("u", 100_000)]
        upload = blobs.resume("u")
        assert upload is not None
        assert upload.received == 100_000
        upload.write(DATA[100_000:])
        with pytest.raises(DigestMismatch):
            upload.seal(EMPTY)
        upload.seal(digest_of(DATA, algorithm))
        assert blobs.read(digest_of(DATA, algorithm)) == DATA
        blobs.close()

    def test_cancels(self, blobs: BlobStore) -> None:
        upload = blobs.begin("u")
        upload.write(b"x")
        assert blobs.cancel("u") is True
        assert blobs.cancel("u") is False
        assert under_way(blobs) == []
        assert blobs.resume("u") is None
        with pytest.raises(BlobUploadUnknown):
            upload.write(b"y")
        with pytest.raises(BlobUploadUnknown):
            upload.seal(digest_of(b"x"))
        assert list(blobs.digests()) == []
        blobs.begin("u").write(b"anew")
        assert under_way(blobs) == [("u", 4)]

    def test_cancels_what_is_from_before_a_restart(self, tmp_path: Path) -> None:
        blobs = self.make(tmp_path)
        blobs.begin("u").write(b"x")
        blobs.close()
        blobs = self.make(tmp_path)
        assert blobs.cancel("u") is True
        assert blobs.cancel("u") is False
        blobs.close()

    def test_cancels_while_bytes_arrive(self, blobs: BlobStore) -> None:
        upload = blobs.begin("u")
        arriving, ended = threading.Event(), threading.Event()

        def receive() -> None:
            with pytest.raises(BlobUploadUnknown):
                while True:
                    upload.write(DATA)
                    arriving.set()
            ended.set()

        threading.Thread(target=receive).start()
        assert arriving.wait(60)
        assert blobs.cancel("u") is True
        assert ended.wait(60)
        assert under_way(blobs) == []

    def test_deletes(self, blobs: BlobStore) -> None:
        digest = blobs.put(b"x")
        assert blobs.delete(digest) is True
        assert blobs.delete(digest) is False
        assert blobs.size(digest) is None
        with pytest.raises(BlobUnknown):
            blobs.read(digest)
        assert list(blobs.digests()) == []
        assert blobs.put(b"x") == digest
        assert blobs.read(digest) == b"x"

    def test_lists_everything_sorted(self, blobs: BlobStore) -> None:
        digests = sorted(blobs.put(b"%d" % number) for number in range(300))
        assert list(blobs.digests()) == digests

    def test_uploads_know_when_they_last_changed(self, blobs: BlobStore) -> None:
        blobs.begin("before")
        upload = blobs.begin("u")
        upload.write(b"x")
        ((_, _, before), (_, _, changed)) = blobs.uploads()
        assert changed >= before > 1_700_000_000

    def test_many_threads_at_once(self, blobs: BlobStore) -> None:
        def work(name: int) -> None:
            uploads = [blobs.begin(f"{name}-{number}") for number in range(10)]
            for part in range(5):
                for upload in uploads:
                    upload.write(f"{upload.id}/{part} ".encode() * 1000)
            for number, upload in enumerate(uploads):
                contents[name * 10 + number] = b"".join(f"{upload.id}/{part} ".encode() * 1000 for part in range(5))
                upload.seal(digest_of(contents[name * 10 + number]))
                blobs.put(b"the same for all")

        contents = [b""] * 80
        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = {digest_of(data): data for data in [*contents, b"the same for all"]}
        assert len(expected) == 81
        assert {digest: blobs.read(digest) for digest in blobs.digests()} == expected
        assert under_way(blobs) == []

    def test_two_stores_share_the_content(self, tmp_path: Path) -> None:
        one, other = self.make(tmp_path), self.make(tmp_path)
        digest = one.put(b"shared")
        assert other.read(digest) == b"shared"
        upload = other.begin("u")
        upload.write(b"shared")
        upload.seal(digest)
        assert one.delete(digest) is True
        assert other.size(digest) is None
        one.close()
        other.close()


class TestSynced(BlobStoreSuite):
    def make(self, folder: Path) -> BlobStore:
        return DirectoryBlobs(folder)


class TestTemporary(BlobStoreSuite):
    def make(self, folder: Path) -> BlobStore:
        return DirectoryBlobs(folder, sync=False)


class TestFewFiles(BlobStoreSuite):
    """Every file is closed again as soon as another is written to."""

    def make(self, folder: Path) -> BlobStore:
        return DirectoryBlobs(folder, sync=False, open_files=1)


CHUNKS = st.lists(st.tuples(st.binary(max_size=40), st.sampled_from(["", "close", "reopen"])))


@given(CHUNKS)
@settings(deadline=None)
def test_however_the_bytes_come(chunks: list[tuple[bytes, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        blobs = DirectoryBlobs(folder, sync=False)
        upload = blobs.begin("u")
        for chunk, then in chunks:
            upload.write(chunk)
            if then:
                upload.close()
            if then == "reopen":
                blobs.close()
                blobs = DirectoryBlobs(folder, sync=False)
                resumed = blobs.resume("u")
                assert resumed is not None
                upload = resumed
        data = b"".join(chunk for chunk, _ in chunks)
        assert upload.received == len(data)
        upload.seal(digest_of(data))
        assert blobs.read(digest_of(data)) == data
        blobs.close()
