"""The blob store in a folder: what it survives, and what it does not use up."""

import os
import signal
import stat
import tracemalloc
from pathlib import Path

import pytest

from acrlab.domain.errors import BlobUploadUnknown
from acrlab.domain.names import digest_of
from acrlab.engine.blobs import DigestMismatch
from acrlab.store import disk
from acrlab.store.directory import DirectoryBlobs
from acrlab.store.shelf import hash_file
from tests.store import children

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals, limits and modes")
MIB = 1024 * 1024


class TestCrashes:
    @posix
    def test_what_was_sealed_survives_sigkill(self, tmp_path: Path) -> None:
        promised: set[str] = set()
        for round in range(15):
            with children.start("store_forever", tmp_path, f"r{round}") as child:
                assert child.stdout is not None
                said = [child.stdout.readline() for _ in range(1 + 2 * round)]
                child.send_signal(signal.SIGKILL)
                said += child.stdout.read().split("\n")[:-1]
            promised |= {line.strip() for line in said}
        blobs = DirectoryBlobs(tmp_path)
        stored = list(blobs.digests())
        assert promised <= set(stored)
        assert len(promised) >= 200
        for digest in stored:  # also those nobody was told of
            assert hash_file(blobs.path(digest), "sha256") == digest
        for id, size, _ in list(blobs.uploads()):
            upload = blobs.resume(id)
            assert upload is not None
            assert upload.received == size
            upload.write(children.content(id)[size:])
            upload.seal(digest_of(children.content(id)))
        assert list(blobs.uploads()) == []
        blobs.close()

    @posix
    def test_a_full_disk_leaves_the_upload_as_it_was(self, tmp_path: Path) -> None:
        said = children.finish("receive_until_full", tmp_path, 50_000)
        assert said == ["OSError", "OSError", "1", "10000", "10000", "10000"]

    def test_the_bytes_are_on_the_disk_before_the_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # no crash that a test can cause shows a missing fsync, so the calls are watched
        blobs = DirectoryBlobs(tmp_path)
        blobs.put(b"makes the first folder")
        done: list[str] = []

        def watch(module: object, name: str) -> None:
            real = getattr(module, name)

            def watched(*arguments: object) -> object:
                done.append(name)
                return real(*arguments)

            monkeypatch.setattr(module, name, watched)

        watch(disk, "sync_file")
        watch(disk, "sync_folder")
        watch(os, "replace")
        digest = blobs.put(b"content")
        new_folder = ["sync_folder"]  # the name of ed/ within sha256/
        assert done == ["sync_file", *new_folder, "replace", "sync_folder"]
        done.clear()
        assert blobs.put(b"content") == digest  # the other thread may not be done with the folder
        assert done == ["sync_folder"]
        done.clear()
        temporary = DirectoryBlobs(tmp_path / "temporary", sync=False)
        temporary.put(b"content")
        assert done == ["replace"]
        temporary.close()
        blobs.close()


class TestIntegrity:
    def test_a_file_that_another_wrote_to_is_read_again(self, tmp_path: Path) -> None:
        one, other = DirectoryBlobs(tmp_path), DirectoryBlobs(tmp_path)
        first = one.begin("u")
        first.write(b"mine ")
        second = other.resume("u")
        assert second is not None
        second.write(b"yours ")
        first.write(b"mine")
        with pytest.raises(DigestMismatch) as caught:
            first.seal(digest_of(b"mine mine"))
        assert caught.value.actual == digest_of(b"mine yours mine")
        assert first.received == 15
        first.seal(digest_of(b"mine yours mine"))
        one.close()
        other.close()

    def test_stored_content_that_was_cut_short_is_replaced(self, tmp_path: Path) -> None:
        blobs = DirectoryBlobs(tmp_path)
        digest = blobs.put(b"content")
        os.truncate(blobs.path(digest), 3)
        assert blobs.put(b"content") == digest
        assert blobs.read(digest) == b"content"
        blobs.close()

    def test_what_file_browsers_leave_behind_is_no_content(self, tmp_path: Path) -> None:
        blobs = DirectoryBlobs(tmp_path)
        digest = blobs.put(b"content")
        place = Path(blobs.path(digest))
        for folder in (tmp_path / "uploads", place.parent, place.parent.parent):
            (folder / ".DS_Store").write_bytes(b"x")
        assert list(blobs.digests()) == [digest]
        assert list(blobs.uploads()) == []
        blobs.close()

    def test_the_layout(self, tmp_path: Path) -> None:
        blobs = DirectoryBlobs(tmp_path)
        blobs.begin("u")
        algorithm, _, encoded = blobs.put(b"x").partition(":")
        files = {each.relative_to(tmp_path).as_posix() for each in tmp_path.rglob("*") if each.is_file()}
        assert files == {f"blobs/{algorithm}/{encoded[:2]}/{encoded}", "uploads/u"}
        blobs.close()

    @posix
    def test_nobody_else_may_read_it(self, tmp_path: Path) -> None:
        blobs = DirectoryBlobs(tmp_path / "data")
        blobs.put(b"x")
        blobs.begin("u")
        for each in (tmp_path / "data").rglob("*"):
            assert stat.S_IMODE(each.stat().st_mode) == (0o700 if each.is_dir() else 0o600)
        blobs.close()


class TestFrugality:
    @posix
    def test_files_are_few_however_many_the_uploads(self, tmp_path: Path) -> None:
        said = children.finish("receive_many", tmp_path, 400, 64)
        assert len(set(said)) == 400
        blobs = DirectoryBlobs(tmp_path)
        assert set(blobs.digests()) == set(said)
        blobs.close()

    @pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
    def test_memory_stays_flat(self, tmp_path: Path, algorithm: str) -> None:
        chunk = memoryview(bytes(range(256)) * 4096)
        digest = digest_of(bytes(chunk) * 64, algorithm)
        blobs = DirectoryBlobs(tmp_path, sync=False)
        tracemalloc.start()
        try:
            upload = blobs.begin("u")
            for _ in range(64):
                upload.write(chunk)
            upload.seal(digest)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert blobs.size(digest) == 64 * MIB
        assert peak < 3 * MIB
        blobs.close()

    def test_a_cancelled_upload_closes_its_file_when_its_thread_is_done(self, tmp_path: Path) -> None:
        blobs = DirectoryBlobs(tmp_path, sync=False)
        upload = blobs.begin("u")
        upload.write(b"x")
        with upload._lock:  # as while a chunk is written
            assert blobs.cancel("u") is True
        with pytest.raises(BlobUploadUnknown):
            upload.write(b"y")
        assert upload._descriptor == -1
        assert list(blobs.uploads()) == []
        blobs.close()

    def test_finished_uploads_are_forgotten(self, tmp_path: Path) -> None:
        blobs = DirectoryBlobs(tmp_path, sync=False)
        for number in range(5):
            blobs.begin(f"sealed{number}").seal(digest_of(b""))
            blobs.begin(f"cancelled{number}")
            blobs.cancel(f"cancelled{number}")
            blobs.put(b"%d" % number)
        assert blobs._uploads == {}
        assert not blobs._files._open
        blobs.close()
