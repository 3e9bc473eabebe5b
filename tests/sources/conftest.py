"""A web server on loopback whose content a test decides."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest


class Web(NamedTuple):
    """`pages` maps a path to its content; `truncated` paths announce ten bytes more than they send."""

    url: str
    pages: dict[str, bytes]
    truncated: set[str]
    requests: list[str]


@pytest.fixture
def web() -> Iterator[Web]:
    pages: dict[str, bytes] = {}
    truncated: set[str] = set()
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            content = pages.get(self.path.partition("?")[0])
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content) + 10 * (self.path in truncated)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield Web(f"http://127.0.0.1:{server.server_port}", pages, truncated, requests)
    server.shutdown()
    server.server_close()
