from http.server import BaseHTTPRequestHandler
import time


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/sleep"):
            time.sleep(60)
        if self.path.startswith("/raise"):
            raise ValueError("in the handler")
        data = ("%s %s %s" % (self.path, self.headers["X-Under_Score"], self.client_address[0])).encode()
        self.send_response(200)
        if self.path.startswith("/stream"):
            self.send_header("Connection", "close")
            self.end_headers()
            for i in range(3):
                self.wfile.write(b"%d\n" % i)
            return
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass
