"""State is a fold of the journal: replay, snapshots, forks and the clock, over random histories."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from acrlab.domain import events
from acrlab.domain.content import OCI_MANIFEST
from acrlab.domain.errors import Condition, JournalUnavailable
from acrlab.engine import collection, manifests, repositories, uploads
from acrlab.engine.clock import AutojumpClock
from acrlab.engine.journal import JournalFailed
from acrlab.engine.world import GENESIS, World
from acrlab.store.memory import MemoryJournal
from tests.engine.conftest import START, image, make_world, open_registry, plain, push_blob, push_image

NAMES = st.sampled_from(["a", "team/app", "team/web"])
TAGS = st.sampled_from(["v1", "v2", "latest"])


class Histories(RuleBasedStateMachine):
    """Anything learners may do, in any order; some of it refused."""

    digests = Bundle("digests")
    snapshots = Bundle("snapshots")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.world = make_world(self.folder)
        self.remembered: dict[str, object] = {}
        open_registry(self.world)
        self.world.journal.mark(GENESIS)

    @property
    def registry(self):
        return self.world.state.registries["contoso"]

    def attempt(self, action, *arguments, **options):
        before, version = plain(self.world.state), self.world.version
        try:
            return action(*arguments, **options)
        except Condition:
            assert plain(self.world.state) == before, "a refused request left a trace"
            assert self.world.version == version

    @rule(target=digests, name=NAMES, tag=TAGS, content=st.binary(min_size=1, max_size=3))
    def push(self, name, tag, content):
        if not self._writable(name):
            return "sha256:" + "0" * 64
        config = push_blob(self.world, self.registry, name, b"{}")
        raw = image(config, push_blob(self.world, self.registry, name, content))
        pushed = self.attempt(manifests.put, self.world, self.registry, name, tag, raw, OCI_MANIFEST, "x")
        return pushed.digest if pushed else "sha256:" + "0" * 64

    @rule(name=NAMES, subject=digests)
    def refer(self, name, subject):
        config = push_blob(self.world, self.registry, "refs", b"{}")
        raw = image(config, subject=subject)
        self.attempt(manifests.put, self.world, self.registry, "refs", "ref", raw, "", "x")

    @rule(name=NAMES, digest=digests)
    def delete(self, name, digest):
        self.attempt(manifests.delete, self.world, self.registry, name, digest, "x")

    @rule(name=NAMES, tag=TAGS)
    def untag(self, name, tag):
        self.attempt(manifests.untag, self.world, self.registry, name, tag, "x")

    @rule(name=NAMES)
    def delete_repository(self, name):
        self.attempt(repositories.delete, self.world, self.registry, name, "x")

    @rule(name=NAMES, tag=TAGS, write=st.booleans(), delete=st.booleans())
    def lock(self, name, tag, write, delete):
        changes = {"write": write, "delete": delete}
        self.attempt(repositories.lock, self.world, self.registry, name, changes, "x", tag=tag)

    @rule(source=NAMES, name=NAMES, content=st.binary(min_size=1, max_size=3))
    def mount(self, source, name, content):
        digest = push_blob(self.world, self.registry, source, content) if self._writable(source) else ""
        if digest:
            self.attempt(uploads.mount, self.world, self.registry, name, digest, [source], "x")

    def _writable(self, name):
        known = self.registry.repositories.get(name)
        return known is None or known.attributes.write

    @rule(hours=st.sampled_from([1, 23, 25, 100]))
    def advance(self, hours):
        self.world.advance(hours * 3600)

    @rule(target=snapshots, name=st.sampled_from(["one", "two"]))
    def snapshot(self, name):
        self.world.snapshot(name)
        self.remembered[name] = plain(self.world.state)
        return name

    @rule(name=snapshots)
    def restore(self, name):
        self.world.restore(name)
        assert plain(self.world.state) == self.remembered[name]

    @invariant()
    def replay_equals_state(self):
        assert plain(self.world._replayed()) == plain(self.world.state)

    @invariant()
    def counts_agree(self):
        state = self.world.state
        linked = [d for each in self.registry.repositories.values() for d in each.blobs]
        assert state.links == {digest: linked.count(digest) for digest in linked}
        raws = sum(len(e.raw) for r in self.registry.repositories.values() for e in r.manifests.values())
        sizes = {d: link.size for r in self.registry.repositories.values() for d, link in r.blobs.items()}
        assert self.registry.stored == raws + sum(sizes.values())

    @invariant()
    def content_is_whole(self):
        for repository in self.registry.repositories.values():
            for entry in repository.manifests.values():
                assert all(repository.tags[name].digest == entry.digest for name in entry.tags)
            for digest in repository.blobs:
                assert self.world.blobs.size(digest) is not None

    def teardown(self):
        self.world.blobs.close()
        shutil.rmtree(self.folder)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_fork_shares_blobs_and_nothing_else(world: World) -> None:
    registry = open_registry(world)
    digest = push_image(world, registry, "app", "v1", b"layer")
    fork = world.fork(MemoryJournal())
    manifests.delete(fork, fork.state.registries["contoso"], "app", digest, "x")
    fork.advance(3 * collection.GRACE)
    assert digest in world.state.registries["contoso"].repositories["app"].manifests
    assert digest not in fork.state.registries["contoso"].repositories["app"].manifests
    layer = next(iter(registry.repositories["app"].blobs))
    assert world.blobs.size(layer) is not None, "the fork's collector must not take the parent's bytes"


def test_reset_goes_back_to_the_beginning_and_snapshots_stay(world: World) -> None:
    registry = open_registry(world)
    push_image(world, registry, "app", "v1", b"layer")
    world.snapshot("pushed")
    world.reset()
    assert world.state.registries == {}
    world.restore("pushed")
    assert list(world.state.registries["contoso"].repositories) == ["app"]


def test_a_refused_journal_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plain(world.state)

    def full(record: bytes) -> int:
        raise JournalFailed("the disk is full")

    monkeypatch.setattr(world.journal, "append", full)
    with pytest.raises(JournalUnavailable, match="the disk is full"):
        open_registry(world)
    assert plain(world.state) == before


def test_jobs_run_at_their_own_time_and_in_order(world: World) -> None:
    registry = open_registry(world)
    push_blob(world, registry, "app", b"never referenced")
    world.advance(10 * collection.GRACE)
    ends = [event.at for event in world.events() if isinstance(event, events.JobEnded)]
    assert ends[0] == pytest.approx(START + collection.GRACE)
    assert world.now() == pytest.approx(START + 10 * collection.GRACE)


def test_autojump_jumps_once_for_sleepers_side_by_side() -> None:
    import threading

    jumps: list[float] = []
    clock = AutojumpClock(START)
    sleepers = [threading.Thread(target=clock.sleep, args=(45.0, jumps.append)) for _ in range(4)]
    for each in sleepers:
        each.start()
    for each in sleepers:
        each.join(20)
    assert not any(each.is_alive() for each in sleepers)
    assert sum(jumps) <= 4 * 45.0
    assert sum(jumps) >= 45.0
