"""A year of lab time: python benchmarks/year.py [--rounds N]

What tests/lifecycle/test_year.py lives through, timed: 36 turns of pushes, pulls and deletions, retention, soft delete,
an expiring password, 365 nights of a timer and the bill. The runs that the timer queues are not carried out: how long
a build takes is what benchmarks/build.py measures.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HOME)]

from acrlab.store.keys import KeyRing  # noqa: E402
from tests.lifecycle import year  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--rounds", type=int, default=5)
    keys, seconds = KeyRing(None), []
    for _ in range(parser.parse_args().rounds):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            found = year.passed(Path(folder), keys)
            seconds.append(time.perf_counter() - begun)
    print(f"a year with {found.nights} nights: {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s")


if __name__ == "__main__":
    main()
