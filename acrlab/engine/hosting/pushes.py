"""A push: what it wants to move, whether it may, and what is recorded of it."""

from collections.abc import Sequence
from typing import NamedTuple

from acrlab.domain import events, hosting
from acrlab.domain.hosting import NOTHING
from acrlab.engine.hosting import followers, repositories
from acrlab.engine.hosting.objects import Objects
from acrlab.engine.state import Hosted
from acrlab.engine.world import World


class Move(NamedTuple):
    """One ref from where it is to where it shall be; forty zeros for nothing."""

    old: str
    new: str
    ref: str

    @property
    def deletes(self) -> bool:
        """Whether the ref shall go."""
        return self.new == NOTHING


class Examined(NamedTuple):
    """A move, what is wrong with it, and what will be recorded when nothing is."""

    move: Move
    wrong: str = ""
    peeled: str = ""
    forced: bool = False
    files: tuple[str, ...] = ()
    subject: str = ""
    author: str = ""


def examine(objects: Objects, moves: Sequence[Move]) -> list[Examined]:
    """Look at what the moves mean for the objects; slow, and without a look at the world."""
    return [_examined(objects, move) for move in moves]


def _examined(objects: Objects, move: Move) -> Examined:
    wrong = _wrong(objects, move)
    if wrong or move.deletes:
        return Examined(move, wrong)
    peeled = objects.peel(move.new)
    if objects.kind(peeled) != "commit":
        return Examined(move, peeled="" if peeled == move.new else peeled)
    old = "" if move.old == NOTHING else objects.peel(move.old)
    facts = objects.commit(peeled)
    return Examined(
        move, "", "" if peeled == move.new else peeled, bool(old) and not objects.reaches([peeled], old),
        tuple(objects.changed(old, peeled)), facts.message.partition("\n")[0], facts.author,
    )  # fmt: skip


def _wrong(objects: Objects, move: Move) -> str:
    """What is wrong with a move by itself. Source: the words of git receive-pack(1) and of GitHub."""
    if not hosting.is_ref(move.ref):
        return "funny refname"
    if move.ref.startswith(hosting.PULLS):
        return "deny updating a hidden ref"
    if move.deletes:
        return ""
    if move.new not in objects or (move.old != NOTHING and move.old not in objects):
        return "missing necessary objects"
    if move.ref.startswith(hosting.REFS) and objects.kind(move.new) != "commit":
        return "cannot update ref: trying to write non-commit object to branch"
    return ""


def decide(world: World, hosted: Hosted, found: Sequence[Examined], who: str, *, atomic: bool) -> dict[str, str]:
    """Record what may be; what is wrong with each ref, empty where nothing is."""
    verdicts = {each.move.ref: each.wrong or _stands_in_the_way(hosted, each.move) for each in found}
    if len(verdicts) < len(found):
        verdicts = dict.fromkeys(verdicts, "multiple updates for ref not allowed")
    if atomic and any(verdicts.values()):
        verdicts = {ref: wrong or "atomic push failure" for ref, wrong in verdicts.items()}
    moved = [each for each in found if not verdicts[each.move.ref]]
    record(world, hosted, moved, who)
    return verdicts


def _stands_in_the_way(hosted: Hosted, move: Move) -> str:
    now = hosted.refs.get(move.ref, NOTHING)
    if move.deletes:
        if move.ref == f"{hosting.REFS}{hosted.head}":
            return f"refusing to delete the current branch: {move.ref}"
        return "" if now != NOTHING else "failed to update ref: it does not exist"
    if now != move.old:
        return f"cannot lock ref '{move.ref}': is at {now} but expected {move.old}"
    above, below = move.ref.rsplit("/", 1)[0], f"{move.ref}/"
    clash = next((each for each in hosted.refs if each == above or each.startswith(below)), "")
    return f"cannot lock ref '{move.ref}': '{clash}' exists" if clash else ""


def record(world: World, hosted: Hosted, moved: Sequence[Examined], who: str) -> None:
    """Commit the moves, and what they mean for open pull requests, as one record."""
    if moved:
        world.commit(*recorded(world, hosted, moved, who))


def recorded(world: World, hosted: Hosted, moved: Sequence[Examined], who: str) -> list[events.Event]:
    """The events of moves that may be."""
    key, now = repositories.address(hosted).key, world.now()
    head = _new_head(hosted, moved)
    happened: list[events.Event] = []
    for each in moved:
        old, new = (("" if sha == NOTHING else sha) for sha in (each.move.old, each.move.new))
        happened.append(
            events.RefMoved(
                at=now, by=who, repository=key, ref=each.move.ref, old=old, new=new, peeled=each.peeled, head=head,
                forced=each.forced, files=list(each.files), subject=each.subject, author=each.author, who=who,
            )
        )  # fmt: skip
        happened.extend(followers.followed(world, hosted, each.move.ref, new, who))
    return happened


def _new_head(hosted: Hosted, moved: Sequence[Examined]) -> str:
    """The first branch that ever arrives becomes the default one. Source: GitHub docs, default branch."""
    arrived = [branch for each in moved if not each.move.deletes and (branch := hosting.branch(each.move.ref))]
    if any(hosting.branch(ref) for ref in hosted.refs) or not arrived:
        return ""
    return "" if hosted.head in arrived else arrived[0]
