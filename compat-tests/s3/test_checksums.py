import base64
import hashlib
import unittest

from s3_case import S3Case, client, pattern


class Checksums(S3Case):
    def test_each_algorithm(self):
        body = pattern(300_000)
        for algorithm in ("CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME", "SHA512", "MD5",
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


if __name__ == "__main__":
    unittest.main()
