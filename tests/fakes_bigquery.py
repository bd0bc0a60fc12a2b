"""A server that says what BigQuery's REST API says, for what the emulator can't: sizes, limits, refusals."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.fixtures_billing_export import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Answer = tuple[int, dict[str, Any]]


@contextmanager
def server(answer: Callable[[str, dict[str, Any]], Answer]) -> Iterator[str]:
    """Serve `answer(path, body)` as BigQuery's REST API would, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            status, body = answer(self.path, json.loads(self.rfile.read(length) or b"{}"))
            payload = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
            thread.join()


def fault(status: int, reason: str, message: str) -> Answer:
    """Return an error as BigQuery writes it."""
    errors = [{"message": message, "domain": "global", "reason": reason}]
    return status, {"error": {"code": status, "message": message, "errors": errors}}


def exporting(
    project: str, table: str, jobs: Callable[[dict[str, Any]], Answer]
) -> Callable[[str, dict[str, Any]], Answer]:
    """Answer as an export whose table is there; `jobs` answers what is queried."""

    def answer(path: str, body: dict[str, Any]) -> Answer:
        if "/tables/" in path:
            reference = {"projectId": project, "datasetId": "billing", "tableId": table}
            columns = [field.to_api_repr() for field in schema()]
            return 200, {"tableReference": reference, "schema": {"fields": columns}}
        return jobs(body)

    return answer


def job(body: dict[str, Any], **parts: Any) -> Answer:
    """Return a query job as BigQuery describes it."""
    reference = {"projectId": "fleet-billing", "jobId": "job-1", "location": "US"}
    return 200, {"jobReference": reference, "configuration": body.get("configuration", {}), **parts}
