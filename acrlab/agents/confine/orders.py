"""The kinds of orders that a launcher takes."""

CONTAINER, NETWORK = b"c", b"n"
