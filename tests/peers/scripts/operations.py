"""Prints the coverage of the SDKs that this Python has; what it lacks comes from the folders that are given."""

import json
import sys

sys.path.extend(sys.argv[1:])

from acrlab.client import coverage

print(json.dumps([coverage.as_dict(row) for row in coverage.rows()]))
