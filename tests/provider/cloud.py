"""The toy cloud: it keeps the objects the test provider makes, and fails when a test tells it to.

It runs in a thread of the test's process, on the loopback, so that a test can look at its objects, change them behind
Terraform's back, and wait until Terraform asks for something.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from types import TracebackType

Action = Literal["configure", "create", "read", "update", "delete"]
CRASH = 599  # makes the provider die


@dataclass(slots=True)
class Fault:
    """Something that goes wrong when a call of that action, type and (part of an) id comes; "" is any of them.

    `times` is how often, None for ever. What happens, in this order: `seconds` pass (`hang` waits until
    `Cloud.release` or the end), the call takes effect if `after_effect`, then the provider crashes, the connection is
    reset, or `status` is answered with `message`. With none of these the call is only late.
    """

    action: str = ""
    kind: str = ""
    identifier: str = ""
    times: int | None = 1
    seconds: float = 0
    hang: bool = False
    after_effect: bool = False
    crash: bool = False
    reset: bool = False
    status: int = 0
    message: str = "Quota exceeded"

    def meets(self, call: Call) -> bool:
        return (
            self.times != 0
            and self.action in ("", call.action)
            and self.kind in ("", call.kind)
            and self.identifier in call.identifier
        )


@dataclass(frozen=True, slots=True)
class Call:
    """What a provider asked for."""

    action: str
    kind: str
    identifier: str


@dataclass(slots=True)
class Cloud:
    """A running toy cloud. Use it as a context manager."""

    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    data: dict[str, dict[str, Any]] = field(default_factory=dict)  # what a data source of that type answers
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _released: threading.Event = field(default_factory=threading.Event)
    _server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        """Where it listens, as the provider reads it from the environment."""
        assert self._server is not None, "the toy cloud is not running"
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Cloud:
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        self.release()
        self._server.shutdown()
        self._server.server_close()

    def fault(self, fault: Fault) -> None:
        """Let something go wrong from now on."""
        with self._changed:
            self.faults.append(fault)

    def release(self) -> None:
        """Let the calls that hang go on."""
        self._released.set()

    def heal(self) -> None:
        """Let nothing go wrong any more."""
        with self._changed:
            self.faults.clear()
        self.release()

    def wait_for(self, action: Action, kind: str = "", *, count: int = 1, seconds: float = 60) -> None:
        """Wait until that was asked for `count` times, answered or not; raises TimeoutError."""

        def asked() -> bool:
            return sum(call.action == action and kind in ("", call.kind) for call in self.calls) >= count

        with self._changed:
            if not self._changed.wait_for(asked, seconds):
                raise TimeoutError(f"nobody asked the toy cloud to {action} {kind or 'anything'} in {seconds} s")

    def only(self, kind: str) -> dict[str, Any]:
        """Return the only object of that type; changing it is a drift."""
        (found,) = self.objects[kind].values()
        return found

    def answer(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """Do what is asked; None means to reset the connection."""
        call = Call(request["action"], request["type"], request.get("id", ""))
        with self._changed:
            self.calls.append(call)
            fault = next((one for one in self.faults if one.meets(call)), None)
            if fault and fault.times is not None:
                fault.times -= 1
            if fault and fault.hang:
                self._released.clear()
            self._changed.notify_all()
        if fault is None:
            return self._do(call, request)
        time.sleep(fault.seconds)
        if fault.hang:
            self._released.wait()
        ends_well = not (fault.crash or fault.reset or fault.status)
        done = self._do(call, request) if fault.after_effect or ends_well else (0, {})
        if ends_well:
            return done
        if fault.crash:
            return CRASH, {}
        return None if fault.reset else (fault.status, {"message": fault.message})

    def _do(self, call: Call, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self._changed:
            if call.action == "configure":
                return 200, {}
            if call.kind.startswith("data."):
                return 200, self.data.get(call.kind.removeprefix("data."), {})
            table = self.objects[call.kind]
            if call.action == "create":
                if call.identifier in table:
                    return 409, {"message": f"Already exists: {call.identifier}"}
                table[call.identifier] = request["object"]
                return 201, {}
            if call.identifier not in table:
                return 404, {"message": f"Not found: {call.identifier}"}
            if call.action == "read":
                return 200, table[call.identifier]
            if call.action == "update":
                table[call.identifier] = request["object"]
            else:
                del table[call.identifier]
            return 200, {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A provider that was killed no longer listens."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.server.cloud.answer(request)
        if answer is None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST at close
            self.rfile.close()
            self.connection.close()
            return
        status, content = answer
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""
