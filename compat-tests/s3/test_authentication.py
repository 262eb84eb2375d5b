import contextlib
import datetime
import unittest
import urllib.error
import urllib.request
from unittest import mock

import botocore.auth
import botocore.crt.auth
from s3_case import ACCESS_KEY, ENDPOINT, S3Case, client


class Authentication(S3Case):
    def test_wrong_secret_and_unknown_key(self):
        self.assert_refused("SignatureDoesNotMatch", client(secret_key="wrong").list_buckets)
        self.assert_refused("InvalidAccessKeyId", client(access_key="nobody").list_buckets)
        self.assert_refused("403", client(secret_key="wrong").head_bucket, Bucket=self.bucket)

    def test_anonymous(self):
        self.put("k", b"secret")
        for method, path in (("GET", f"{self.bucket}/k"), ("GET", ""), ("PUT", f"{self.bucket}/x"),
                             ("DELETE", f"{self.bucket}/k")):
            with self.subTest((method, path)):
                request = urllib.request.Request(f"{ENDPOINT}/{path}", method=method)
                with self.assertRaises(urllib.error.HTTPError) as caught:
                    urllib.request.urlopen(request)
                self.assertEqual(caught.exception.code, 403)
                self.assertIn(b"<Code>AccessDenied</Code>", caught.exception.read())
        self.assertEqual(self.keys(), ["k"])

    def at_another_time(self, offset):
        """The client's clock is off while it signs, whichever of botocore's signers does it."""
        def now(remove_tzinfo=True):
            shifted = datetime.datetime.now(datetime.timezone.utc) + offset
            return shifted.replace(tzinfo=None) if remove_tzinfo else shifted

        stack = contextlib.ExitStack()
        for module in (botocore.auth, botocore.crt.auth):
            stack.enter_context(mock.patch.object(module, "get_current_datetime", now))
        return stack

    def test_skewed_clock(self):
        for minutes in (-20, 20):
            with self.subTest(minutes), self.at_another_time(datetime.timedelta(minutes=minutes)):
                self.assert_refused("RequestTimeTooSkewed", client().list_buckets)

    def test_presigned(self):
        self.put("k ü", b"secret", ContentType="a/b")
        # Without this botocore presigns with version 2, see differences/s3.md.
        signer = client(signature_version="s3v4")
        url = signer.generate_presigned_url("get_object", {"Bucket": self.bucket, "Key": "k ü"}, ExpiresIn=60)
        with urllib.request.urlopen(url) as answer:
            self.assertEqual(answer.read(), b"secret")
        put = signer.generate_presigned_url("put_object", {"Bucket": self.bucket, "Key": "new"}, ExpiresIn=60)
        with urllib.request.urlopen(urllib.request.Request(put, b"written", method="PUT")) as answer:
            self.assertEqual(answer.status, 200)
        self.assertEqual(self.read("new"), b"written")
        last = "0" if url[-1] != "0" else "1"
        for broken in (url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"), url[:-1] + last, url.replace("k%20", "l%20")):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(broken)
            self.assertEqual(caught.exception.code, 403)

    def test_presigned_with_a_checksum(self):
        """As the SDK for JavaScript does it: the checksum in the URL is that of a body it did not have."""
        signer = client(signature_version="s3v4")

        def put(checksum, body):
            def add_before_signing(request, **_):
                request.params = {**(request.params or {}), "x-amz-checksum-crc32": checksum,
                                  "x-amz-sdk-checksum-algorithm": "CRC32"}
            signer.meta.events.register_last("before-sign.s3.PutObject", add_before_signing)
            url = signer.generate_presigned_url("put_object", {"Bucket": self.bucket, "Key": "k"}, ExpiresIn=60)
            signer.meta.events.unregister("before-sign.s3.PutObject", add_before_signing)
            self.assertIn("x-amz-checksum-crc32=", url)
            urllib.request.urlopen(urllib.request.Request(url, body, method="PUT"))

        put("AAAAAA==", b"hello")
        self.assertEqual(self.read("k"), b"hello")
        put("NhCmhg==", b"hello")
        with self.assertRaises(urllib.error.HTTPError) as caught:
            put("NhCmhg==", b"hellO")
        self.assertIn(b"BadDigest", caught.exception.read())
        self.assertEqual(self.read("k"), b"hello")

    def test_expired(self):
        with self.at_another_time(datetime.timedelta(minutes=-10)):
            url = client(signature_version="s3v4").generate_presigned_url("list_buckets", ExpiresIn=60)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url)
        self.assertEqual(caught.exception.code, 403)
        self.assertIn(b"Request has expired", caught.exception.read())

    def test_unsigned_header_is_refused(self):
        def add_after_signing(request, **_):
            request.headers["x-amz-acl"] = "private"

        sender = client()
        sender.meta.events.register("before-send.s3.PutObject", add_after_signing)
        self.assert_refused("AccessDenied", sender.put_object, Bucket=self.bucket, Key="k", Body=b"x")

    def test_signature_version_2(self):
        old = client(signature_version="s3")
        self.assert_refused("InvalidRequest", old.list_buckets)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(old.generate_presigned_url("list_buckets", ExpiresIn=60))
        self.assertEqual(caught.exception.code, 400)
        self.assertIn(b"AWS4-HMAC-SHA256", caught.exception.read())

    def test_who_owns(self):
        owner = self.s3.list_buckets()["Owner"]["ID"]
        self.put("k")
        listed = self.s3.list_objects(Bucket=self.bucket)["Contents"][0]["Owner"]["ID"]
        self.assertEqual(listed, owner)
        self.assertTrue(ACCESS_KEY)


if __name__ == "__main__":
    unittest.main()
