"""A credential by itself: python claims.py CREDENTIAL SCOPE. Prints the claims of the token it was given."""

import base64
import sys

import azure.identity
from credentials import make

kind, scope = sys.argv[1:]
with make(azure.identity, kind) as credential:
    payload = credential.get_token(scope).token.split(".")[1]
print(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode())
