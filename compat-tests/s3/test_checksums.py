import base64
import hashlib
import unittest

from s3_case import S3Case, client, pattern, sending


class Checksums(S3Case):
    def test_each_algorithm(self):
        body = pattern(300_000)
        for algorithm in ("CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME", "SHA512",
                          "XXHASH64", "XXHASH3", "XXHASH128"):
            with self.subTest(algorithm):
                name = "Checksum" + algorithm
                stored = self.put("k", body, ChecksumAlgorithm=algorithm)[name]
                head = self.s3.head_object(Bucket=self.bucket, Key="k", ChecksumMode="ENABLED")
                self.assertEqual((head[name], head["ChecksumType"]), (stored, "FULL_OBJECT"))
                # botocore checks the body against the header while it reads.
                self.assertEqual(self.read("k", ChecksumMode="ENABLED"), body)

    def test_known_value(self):
        digest = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
        self.assertEqual(self.put("k", b"hello", ChecksumSHA256=digest)["ChecksumSHA256"], digest)

    def test_md5(self):
        # botocore knows the name and does not compute it.
        digest = base64.b64encode(hashlib.md5(b"hello").digest()).decode()
        self.assertEqual(self.put("k", b"hello", ChecksumMD5=digest)["ChecksumMD5"], digest)
        head = self.s3.head_object(Bucket=self.bucket, Key="k", ChecksumMode="ENABLED")
        self.assertEqual(head["ChecksumMD5"], digest)
        self.assert_refused("BadDigest", self.put, "k", b"hellO", ChecksumMD5=digest)

    def test_wrong_value(self):
        for settings in (dict(ChecksumCRC32="AAAAAA=="), dict(ChecksumSHA1=base64.b64encode(bytes(20)).decode()),
                         dict(ContentMD5=base64.b64encode(bytes(16)).decode())):
            with self.subTest(settings):
                self.assert_refused("BadDigest", self.put, "k", b"hello", **settings)
        self.assertEqual(self.keys(), [])

    def test_without_checksums(self):
        quiet = client(request_checksum_calculation="when_required", response_checksum_validation="when_required")
        quiet.put_object(Bucket=self.bucket, Key="k", Body=b"hello")
        self.assertEqual(quiet.get_object(Bucket=self.bucket, Key="k")["Body"].read(), b"hello")

    def test_signed_payload(self):
        signed = client(s3={"addressing_style": "path", "payload_signing_enabled": True})
        signed.put_object(Bucket=self.bucket, Key="k", Body=b"hello")
        self.assertEqual(self.read("k"), b"hello")

    def test_copy_with_another_algorithm(self):
        body = pattern(100_000)
        expected = base64.b64encode(hashlib.sha256(body).digest()).decode()
        self.put("k", body)
        result = self.s3.copy_object(Bucket=self.bucket, Key="copy", CopySource={"Bucket": self.bucket, "Key": "k"},
                                     ChecksumAlgorithm="SHA256")["CopyObjectResult"]
        self.assertEqual(result["ChecksumSHA256"], expected)

    def test_of_no_body(self):
        """The SDK for Java 2.57 declares the checksum of no bytes wherever there is no body."""
        self.put("k", b"hello")
        calls = {
            "GetObject": lambda: self.read("k"), "HeadBucket": lambda: self.s3.head_bucket(Bucket=self.bucket),
            "ListBuckets": self.s3.list_buckets, "ListObjectsV2": self.keys,
            "CopyObject": lambda: self.s3.copy_object(Bucket=self.bucket, Key="copy",
                                                      CopySource=f"{self.bucket}/k"),
            "CreateMultipartUpload": lambda: self.s3.create_multipart_upload(Bucket=self.bucket, Key="k"),
            "CreateBucket": self.make_bucket, "DeleteObject": lambda: self.s3.delete_object(Bucket=self.bucket, Key="k"),
        }
        for name, call in calls.items():
            with self.subTest(name):
                with sending(self.s3, {"x-amz-checksum-crc32": "NhCmhg=="}):
                    self.assert_refused("400" if name == "HeadBucket" else "BadDigest", call)
                with sending(self.s3, {"x-amz-checksum-crc32": "AAAAAA=="}):
                    call()

    def test_algorithm_named_alone(self):
        """minio-go names the algorithm of uploads that bring no checksum of it."""
        digest = base64.b64encode(hashlib.sha1(b"hello").digest()).decode()
        quiet = client(request_checksum_calculation="when_required")
        with sending(quiet, {"x-amz-checksum-algorithm": "SHA1"}):
            self.assertEqual(quiet.put_object(Bucket=self.bucket, Key="k", Body=b"hello")["ChecksumSHA1"], digest)
            self.assert_refused("InvalidRequest", quiet.put_object, Bucket=self.bucket, Key="k", Body=b"hello",
                                ChecksumCRC32="NhCmhg==")

    def test_version_of_the_api(self):
        """The SDK for C++ names it in every request."""
        with sending(self.s3, {"x-amz-api-version": "2006-03-01"}):
            self.put("k", b"hello")
            self.assertEqual(self.read("k"), b"hello")
        with sending(self.s3, {"x-amz-api-version": "2026-01-01"}):
            self.assert_refused("NotImplemented", self.put, "k", b"hello")


if __name__ == "__main__":
    unittest.main()
