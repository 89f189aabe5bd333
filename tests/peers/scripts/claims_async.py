"""Prints the claims of an access token that an asynchronous credential got: claims_async.py KIND SCOPE."""

import asyncio
import base64
import sys

import azure.identity.aio
from credentials import make


async def main(kind: str, scope: str) -> None:
    async with make(azure.identity.aio, kind) as credential:
        token = (await credential.get_token(scope)).token
    payload = token.split(".")[1]
    print(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode())


asyncio.run(main(*sys.argv[1:]))
