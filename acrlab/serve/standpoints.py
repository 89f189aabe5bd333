"""Where a client stands, as it tells the proxy: an address, or a subnet of a virtual network.

The proxy's user name is the network and its password the subnet; `address` as password means that the user name
is a source address. Every client that can use a proxy can say that: `http://office:desks@127.0.0.1:5481`.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import quote

ADDRESS = "address"
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,79}", re.ASCII)


def told(fields: Iterable[tuple[str, str]]) -> str:
    """The standpoint in a proxy's request head; empty when it names none.

    Raises: ValueError.
    """
    given = next((value for name, value in fields if name == "proxy-authorization"), "")
    scheme, _, credential = given.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        user, _, word = base64.b64decode(credential.strip(), validate=True).decode().rpartition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("the proxy's credential is not base64 of network:subnet") from None
    return checked(user if word == ADDRESS else f"{user}/{word}")


def checked(text: str) -> str:
    """A standpoint in its plain form: `10.1.2.3`, or `network/subnet`.

    Raises: ValueError.
    """
    network, slash, subnet = text.partition("/")
    if not slash:
        return str(ip_address(text))
    if not _NAME.fullmatch(network) or not _NAME.fullmatch(subnet):
        raise ValueError(f"{text[:80]!r} is neither an address nor network/subnet")
    return f"{network}/{subnet}"


def authorization(standpoint: str) -> str:
    """The value of the header that says it, for a client of our own."""
    network, slash, subnet = standpoint.partition("/")
    return f"Basic {base64.b64encode(f'{network}:{subnet if slash else ADDRESS}'.encode()).decode()}"


def credentials(standpoint: str) -> str:
    """The user part of a proxy's URL that says it: `office:desks@`."""
    network, slash, subnet = standpoint.partition("/")
    return f"{quote(network, safe='')}:{quote(subnet, safe='') if slash else ADDRESS}@"
