"""What the provider says to the toy cloud: one JSON object over HTTP a call, by hand, since the process must start fast."""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import threading
import time
from typing import Any

ADDRESS = "HUBLEDGER_TOY_CLOUD"  # host:port
STOP_GRACE_SECONDS = 2.0
CRASH = 599  # the status with which the cloud asks the provider to die


class CloudError(Exception):
    """The toy cloud refused, or could not be reached. `status` is 0 where there was no answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Client:
    """Calls the toy cloud. `stop` makes calls that still wait give up after a moment, as a cancelled context does."""

    def __init__(self) -> None:
        self._stopped_at: float | None = None
        self._lock = threading.Lock()

    def stop(self) -> None:
        with self._lock:
            self._stopped_at = self._stopped_at or time.monotonic()

    def call(self, action: str, kind: str, **arguments: Any) -> Any:
        """Do `action` on an object of type `kind`; return the answer's JSON."""
        address = os.environ.get(ADDRESS)
        if not address:
            raise CloudError(0, f"no toy cloud: the environment has no {ADDRESS}")
        body = json.dumps({"action": action, "type": kind, **arguments}).encode()
        head = f"POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        host, _, port = address.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                connection.sendall(head.encode() + body)
                answer = self._receive(connection)
        except OSError as error:
            reason = error.strerror.lower() if error.strerror else str(error)
            raise CloudError(0, f'Post "https://{kind}.toy.invalid/": {reason}') from error
        head_bytes, _, content = answer.partition(b"\r\n\r\n")
        if not head_bytes:
            raise CloudError(0, f'Post "https://{kind}.toy.invalid/": EOF')
        status = int(head_bytes.split(b" ", 2)[1])
        if status == CRASH:
            print(
                "panic: runtime error: invalid memory address or nil pointer dereference", file=sys.stderr, flush=True
            )
            os._exit(2)
        if status >= 400:
            raise CloudError(status, json.loads(content)["message"])
        return json.loads(content)

    def _receive(self, connection: socket.socket) -> bytes:
        parts: list[bytes] = []
        while True:
            while not select.select([connection], [], [], 0.05)[0]:
                if self._stopped_at is not None and time.monotonic() > self._stopped_at + STOP_GRACE_SECONDS:
                    raise CloudError(0, "context canceled")
            part = connection.recv(65536)
            if not part:
                return b"".join(parts)
            parts.append(part)
