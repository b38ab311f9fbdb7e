"""A program elsewhere that is told of events: a real HTTP server which answers as it is told to."""

import json
import threading
from collections import defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG = -1


@dataclass(frozen=True)
class Came:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Receiver:
    def __init__(self) -> None:
        self.came: list[Came] = []
        # By path: what it answers from now on, 204 otherwise.
        self.answers: dict[str, int] = defaultdict(lambda: 204)
        self.extra: dict[str, str] = {}
        self.said = b""
        self.is_over = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    def url(self, path: str = "/in") -> str:
        return f"http://{self.host}{path}"

    def ids(self, path: str = "/in") -> list[str]:
        return [one.id for one in self.came if one.path == path]

    def stop(self) -> None:
        self.is_over.set()
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.came.append(Came(self.path, headers, body))
                status = receiver.answers[self.path]
                if status == HANG:
                    receiver.is_over.wait(30)
                    return
                self.send_response(status)
                for name, value in receiver.extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.said)))
                self.end_headers()
                self.wfile.write(receiver.said)

            def log_message(self, *_given: object) -> None:
                pass

        return Handler
