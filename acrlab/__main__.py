"""`python -m acrlab` is `acrlab`."""

from acrlab.cli import main

main()
