# SPDX-License-Identifier: Apache-2.0
"""What tests do themselves with a bucket by S3's API; requests are signed by hand."""
import datetime
import hashlib
import hmac
import http.client
import re
import urllib.parse


class S3Client:
    def __init__(self, endpoint, access_key, secret_key, bucket):
        self.endpoint, self.access_key, self.secret_key = endpoint, access_key, secret_key
        self.bucket = bucket

    def make_bucket(self):
        self.request("PUT")

    def get(self, name):
        return self.request("GET", name)

    def put(self, name, content):
        self.request("PUT", name, body=content)

    def names(self, prefix=""):
        """The objects whose names begin with `prefix`: of the first page."""
        page = self.request("GET", query={"list-type": "2", "prefix": prefix}).decode()
        assert "<IsTruncated>true" not in page
        return re.findall(r"<Key>([^<]+)</Key>", page)

    def request(self, method, name="", query=(), body=b""):
        """The body of an answer, which must be a success."""
        path = urllib.parse.quote(f"/{self.bucket}/{name}" if name else f"/{self.bucket}")
        query = urllib.parse.urlencode(sorted(dict(query).items()), quote_via=urllib.parse.quote,
                                       safe="")
        headers = self._signed(method, path, query, hashlib.sha256(body).hexdigest())
        connection = http.client.HTTPConnection(self.endpoint, timeout=20)
        connection.request(method, f"{path}?{query}" if query else path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status in (200, 204), f"{method} {path}: {answer.status} {content[:300]}"
        return content

    def _signed(self, method, path, query, body_hash):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": self.endpoint, "x-amz-content-sha256": body_hash, "x-amz-date": now}
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{body_hash}"
        scope = f"{now[:8]}/us-east-1/s3/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = ("AWS4" + self.secret_key).encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, "
                                    f"SignedHeaders={names}, Signature={signature}")
        return headers
