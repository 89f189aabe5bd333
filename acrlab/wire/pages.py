"""Paging as registries do it: `n`, `last`, and a Link header."""

from urllib.parse import urlencode

from acrlab.domain.errors import ParameterInvalid
from acrlab.wire import http

LARGEST_PAGE = 1000


def page_size(query: dict[str, str], default: int | None = None) -> int | None:
    """How many items one page may hold; None for all.

    Raises: ParameterInvalid.
    Source: OCI distribution-spec v1.1 end-8b.
    """
    text = query.get("n")
    if text is None or text == "":
        return default
    if not text.lstrip("-").isdecimal() or len(text) > 9 or int(text) < 0:
        raise ParameterInvalid(name="n", value=text[:40], reason="a number of items, 0 or more")
    return min(int(text), LARGEST_PAGE) if default is not None else int(text)


def link(path: str, last: str, limit: int | None, **others: str) -> list[tuple[str, str]]:
    """The header that points to the next page: relative, every parameter with a value sign.

    Source: recorded from ACR, `</acr/v1/_catalog?last=x&n=100&orderby=>; rel="next"`.
    """
    query = urlencode({"last": last, "n": str(limit), **others})
    return [("link", f'<{http.escaped(path)}?{query}>; rel="next"')]
