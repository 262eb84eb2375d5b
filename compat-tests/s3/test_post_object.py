import base64
import hashlib
import http.client
import unittest
import urllib.parse
import xml.etree.ElementTree as ElementTree

from s3_case import ENDPOINT, S3Case, client, pattern
from test_sts import service

BOUNDARY = "----compat-form-boundary"


def form(fields, file, name="file.bin"):
    """The body a browser sends for these fields and this file; without a name, no filename parameter."""
    out = []
    for field, value in fields:
        out.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode())
    named = "" if name is None else f'; filename="{name}"'
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"{named}\r\nContent-Type: text/plain\r\n\r\n'
    return b"".join(out) + head.encode() + file + f"\r\n--{BOUNDARY}--\r\n".encode()


class PostObject(S3Case):
    def presign(self, key="k", fields=(), conditions=(), signer=None, **arguments):
        """URL and fields of boto3's presigned POST; every one of `fields` gets its exact condition."""
        fields = dict(fields)
        conditions = [{name: value} for name, value in fields.items()] + list(conditions)
        signer = signer or client(signature_version="s3v4")
        made = signer.generate_presigned_post(self.bucket, key, Fields=fields, Conditions=conditions, **arguments)
        return made["url"], list(made["fields"].items())

    def send(self, url, body, content_type=f"multipart/form-data; boundary={BOUNDARY}"):
        where = urllib.parse.urlsplit(url)
        kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
        connection = kind(where.netloc)
        self.addCleanup(connection.close)
        connection.request("POST", where.path, body, {"Content-Type": content_type})
        answer = connection.getresponse()
        return answer, answer.read()

    def post(self, file=b"hello", name="file.bin", more=(), **arguments):
        url, fields = self.presign(**arguments)
        return self.send(url, form(fields + list(more), file, name))

    def assert_refused_with(self, answered, status, code, message=None):
        answer, body = answered
        self.assertEqual(answer.status, status, body)
        document = ElementTree.fromstring(body)
        self.assertEqual(document.findtext("Code"), code)
        if message is not None:
            self.assertEqual(document.findtext("Message"), message)
        self.assertEqual(self.keys(), [])
        return document

    def test_plain(self):
        answer, body = self.post()
        self.assertEqual((answer.status, body), (204, b""))
        got = self.get("k")
        self.assertEqual(got["Body"].read(), b"hello")
        self.assertEqual(answer.headers["ETag"], got["ETag"])
        self.assertTrue(answer.headers["Location"].endswith(f"/{self.bucket}/k"))
        self.assertEqual(got["ContentType"], "binary/octet-stream")

    def test_with_temporary_credentials(self):
        session = service("s3", service("sts").get_session_token(DurationSeconds=900)["Credentials"])
        answer, body = self.post(signer=session)
        self.assertEqual(answer.status, 204, body)
        self.assertEqual(self.read("k"), b"hello")
        url, fields = self.presign(signer=session)
        fields = [(name, value[:-8] + "AAAAAAA=" if name == "x-amz-security-token" else value) for name, value in fields]
        answer, body = self.send(url, form(fields, b"other"))
        self.assertEqual((answer.status, ElementTree.fromstring(body).findtext("Code")), (400, "InvalidToken"), body)
        self.assertEqual(self.read("k"), b"hello")

    def test_encrypted(self):
        key = base64.b64encode(b"k" * 32).decode()
        digest = base64.b64encode(hashlib.md5(b"k" * 32).digest()).decode()
        answer, body = self.post(fields={"x-amz-server-side-encryption": "AES256"})
        self.assertEqual((answer.status, answer.headers["x-amz-server-side-encryption"]), (204, "AES256"), body)
        self.assertEqual(self.get("k")["ServerSideEncryption"], "AES256")
        answer, body = self.post(fields={"x-amz-server-side-encryption-customer-algorithm": "AES256",
                                         "x-amz-server-side-encryption-customer-key": key,
                                         "x-amz-server-side-encryption-customer-key-MD5": digest})
        self.assertEqual(answer.status, 204, body)
        self.assert_refused("InvalidRequest", self.get, "k")
        self.assertEqual(self.read("k", SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32), b"hello")

    def test_large_and_awkward_bytes(self):
        file = pattern(3 << 20) + f"\r\n--{BOUNDARY[:-1]}\r\n\r\n--".encode()
        answer, body = self.post(file)
        self.assertEqual(answer.status, 204, body)
        self.assertEqual(self.read("k"), file)

    def test_fields_become_headers(self):
        tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>"
        fields = {"Content-Type": "image/x", "Cache-Control": "no-cache", "x-amz-meta-TEST": "v",
                  "acl": "private", "tagging": tags}
        answer, body = self.post(fields=fields)
        self.assertEqual(answer.status, 204, body)
        got = self.get("k")
        self.assertEqual((got["ContentType"], got["CacheControl"]), ("image/x", "no-cache"))
        self.assertEqual(got["Metadata"], {"test": "v"})
        stored = self.s3.get_object_tagging(Bucket=self.bucket, Key="k")["TagSet"]
        self.assertEqual(stored, [{"Key": "a", "Value": "1"}])

    def test_name_of_the_file(self):
        for name, key in (("a b.txt", "up/a b.txt"), ("C:\\dir\\c.txt", "up/c.txt"), (None, "up/${filename}")):
            with self.subTest(name):
                answer, body = self.post(key="up/${filename}", name=name)
                self.assertEqual(answer.status, 204, body)
                self.assertEqual(self.read(key), b"hello")

    def test_answers(self):
        answer, body = self.post(key="dir/k ü", fields={"success_action_status": "201"})
        self.assertEqual(answer.status, 201, body)
        document = ElementTree.fromstring(body)
        self.assertEqual(document.tag, "PostResponse")
        self.assertEqual((document.findtext("Bucket"), document.findtext("Key")), (self.bucket, "dir/k ü"))
        self.assertEqual(document.findtext("Location"), f"{ENDPOINT}/{self.bucket}/dir%2Fk%20%C3%BC")
        self.assertEqual(document.findtext("ETag"), answer.headers["ETag"])
        answer, body = self.post(fields={"success_action_status": "200"})
        self.assertEqual((answer.status, body), (200, b""))
        answer, body = self.post(fields={"success_action_redirect": "http://localhost/done"})
        self.assertEqual(answer.status, 303, body)
        where = urllib.parse.urlsplit(answer.headers["Location"])
        self.assertEqual(where.netloc + where.path, "localhost/done")
        self.assertEqual(urllib.parse.parse_qs(where.query),
                         {"bucket": [self.bucket], "key": ["k"], "etag": [answer.headers["ETag"]]})
        answer, body = self.post(fields={"success_action_redirect": "/relative"})
        self.assertEqual(answer.status, 204, body)

    def test_checksums(self):
        right = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
        self.assert_refused_with(self.post(b"other", fields={"x-amz-checksum-sha256": right}), 400, "BadDigest")
        self.assert_refused_with(self.post(fields={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}), 400, "BadDigest")
        answer, body = self.post(fields={"x-amz-checksum-sha256": right})
        self.assertEqual(answer.status, 204, body)
        self.assertEqual(self.get("k", ChecksumMode="ENABLED")["ChecksumSHA256"], right)

    def test_policy(self):
        url, fields = self.presign(key="k", conditions=[["starts-with", "$x-amz-meta-a", "b"]])
        failed = 'Invalid according to Policy: Policy Condition failed: ["starts-with", "$x-amz-meta-a", "b"]'
        body = form(fields, b"hello")
        self.assert_refused_with(self.send(url, body), 403, "AccessDenied", failed)
        body = form(fields + [("x-amz-meta-a", "c")], b"hello")
        self.assert_refused_with(self.send(url, body), 403, "AccessDenied", failed)
        extra = self.post(more=[("x-amz-meta-a", "b")])
        self.assert_refused_with(extra, 403, "AccessDenied",
                                 "Invalid according to Policy: Extra input fields: x-amz-meta-a")
        expired = self.post(ExpiresIn=-60)
        self.assert_refused_with(expired, 403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        other = [(name, "other" if name == "key" else value) for name, value in self.presign()[1]]
        self.assert_refused_with(self.send(url, form(other, b"x")), 403, "AccessDenied",
                                 'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "k"]')
        body = form(fields + [("x-amz-meta-a", "bc"), ("x-ignore-me", "1")], b"hello")
        self.assertEqual(self.send(url, body)[0].status, 204)

    def test_size(self):
        bounds = [["content-length-range", 5, 10]]
        large = self.assert_refused_with(self.post(b"x" * 12, conditions=bounds), 400, "EntityTooLarge",
                                         "Your proposed upload exceeds the maximum allowed size")
        self.assertEqual((large.findtext("ProposedSize"), large.findtext("MaxSizeAllowed")), ("12", "10"))
        small = self.assert_refused_with(self.post(b"x", conditions=bounds), 400, "EntityTooSmall",
                                         "Your proposed upload is smaller than the minimum allowed size")
        self.assertEqual((small.findtext("ProposedSize"), small.findtext("MinSizeAllowed")), ("1", "5"))
        for size in (5, 10):
            self.assertEqual(self.post(b"x" * size, conditions=bounds)[0].status, 204)

    def test_who_asks(self):
        url, fields = self.presign()
        without = [(name, value) for name, value in fields if name != "x-amz-signature"]
        missing = self.assert_refused_with(
            self.send(url, form(without, b"x")), 400, "InvalidArgument",
            "Bucket POST must contain a field named 'X-Amz-Signature'.  If it is specified, please check the order "
            "of the fields.")
        self.assertEqual(missing.findtext("ArgumentName"), "X-Amz-Signature")
        self.assert_refused_with(self.send(url, form([("key", "k")], b"x")), 403, "AccessDenied")
        cut = [(name, value[:-4] if name == "policy" else value) for name, value in fields]
        self.assert_refused_with(self.send(url, form(cut, b"x")), 403, "SignatureDoesNotMatch")
        wrong = client(secret_key="wrong", signature_version="s3v4")
        self.assert_refused_with(self.post(signer=wrong), 403, "SignatureDoesNotMatch")
        nobody = client(access_key="nobody", signature_version="s3v4")
        self.assert_refused_with(self.post(signer=nobody), 403, "InvalidAccessKeyId")
        old = client(signature_version="s3")
        self.assert_refused_with(self.post(signer=old), 400, "InvalidRequest")
        cased = [(name.title(), value) for name, value in fields]
        self.assertEqual(self.send(url, form(cased, b"x"))[0].status, 204)

    def test_no_form(self):
        url, fields = self.presign()
        other = self.assert_refused_with(self.send(url, b"x", "text/html"), 412, "PreconditionFailed")
        self.assertEqual(other.findtext("Condition"), "Bucket POST must be of the enclosure-type multipart/form-data")
        self.assert_refused_with(self.send(url, b"x", "multipart/form-data"), 400, "MalformedPOSTRequest")
        self.assert_refused_with(self.send(url, b"no form"), 400, "MalformedPOSTRequest")
        key = self.assert_refused_with(self.send(url, form(fields[1:], b"x")), 400, "InvalidArgument")
        self.assertEqual(key.findtext("ArgumentName"), "key")
        long_one = fields + [("x-ignore-me", "x" * 20480)]
        self.assert_refused_with(self.send(url, form(long_one, b"x")), 400, "MaxPostPreDataLengthExceeded")
        self.assert_refused_with(self.post(fields={"x-amz-server-side-encryption": "aws:kms:dsse"}), 501, "NotImplemented")

    def test_versions(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        answer, _ = self.post()
        version = answer.headers["x-amz-version-id"]
        self.assertEqual(self.read("k", VersionId=version), b"hello")
        self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=version)


if __name__ == "__main__":
    unittest.main()
