"""Pull requests between branches of one repository: opened, pushed to, merged, closed."""

from typing import Any

from acrlab.domain import hosting, moments
from acrlab.domain.errors import NotEmulated
from acrlab.domain.hosting_errors import HostedInvalid, HostedMissing, HostedMoved, HostedNotMergeable
from acrlab.engine.hosting import pushes, repositories
from acrlab.engine.hosting.followers import CLOSED, OPEN, differing, told
from acrlab.engine.state import Hosted
from acrlab.engine.world import World

METHODS = ("merge", "squash")


def find(hosted: Hosted, number: int) -> dict[str, Any]:
    """A pull request. Raises: HostedMissing."""
    if number not in hosted.pulls:
        raise HostedMissing()
    return hosted.pulls[number]


def open_(world: World, hosted: Hosted, given: dict[str, Any], who: str) -> dict[str, Any]:
    """Open a pull request. Raises: HostedInvalid. Source: GitHub REST API, create a pull request (2022-11-28)."""
    head, base = (_branch(hosted, given.get(name), name) for name in ("head", "base"))
    title = given.get("title")
    if not isinstance(title, str) or not title.strip():
        raise invalid("title", "missing_field")
    for each in hosted.pulls.values():
        if each["state"] == OPEN and (each["head"]["ref"], each["base"]["ref"]) == (head, base):
            reason = f"A pull request already exists for {hosted.owner}:{head}."
            raise HostedInvalid(reason="Validation Failed", resource="PullRequest", code="custom", told=reason)
    ours, theirs = (hosted.refs[f"{hosting.REFS}{each}"] for each in (base, head))
    files = differing(world, hosted, ours, theirs)
    if not files:
        reason = f"No commits between {base} and {head}"
        raise HostedInvalid(reason="Validation Failed", resource="PullRequest", code="custom", told=reason)
    number, now = max(hosted.pulls, default=0) + 1, moments.written(world.now())
    facts = {
        "number": number, "state": OPEN, "title": title, "body": given.get("body"), "user": who, "draft": False,
        "created": now, "updated": now, "closed": None, "merged": None, "merge_commit": None, "merged_by": None,
        "head": {"ref": head, "sha": theirs}, "base": {"ref": base, "sha": ours},
    }  # fmt: skip
    return _moved(world, hosted, facts, "opened", files, who)


def _branch(hosted: Hosted, given: Any, field: str) -> str:
    """A branch of this repository, OWNER: before it or not. Raises: HostedInvalid."""
    name = given.removeprefix(f"{hosted.owner}:").removeprefix(hosting.REFS) if isinstance(given, str) else ""
    if f"{hosting.REFS}{name}" not in hosted.refs:
        raise invalid(field, "invalid" if name else "missing_field")
    return name


def invalid(field: str, code: str, resource: str = "PullRequest") -> HostedInvalid:
    """What the API says of a field."""
    return HostedInvalid(reason="Validation Failed", resource=resource, field=field, code=code)


def _moved(
    world: World, hosted: Hosted, facts: dict[str, Any], action: str, files: list[str], who: str
) -> dict[str, Any]:
    key = repositories.address(hosted).key
    world.commit(told(world, key, facts["number"], action, facts, files, who))
    return hosted.pulls[facts["number"]]


def change(world: World, hosted: Hosted, number: int, given: dict[str, Any], who: str) -> dict[str, Any]:
    """Change title, body or state. Raises: HostedMissing, HostedInvalid."""
    facts, now = find(hosted, number), moments.written(world.now())
    state = given.get("state", facts["state"])
    if state not in (OPEN, CLOSED):
        raise invalid("state", "invalid")
    if state == OPEN and facts["state"] == CLOSED and (facts["merged"] or not _branches_stand(hosted, facts)):
        raise HostedInvalid(reason="Validation Failed", resource="PullRequest", field="state", code="invalid")
    said = {name: given[name] for name in ("title", "body") if isinstance(given.get(name), str)}
    ended = facts["closed"] or now if state == CLOSED else None
    action = "edited" if state == facts["state"] else "closed" if state == CLOSED else "reopened"
    return _moved(world, hosted, {**facts, **said, "state": state, "closed": ended, "updated": now}, action, [], who)


def _branches_stand(hosted: Hosted, facts: dict[str, Any]) -> bool:
    return all(f"{hosting.REFS}{facts[end]['ref']}" in hosted.refs for end in ("head", "base"))


def merge(world: World, hosted: Hosted, number: int, given: dict[str, Any], who: str) -> str:
    """Merge a pull request; the commit that its base is at now. The push that this is, is recorded with it.

    Raises: HostedMissing, HostedNotMergeable, HostedMoved, HostedInvalid.
    """
    facts = find(hosted, number)
    if facts["state"] != OPEN or not _branches_stand(hosted, facts):
        raise HostedNotMergeable()
    if given.get("sha") not in (None, facts["head"]["sha"]):
        raise HostedMoved()
    method = given.get("merge_method", METHODS[0])
    if method == "rebase":
        raise NotEmulated(what="merging a pull request by rebase")
    if method not in METHODS:
        raise invalid("merge_method", "invalid")
    base = f"{hosting.REFS}{facts['base']['ref']}"
    new = _merged(world, hosted, facts, hosted.refs[base], given, who)
    if not new:
        raise HostedNotMergeable().why("the two branches change the same lines")
    now, key = moments.written(world.now()), repositories.address(hosted).key
    ended = {
        **facts, "state": CLOSED, "closed": now, "merged": now, "merged_by": who, "merge_commit": new, "updated": now
    }  # fmt: skip
    with world.git.open(hosted.id) as objects:
        found = pushes.examine(objects, [pushes.Move(hosted.refs[base], new, base)])
    world.commit(
        told(world, key, number, "merged", ended, list(found[0].files), who),
        *pushes.recorded(world, hosted, found, who),
    )
    return new


def _merged(world: World, hosted: Hosted, facts: dict[str, Any], ours: str, given: dict[str, Any], who: str) -> str:
    head, squash = facts["head"], given.get("merge_method") == "squash"
    title = (
        f"{facts['title']} (#{facts['number']})"
        if squash
        else f"Merge pull request #{facts['number']} from " + (f"{hosted.owner}/{head['ref']}")
    )
    title = given["commit_title"] if isinstance(given.get("commit_title"), str) else title
    body = given["commit_message"] if isinstance(given.get("commit_message"), str) else facts["title"]
    with world.git.open(hosted.id) as objects:
        join = objects.squash if squash else objects.merge
        return join(ours, head["sha"], f"{title}\n\n{body}\n", who, world.now())
