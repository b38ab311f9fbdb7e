"""A simulated model service that speaks /v1/chat/completions, and fails in all ways."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ModelService:
    """``answer`` makes the content of what it says from the request; ``raw`` replaces the whole."""

    def __init__(self):
        self.asked = []
        self.answer = lambda request: json.dumps({"sentences": []})
        self.raw = None
        self.status = 200

    def respond(self, request):
        self.asked.append(request)
        if self.raw is not None:
            return self.raw
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": self.answer(request)},
            "finish_reason": "stop",
        }
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return json.dumps(
            {"id": "c-1", "object": "chat.completion", "created": 1, "model": request["model"],
             "choices": [choice], "usage": usage}
        ).encode()  # fmt: skip

    @property
    def prompts(self):
        return json.dumps(self.asked, ensure_ascii=False)


@contextmanager
def running_service():
    service = ModelService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            request = json.loads(self.rfile.read(length))
            request["authorization"] = self.headers.get("Authorization", "")
            request["path"] = self.path
            content = service.respond(request)
            self.send_response(service.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        service.url = f"http://127.0.0.1:{server.server_port}/v1"
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
