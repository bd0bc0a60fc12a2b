"""HTTP servers around Prometheus: one that answers whatever a test wants, and one that passes on and keeps a record."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    form: dict[str, str]
    headers: dict[str, str]


@dataclass(slots=True)
class Record:
    """What a server was asked and answered, and how many requests were under way at once at most."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def answering(answer: Callable[[Request], tuple[int, bytes]], *, withheld: int = 0) -> Iterator[Record]:
    """Serve what `answer` makes of each request, `withheld` bytes less than announced."""
    record = Record()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._do(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._do(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _do(self, form: str) -> None:
            given = {key: values[0] for key, values in parse_qs(form, keep_blank_values=True).items()}
            request = Request(self.command, urlsplit(self.path).path, given, dict(self.headers.items()))
            with record.lock:
                record.requests.append(request)
                record.under_way += 1
                record.most = max(record.most, record.under_way)
            status, body = answer(request)
            with record.lock:
                record.answers.append(body)
                record.under_way -= 1
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) + withheld))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = withheld > 0
            except (BrokenPipeError, ConnectionResetError):  # the client gave up
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    record.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield record
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def passing_on(
    target: str, *, change: Callable[[dict[str, Any]], None] | None = None
) -> AbstractContextManager[Record]:
    """Serve what the Prometheus at `target` answers; `change` may alter an answer's JSON."""

    def answer(request: Request) -> tuple[int, bytes]:
        time.sleep(0.01)  # so that what is asked at once is seen at once
        form = urlencode(request.form)
        try:
            with urllib.request.urlopen(f"{target}{request.path}", form.encode(), timeout=30) as answered:
                body: bytes = answered.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        if change is not None:
            said = json.loads(body)
            change(said)
            body = json.dumps(said).encode()
        return 200, body

    return answering(answer)


def vector(*results: tuple[dict[str, str], float], **more: Any) -> bytes:
    """Return a successful answer to an instant query."""
    result = [{"metric": labels, "value": [0, str(value)]} for labels, value in results]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}, **more}).encode()
