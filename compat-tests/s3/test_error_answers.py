"""What S3's error documents say, asked by hand: elements beside the code, and the code of each mistake."""
import base64
import hashlib
import http.client
import unittest
import urllib.parse
import xml.etree.ElementTree as ElementTree

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from s3_case import ACCESS_KEY, ENDPOINT, REGION, SECRET_KEY, S3Case

HOST = urllib.parse.urlsplit(ENDPOINT).netloc


def send(method, path, headers=None, body=None):
    """Status and the elements of the error document, or the body."""
    connection = http.client.HTTPConnection(HOST, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if not text.startswith(b"<?xml") or b"<Error>" not in text:
        return answer.status, text
    return answer.status, {one.tag: one.text or "" for one in ElementTree.fromstring(text)}


def signed(method, path, headers=None, body=b"", without=(), length=True):
    """The same with a signature; the headers named in `without` are signed and not sent."""
    request = AWSRequest(method, ENDPOINT + path, data=body, headers=dict(headers or {}))
    S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION).add_auth(request)
    out = {name: value for name, value in request.headers.items() if name.lower() not in without}
    if length:
        out["Content-Length"] = str(len(body))
    return send(method, path, out, body)


class ErrorAnswers(S3Case):
    def test_what_it_is_about(self):
        absent = self.bucket + "-absent"
        self.put("k")
        for method, path, headers, status, code, element, value in (
                ("GET", f"/{self.bucket}/none", {}, 404, "NoSuchKey", "Key", "none"),
                ("GET", f"/{absent}/k", {}, 404, "NoSuchBucket", "BucketName", absent),
                ("GET", f"/{self.bucket}/k?uploadId=none", {}, 404, "NoSuchUpload", "UploadId", "none"),
                ("GET", f"/{self.bucket}/k", {"If-Match": '"x"'}, 412, "PreconditionFailed", "Condition", "If-Match"),
                ("PUT", f"/{self.bucket}/k", {"If-None-Match": "*"}, 412, "PreconditionFailed", "Condition",
                 "If-None-Match"),
                ("POST", f"/{self.bucket}/k", {}, 405, "MethodNotAllowed", "ResourceType", "OBJECT"),
                ("PUT", f"/{self.bucket}/c", {"x-amz-copy-source": f"/{self.bucket}/gone"}, 404, "NoSuchKey", "Key",
                 "gone"),
                ("PUT", f"/{self.bucket}/k", {"If-None-Match": '"x"'}, 501, "NotImplemented", "Header",
                 "If-None-Match"),
                ("DELETE", f"/{self.bucket}", {"If-Match": '"x"'}, 501, "NotImplemented", "Header", "if-match"),
                ("GET", f"/{self.bucket}/k", {"x-amz-server-side-encryption": "AES256"}, 400, "InvalidArgument",
                 "ArgumentName", "x-amz-server-side-encryption"),
                ("GET", "/?max-buckets=10001", {}, 400, "InvalidArgument", "ArgumentName", "max-buckets")):
            with self.subTest(path=path, headers=headers):
                got, about = signed(method, path, headers)
                self.assertEqual((got, about["Code"], about.get(element)), (status, code, value), about)

    def test_signatures(self):
        path = f"/{self.bucket}/k"
        for status, code, answer in (
                (400, "InvalidRequest", signed("GET", path, without=("x-amz-content-sha256",))),
                (403, "AccessDenied", signed("GET", path, without=("x-amz-date",))),
                (400, "InvalidArgument", send("GET", path, {"Authorization": "Basic Og=="})),
                (400, "InvalidArgument", signed("GET", path + "?X-Amz-Credential=x")),
                (400, "InvalidURI", signed("GET", f"/{self.bucket}/%zz")),
                (400, "InvalidURI", signed("GET", f"/{self.bucket}?prefix=%FF"))):
            with self.subTest(code, answer=answer):
                self.assertEqual((answer[0], answer[1]["Code"]), (status, code))

    def test_everybody_learns_which_buckets_there_are(self):
        status, about = send("GET", f"/{self.bucket}-absent/k")
        self.assertEqual((status, about["Code"]), (404, "NoSuchBucket"))
        status, about = send("GET", f"/{self.bucket}/k")
        self.assertEqual((status, about["Code"]), (403, "AccessDenied"))

    def test_a_body_has_a_length(self):
        path = f"/{self.bucket}/k"
        status, about = signed("PUT", path, length=False)
        self.assertEqual((status, about["Code"]), (411, "MissingContentLength"))
        headers = {"Transfer-Encoding": "chunked", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
        status, about = signed("PUT", path, headers, length=False)
        self.assertEqual((status, about["Code"]), (501, "NotImplemented"))
        self.assertEqual(self.keys(), [])

    def test_named_checksums(self):
        crc32_of_x = "jNwWgw=="
        for named, more, code in (("FOO", {}, "InvalidRequest"), ("CRC32", {}, "InvalidRequest"),
                                  ("SHA1", {"x-amz-checksum-crc32": crc32_of_x}, "BadDigest")):
            headers = {"x-amz-sdk-checksum-algorithm": named, **more}
            status, about = signed("PUT", f"/{self.bucket}/k", headers, b"x")
            self.assertEqual((status, about["Code"]), (400, code))
        self.assertEqual(self.keys(), [])

    def test_documents_are_xml(self):
        for text in ("<Delete><Object><Key>&bogus;</Key></Object></Delete>",
                     "<Delete><Object><Key>&#xD800;</Key></Object></Delete>",
                     "<Delete><Object><Key>a & b</Key></Object></Delete>",
                     "<Delete><Object><Key>a</Key></Object></Delete> more",
                     '<?xml version="1.0" encoding="UTF-16"?><Delete><Object><Key>a</Key></Object></Delete>'):
            with self.subTest(text):
                digest = base64.b64encode(hashlib.md5(text.encode()).digest()).decode()
                status, about = signed("POST", f"/{self.bucket}?delete", {"Content-MD5": digest}, text.encode())
                self.assertEqual((status, about["Code"]), (400, "MalformedXML"))

    def test_a_completed_upload_is_of_its_parts(self):
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="k")["UploadId"]
        part = self.s3.upload_part(Bucket=self.bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"p")["ETag"]
        complete = lambda etag: self.s3.complete_multipart_upload(
            Bucket=self.bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
        complete(part)
        complete(part)
        self.assert_refused("NoSuchUpload", complete, '"' + "0" * 32 + '"')

    def test_an_upload_onto_an_object(self):
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="k")["UploadId"]
        part = self.s3.upload_part(Bucket=self.bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"p")["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
        self.assert_refused("NoSuchKey", self.s3.complete_multipart_upload, Bucket=self.bucket, Key="k",
                            UploadId=upload, MultipartUpload=parts, IfMatch='"x"')
        self.s3.complete_multipart_upload(Bucket=self.bucket, Key="k", UploadId=upload, MultipartUpload=parts,
                                          IfNoneMatch="*")

    def test_a_rename_is_done_once(self):
        path, headers = f"/{self.bucket}/b?renameObject", {"x-amz-rename-source": "a", "x-amz-client-token": "t1"}
        self.put("a", b"first")
        self.assertEqual(signed("PUT", path, headers)[0], 200)
        self.put("a", b"second")
        self.assertEqual(signed("PUT", path, headers)[0], 200)
        self.assertEqual((self.read("a"), self.read("b")), (b"second", b"first"))
        status, about = signed("PUT", path, dict(headers, **{"x-amz-rename-source": "c"}))
        self.assertEqual((status, about["Code"]), (400, "IdempotencyParameterMismatch"))

    def test_the_other_method(self):
        for method, path in (("DELETE", f"/{self.bucket}?acl"), ("PUT", f"/{self.bucket}?location")):
            status, about = signed(method, path)
            self.assertEqual((status, about["Code"]), (405, "MethodNotAllowed"))
        self.assertEqual(signed("PUT", f"/{self.bucket}/k", {"x-amz-tagging-count": "1", "x-amz-cf-id": "x"})[0], 200)


if __name__ == "__main__":
    unittest.main()
