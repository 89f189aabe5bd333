"""The tests. A package, so that a test may import tests.<module>."""
