"""The process that starts containers: small, without threads, in the user namespace of its rung, forked for each.

Run by itself with nothing but the standard library: a start costs a fork instead of a Python.
"""

import contextlib
import json
import os
import signal
import socket
import sys

from acrlab.agents.confine import interpreters, users
from acrlab.agents.confine.orders import CONTAINER, NETWORK, RECLAIM
from acrlab.agents.confine.supervisor import Supervisor, make_network, reclaim

_SMALL = {NETWORK: make_network, RECLAIM: reclaim}
_USERS = {"many": users.many_users, "one": users.one_user, "own": lambda: None}


def main() -> None:
    """Arguments: the socket that brings orders, and which users there are to be."""
    orders = socket.socket(fileno=int(sys.argv[2]))
    try:
        _USERS[sys.argv[3]]()
        if sys.argv[3] != "own":
            interpreters.register()
    except OSError as error:
        orders.send(json.dumps({"failed": error.strerror}).encode())
        return
    orders.send(json.dumps({"ready": True}).encode())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        kind, files, _, _ = socket.recv_fds(orders, 16, 3, socket.MSG_CMSG_CLOEXEC)
        if not kind:
            return
        if not os.fork():
            orders.close()
            _serve(kind, files)
            os._exit(0)
        for each in files:
            os.close(each)


def _serve(kind: bytes, files: list[int]) -> None:
    with contextlib.suppress(OSError, ValueError), socket.socket(fileno=files[0]) as control:
        try:
            if kind == CONTAINER:
                Supervisor(control, files[1], files[2] if len(files) > 2 else -1).run()
            else:
                _SMALL[kind](control)
        except OSError as error:
            control.sendall(json.dumps({"failed": error.strerror or str(error)}).encode() + b"\n")
