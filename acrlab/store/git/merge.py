"""Two trees that grew apart, joined: whole files where one side kept them, lines where both changed the same text."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from dulwich.index import commit_tree
from dulwich.object_store import BaseObjectStore, iter_tree_contents
from dulwich.objects import Blob, ObjectID

LARGEST = 1024 * 1024  # bytes of a file whose lines are compared
Files = dict[bytes, tuple[int, ObjectID]]


def trees(
    store: BaseObjectStore, base: ObjectID | None, ours: ObjectID | None, theirs: ObjectID | None
) -> ObjectID | None:
    """The tree that has what both changed; None when they conflict."""
    before, left, right = (_files(store, each) for each in (base, ours, theirs))
    found: Files = {}
    for path in sorted(before.keys() | left.keys() | right.keys()):
        was, one, other = before.get(path), left.get(path), right.get(path)
        if one == other or other == was:
            chosen = one
        elif one == was:
            chosen = other
        else:
            chosen = _both(store, was, one, other)
            if chosen is None:
                return None
        if chosen is not None:
            found[path] = chosen
    if _clash(found):
        return None
    return commit_tree(store, [(path, sha, mode) for path, (mode, sha) in found.items()])


def _files(store: BaseObjectStore, tree: ObjectID | None) -> Files:
    if tree is None:
        return {}
    return {entry.path: (entry.mode, entry.sha) for entry in iter_tree_contents(store, tree)}  # type: ignore[misc]


def _clash(files: Files) -> bool:
    """Whether something is a file and a folder at once."""
    folders = {path[:at] for path in files for at, byte in enumerate(path) if byte == ord("/")}
    return not folders.isdisjoint(files)


def _both(
    store: BaseObjectStore,
    was: tuple[int, ObjectID] | None,
    one: tuple[int, ObjectID] | None,
    other: tuple[int, ObjectID] | None,
) -> tuple[int, ObjectID] | None:
    """A file that both changed. None when one deleted it, when it is no text, or when their changes touch."""
    if was is None or one is None or other is None or one[0] != other[0]:
        return None
    blobs = [store[each[1]] for each in (was, one, other)]
    texts = [each.data for each in blobs if isinstance(each, Blob)]
    if len(texts) < 3 or any(b"\0" in text or len(text) > LARGEST for text in texts):
        return None
    merged = lines(*(text.splitlines(keepends=True) for text in texts))
    if merged is None:
        return None
    blob = Blob.from_string(b"".join(merged))
    store.add_object(blob)
    return one[0], blob.id


def lines(base: Sequence[bytes], ours: Sequence[bytes], theirs: Sequence[bytes]) -> list[bytes] | None:
    """The lines with the changes of both; None where two changes touch."""
    changes = sorted({*_changes(base, ours), *_changes(base, theirs)})
    found: list[bytes] = []
    at = 0
    for place, (start, end, new) in enumerate(changes):
        if place and start <= changes[place - 1][1]:
            return None
        found.extend(base[at:start])
        found.extend(new)
        at = end
    return [*found, *base[at:]]


def _changes(base: Sequence[bytes], side: Sequence[bytes]) -> list[tuple[int, int, tuple[bytes, ...]]]:
    steps = SequenceMatcher(None, base, side, autojunk=False).get_opcodes()
    return [(start, end, tuple(side[first:last])) for kind, start, end, first, last in steps if kind != "equal"]
