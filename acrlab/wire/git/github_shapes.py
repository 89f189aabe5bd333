"""What api.github.com shows of things. Source: GitHub REST API 2022-11-28."""

from datetime import UTC, datetime
from typing import Any

from acrlab.engine.hosting import repositories
from acrlab.engine.hosting.objects import CommitFacts
from acrlab.engine.state import Hosted, SourceHook

API = "https://api.github.com"


def moment(seconds: float) -> str:
    """As GitHub writes moments."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def root(hosted: Hosted) -> str:
    """Where the API has a repository."""
    return f"{API}/repos/{hosted.owner}/{hosted.name}"


def user(name: str) -> dict[str, Any]:
    """A user by name."""
    return {"login": name, "type": "User", "url": f"{API}/users/{name}"}


def repository(hosted: Hosted) -> dict[str, Any]:
    """A repository."""
    place = repositories.address(hosted)
    page = place.url.removesuffix(".git")
    return {
        "id": int(hosted.id[:8], 16), "name": place.name, "full_name": place.title, "private": hosted.private,
        "owner": user(place.owner), "html_url": page, "url": root(hosted), "clone_url": place.url,
        "hooks_url": f"{root(hosted)}/hooks", "default_branch": hosted.head,
        "visibility": "private" if hosted.private else "public", "created_at": moment(hosted.created),
        "pushed_at": moment(hosted.pushed), "updated_at": moment(hosted.pushed),
    }  # fmt: skip


def branch(hosted: Hosted, name: str, sha: str) -> dict[str, Any]:
    """A branch."""
    return {"name": name, "commit": {"sha": sha, "url": f"{root(hosted)}/commits/{sha}"}, "protected": False}


def commit(hosted: Hosted, found: CommitFacts) -> dict[str, Any]:
    """A commit."""
    who = {"name": found.author, "email": found.email, "date": moment(found.at)}
    inner = {"message": found.message.rstrip("\n"), "author": who, "committer": who, "tree": {"sha": found.tree}}
    return {
        "sha": found.id, "commit": inner, "url": f"{root(hosted)}/commits/{found.id}",
        "parents": [{"sha": each} for each in found.parents],
    }  # fmt: skip


def status(found: dict[str, Any]) -> dict[str, Any]:
    """A status of a commit."""
    return {**found, "creator": user(found["creator"])}


def hook(hosted: Hosted, found: SourceHook) -> dict[str, Any]:
    """A webhook; its secret is a row of stars."""
    config = {"url": found.url, "content_type": found.content_type, "insecure_ssl": "0"}
    return {
        "type": "Repository", "id": found.id, "name": "web", "active": found.active, "events": found.kinds,
        "config": {**config, **({"secret": "********"} if found.secret else {})},
        "created_at": moment(found.created), "updated_at": moment(found.created),
        "url": f"{root(hosted)}/hooks/{found.id}",
    }  # fmt: skip


def pull(hosted: Hosted, facts: dict[str, Any]) -> dict[str, Any]:
    """A pull request."""
    number, page = facts["number"], repositories.address(hosted).url.removesuffix(".git")
    ends = {
        end: {"label": f"{hosted.owner}:{facts[end]['ref']}", **facts[end], "repo": repository(hosted)}
        for end in ("head", "base")
    }
    return {
        "number": number, "id": number, "state": facts["state"], "title": facts["title"], "body": facts["body"],
        "user": user(facts["user"]), "draft": facts["draft"], "merged": bool(facts["merged"]),
        "created_at": facts["created"], "updated_at": facts["updated"], "closed_at": facts["closed"],
        "merged_at": facts["merged"], "merge_commit_sha": facts["merge_commit"],
        "merged_by": user(facts["merged_by"]) if facts["merged_by"] else None, **ends,
        "html_url": f"{page}/pull/{number}", "url": f"{root(hosted)}/pulls/{number}",
    }  # fmt: skip
