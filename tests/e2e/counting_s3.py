# SPDX-License-Identifier: Apache-2.0
"""An S3 server that counts what it is asked: with objects in memory, or before a real server, to which it
hands requests on as they are (the signature covers the host that the client asked)."""
import collections
import hashlib
import http.client
import http.server
import threading
import time
import urllib.parse
from email.utils import formatdate
from xml.sax.saxutils import escape

HOP = ("connection", "keep-alive", "transfer-encoding", "expect")


class CountingS3:
    """`requests` has the kind and the object of each. While `held(kind, name)` is true, requests wait."""

    def __init__(self, bucket, upstream=None, port=0):
        self.bucket, self.upstream = bucket, upstream
        self.objects, self.requests, self.lock = {}, [], threading.Lock()
        self.held = lambda kind, name: False
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self):
                peer.answer(self)
            do_GET = do_HEAD = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.held = lambda kind, name: False
        self.server.shutdown()

    def counts(self):
        with self.lock:
            return collections.Counter(kind for kind, _ in self.requests)

    def during(self, work):
        """What was asked for while `work` ran."""
        before = self.counts()
        work()
        return self.counts() - before

    def answer(self, request):
        url = urllib.parse.urlsplit(request.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        name = urllib.parse.unquote(url.path).removeprefix(f"/{self.bucket}").lstrip("/")
        kind = kind_of(request, name, query)
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        with self.lock:
            self.requests.append((kind, name))
        while self.held(kind, name):
            time.sleep(0.02)
        status, headers, content = (self.hand_on(request, body) if self.upstream else
                                    self.perform(request, kind, name, query, body))
        request.send_response(status)
        for header, value in headers:
            request.send_header(header, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(content)

    def hand_on(self, request, body):
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
        for header, value in request.headers.items():
            if header.lower() not in HOP:
                connection.putheader(header, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        headers = [(h, v) for h, v in answer.getheaders() if h.lower() not in (*HOP, "content-length")]
        size = answer.headers.get("Content-Length", 0) if request.command == "HEAD" else len(content)
        return answer.status, [*headers, ("Content-Length", size)], content

    def perform(self, request, kind, name, query, body):
        if kind == "put":
            self.objects[name] = (body, time.time())
            return answer_of(200, b"", [("ETag", etag(body))])
        if kind == "delete":
            self.objects.pop(name, None)
            return answer_of(204)
        if kind == "location":
            return answer_of(200, b"<LocationConstraint></LocationConstraint>")
        if kind == "list":
            return answer_of(200, self.listing(query).encode())
        if name not in self.objects:
            return answer_of(404, b"<Error><Code>NoSuchKey</Code></Error>")
        content, changed = self.objects[name]
        headers = [("ETag", etag(content)), ("Last-Modified", formatdate(changed, usegmt=True))]
        if kind != "get range":
            return answer_of(200, content, headers)
        first, last = request.headers["Range"].removeprefix("bytes=").split("-")
        last = min(int(last or len(content)), len(content) - 1)
        if int(first) > last:
            return answer_of(416, b"<Error><Code>InvalidRange</Code></Error>")
        headers.append(("Content-Range", f"bytes {first}-{last}/{len(content)}"))
        return answer_of(206, content[int(first):last + 1], headers)

    def listing(self, query):
        prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
        folders, entries = set(), ""
        for name, (content, changed) in sorted(self.objects.items()):
            if not name.startswith(prefix):
                continue
            rest = name[len(prefix):]
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.split(delimiter)[0] + delimiter)
                continue
            moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(changed))
            entries += (f"<Contents><Key>{escape(name)}</Key><LastModified>{moment}</LastModified>"
                        f"<ETag>{etag(content)}</ETag><Size>{len(content)}</Size></Contents>")
        entries += "".join(f"<CommonPrefixes><Prefix>{escape(f)}</Prefix></CommonPrefixes>"
                           for f in sorted(folders))
        return (f"<ListBucketResult><Name>{self.bucket}</Name><IsTruncated>false</IsTruncated>"
                f"{entries}</ListBucketResult>")


def kind_of(request, name, query):
    if request.command != "GET":
        return request.command.lower()
    if not name:
        return "location" if "location" in query else "list"
    return "get range" if "Range" in request.headers else "get"


def answer_of(status, content=b"", headers=()):
    return status, [*headers, ("Content-Length", len(content))], content


def etag(content):
    return f'"{hashlib.md5(content).hexdigest()}"'
