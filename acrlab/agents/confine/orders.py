"""The kinds of orders that a launcher takes."""

CONTAINER, NETWORK, RECLAIM = b"c", b"n", b"r"
