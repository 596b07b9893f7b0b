"""A program with every hole that ours must not have: what it is sent becomes part of its SQL, whether it stands in the path,
the query, a header or the body. The attack suite shows with it that sqlmap, as it is set, finds such holes. Never shipped.

injectable.py PORT CONNECTION_STRING
"""

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


def search(text):
    sql = f"select id, name from platform.tenant where slug = '{text}'"
    return subprocess.run(["psql", "-qXAt", "-d", sys.argv[2], "-c", sql], capture_output=True, text=True, check=False)


class Handler(BaseHTTPRequestHandler):
    def answer(self, text):
        found = search(text)
        body = (found.stdout or found.stderr).encode()
        self.send_response(200 if found.returncode == 0 else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        target = urlsplit(self.path)
        if target.path == "/query":
            self.answer(parse_qs(target.query).get("q", [""])[0])
        elif target.path == "/header":
            self.answer(self.headers.get("Idempotency-Key", ""))
        else:
            self.answer(unquote(target.path.removeprefix("/path/")))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            self.answer(json.loads(body)["q"])
        except (ValueError, KeyError):
            self.answer("")

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
