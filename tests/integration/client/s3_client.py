"""A small S3 client over the standard library: SigV4 by header with the payload's hash signed.

One object per thread. A request that got no whole answer raises Unanswered: whether it took effect is unknown.
"""
import base64
import datetime
import functools
import hashlib
import hmac
import http.client
import urllib.parse
import xml.etree.ElementTree

REGION = "us-east-1"


class Unanswered(Exception):
    pass


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@functools.lru_cache(maxsize=64)
def _signing_key(secret, date):
    key = _hmac(b"AWS4" + secret.encode(), date)
    for part in (REGION, "s3", "aws4_request"):
        key = _hmac(key, part)
    return key


class Client:
    def __init__(self, host, port, user, secret):
        self.host, self.port, self.user, self.secret = host, port, user, secret
        self.connection = None

    def _signed_headers(self, method, path, query, body, more=None, unsigned=False):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = {
            "host": f"{self.host}:{self.port}",
            "x-amz-content-sha256": "UNSIGNED-PAYLOAD" if unsigned else hashlib.sha256(body).hexdigest(),
            "x-amz-date": now,
            **{name.lower(): value for name, value in (more or {}).items()},
        }
        names = ";".join(sorted(headers))
        canonical = "\n".join(
            [method, path, query]
            + [f"{name}:{headers[name]}" for name in sorted(headers)]
            + ["", names, headers["x-amz-content-sha256"]]
        )
        scope = f"{now[:8]}/{REGION}/s3/aws4_request"
        to_sign = "\n".join(
            ["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()]
        )
        signature = _hmac(_signing_key(self.secret, now[:8]), to_sign).hex()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.user}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return headers

    def request(self, method, path, query=None, body=b"", headers=None):
        """The status, headers and body of the answer; `headers` are signed with the others."""
        text = urllib.parse.urlencode(sorted((query or {}).items()), quote_via=urllib.parse.quote)
        path = urllib.parse.quote(path)
        target = path + ("?" + text if text else "")
        headers = self._signed_headers(method, path, text, body, headers)
        if query and body:
            headers["Content-MD5"] = base64.b64encode(hashlib.md5(body).digest()).decode()
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
            self.connection.request(method, target, body=body, headers=headers)
            answer = self.connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        except (OSError, http.client.HTTPException) as problem:
            self.close()
            raise Unanswered(repr(problem)) from problem

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def expect(self, wanted, method, path, query=None, body=b"", headers=None):
        status, headers, answer = self.request(method, path, query, body, headers)
        if status not in wanted:
            raise AssertionError(f"{method} {path} {query}: {status} {answer[:500]!r}")
        return status, headers, answer

    def list_keys(self, bucket):
        """Every key with its size."""
        keys, token = {}, None
        while True:
            query = {"list-type": "2"}
            if token:
                query["continuation-token"] = token
            _, _, body = self.expect({200}, "GET", f"/{bucket}", query)
            root = xml.etree.ElementTree.fromstring(body)
            space = root.tag[: root.tag.index("}") + 1]
            for entry in root.iter(space + "Contents"):
                keys[entry.findtext(space + "Key")] = int(entry.findtext(space + "Size"))
            token = root.findtext(space + "NextContinuationToken")
            if not token:
                return keys

    def put_in_parts(self, path, parts):
        """A multipart upload; raises Unanswered when its completion's outcome is unknown or it never came so far."""
        _, _, body = self.expect({200}, "POST", path, {"uploads": ""})
        root = xml.etree.ElementTree.fromstring(body)
        upload = root.findtext(root.tag[: root.tag.index("}") + 1] + "UploadId")
        listed = ""
        for number, part in enumerate(parts, 1):
            _, headers, _ = self.expect(
                {200}, "PUT", path, {"partNumber": str(number), "uploadId": upload}, part
            )
            tags = {name.lower(): value for name, value in headers.items()}
            listed += f"<Part><PartNumber>{number}</PartNumber><ETag>{tags['etag']}</ETag></Part>"
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        self.expect({200}, "POST", path, {"uploadId": upload}, document)
