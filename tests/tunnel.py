"""A proxy that leads a host's name to a port of this machine, so that a client that knows only the real name reaches our server."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PART = 2**16


class _Server(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host, self.port = host, port


class _Handler(StreamRequestHandler):
    """Answers `CONNECT host:443`; every other host is refused, so that no test leaves this machine."""

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        asked = self.rfile.readline().decode("latin-1").split()
        while self.rfile.readline().strip():
            pass
        if asked[:2] != ["CONNECT", f"{server.host}:443"]:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", server.port)) as there:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pass_on, args=(there, self.connection), daemon=True)
            back.start()
            _pass_on(self.connection, there)
            back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(_PART):
            target.sendall(part)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def tunnel(host: str, port: int) -> Iterator[str]:
    """Yield the address of such a proxy."""
    with _Server(host, port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
