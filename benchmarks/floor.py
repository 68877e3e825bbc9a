"""The least that any script must do between a hang-up and a text: hear the event, be sure of it, ask the carrier.

    python -m benchmarks.floor HOST PORT USER CARRIER_PORT FILE     (the secret comes on standard input)

One socket, one append with fsync, one POST on a connection that is kept. It knows nothing of verdicts.
"""

import http.client
import json
import os
import re
import socket
import sys
from collections.abc import Iterator

END = b"\r\n\r\n"
CALLERS_HANGUP = re.compile(
    rb"Event: Hangup\r\n.*\r\nCallerIDNum: (\+\d+)\r\n.*\r\nUniqueid: (\S+)\r\nLinkedid: \2\r\n", re.DOTALL
)
"""Of the inbound channel: its Linkedid is its own name."""


def main(host: str, port: str, user: str, carrier_port: str, file: str) -> None:
    """Work until the PBX hangs up on us, or we are stopped."""
    secret = sys.stdin.readline().strip()
    carrier = http.client.HTTPConnection("127.0.0.1", int(carrier_port))
    record = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with socket.create_connection((host, int(port))) as link:
        link.sendall(f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\n\r\n".encode())
        for message in messages(link):
            if b"Event: FullyBooted" in message:
                print("ready", flush=True)
            if found := CALLERS_HANGUP.search(message + END):
                os.write(record, message)
                os.fsync(record)
                text(carrier, found[2].decode(), found[1].decode())


def messages(link: socket.socket) -> Iterator[bytes]:
    """Whole messages, as they come."""
    heard = b""
    while chunk := link.recv(65536):
        *whole, heard = (heard + chunk).split(END)
        yield from whole


def text(carrier: http.client.HTTPConnection, id_: str, caller: str) -> None:
    """One POST, answered."""
    letter = {"id": id_, "to": caller, "from": "+12025550100", "text": "Sorry we missed your call."}
    carrier.request("POST", "/texts", json.dumps(letter), {"Content-Type": "application/json"})
    carrier.getresponse().read()


if __name__ == "__main__":
    main(*sys.argv[1:])
