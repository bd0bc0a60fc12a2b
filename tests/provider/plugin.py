"""The provider as a process: HashiCorp's plugin handshake, TLS, and the gRPC server."""

from __future__ import annotations

import base64
import os
import signal
import ssl
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from tf.gen import grpc_controller_pb2
from tf.gen.grpc_controller_pb2_grpc import GRPCControllerServicer, add_GRPCControllerServicer_to_server
from tf.gen.tfplugin_pb2_grpc import add_ProviderServicer_to_server

from tests.provider.service import Provider

WATCH_SECONDS = 0.5
LARGEST_MESSAGE = 256 << 20


class Controller(GRPCControllerServicer):  # type: ignore[misc]  # generated, untyped
    """Lets Terraform end the process."""

    def __init__(self, over: threading.Event) -> None:
        self._over = over

    def Shutdown(self, request: Any, context: Any) -> Any:
        context.add_callback(self._over.set)  # once the answer is sent
        return grpc_controller_pb2.Empty()


def serve(name: str, folder: str) -> None:
    """Serve provider `name` until Terraform ends it or is gone. `folder` has the certificate and its key."""
    if "TF_PLUGIN_MAGIC_COOKIE" not in os.environ:
        sys.exit("This is a plugin: Terraform starts it.")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group: Terraform decides what it means
    parent, over = os.getppid(), threading.Event()
    certificate = Path(folder, "certificate.pem").read_bytes()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=32), options=[("grpc.max_receive_message_length", LARGEST_MESSAGE)]
    )
    add_ProviderServicer_to_server(Provider(name), server)
    add_GRPCControllerServicer_to_server(Controller(over), server)
    credentials = grpc.ssl_server_credentials([(Path(folder, "key.pem").read_bytes(), certificate)])
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    der = base64.b64encode(ssl.PEM_cert_to_DER_cert(certificate.decode())).decode().rstrip("=")
    print(f"1|6|tcp|127.0.0.1:{port}|grpc|{der}", flush=True)
    while not over.wait(WATCH_SECONDS) and os.getppid() == parent:
        pass
    os._exit(0)  # nothing is left to tidy, and the server's threads would take their time
