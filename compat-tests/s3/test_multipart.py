import hashlib
import io
import os
import tempfile
import unittest

from boto3.s3.transfer import TransferConfig
from s3_case import S3Case, pattern

PART = 5 << 20


class Multipart(S3Case):
    def upload(self, key, parts, **arguments):
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key=key, **arguments)["UploadId"]
        named = []
        for number, body in parts:
            answer = self.s3.upload_part(Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=number, Body=body)
            part = {"PartNumber": number, "ETag": answer["ETag"]}
            part.update({name: value for name, value in answer.items()
                         if name.startswith("Checksum") and name != "ChecksumType"})
            named.append(part)
        return upload, named

    def complete(self, key, upload, parts, **arguments):
        return self.s3.complete_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload,
                                                 MultipartUpload={"Parts": parts}, **arguments)

    def test_transfer(self):
        body = pattern(17 * 1024 * 1024 + 3)
        config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=4)
        self.s3.upload_fileobj(io.BytesIO(body), self.bucket, "big", Config=config,
                               ExtraArgs={"ContentType": "a/b", "Metadata": {"x": "y"}})
        head = self.s3.head_object(Bucket=self.bucket, Key="big")
        self.assertEqual((head["ContentLength"], head["ContentType"], head["Metadata"]), (len(body), "a/b", {"x": "y"}))
        digests = b"".join(hashlib.md5(body[at:at + PART]).digest() for at in range(0, len(body), PART))
        self.assertEqual(head["ETag"], f'"{hashlib.md5(digests).hexdigest()}-4"')
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "big")
            self.s3.download_file(self.bucket, "big", path, Config=config)
            with open(path, "rb") as file:
                self.assertEqual(file.read(), body)

    def test_parts_in_any_order_with_gaps(self):
        first, second, last = pattern(PART, 1), pattern(PART + 1, 2), b"end"
        upload, parts = self.upload("k", [(9, last), (2, first), (5, second)])
        parts.sort(key=lambda part: part["PartNumber"])
        listed = self.s3.list_parts(Bucket=self.bucket, Key="k", UploadId=upload)["Parts"]
        self.assertEqual([(p["PartNumber"], p["Size"]) for p in listed], [(2, PART), (5, PART + 1), (9, 3)])
        self.complete("k", upload, parts)
        self.assertEqual(self.read("k"), first + second + last)
        self.assertEqual(self.read("k", Range=f"bytes={PART - 2}-{PART + 1}"), first[-2:] + second[:2])
        got = self.get("k", PartNumber=5)
        self.assertEqual((got["Body"].read(), got["PartsCount"]), (second, 3))

    def test_checksums_of_each_kind(self):
        body = pattern(PART + 10)
        for algorithm in ("CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME", "SHA512",
                          "XXHASH64", "XXHASH3", "XXHASH128"):
            with self.subTest(algorithm):
                upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="k", ChecksumAlgorithm=algorithm)
                parts = []
                for number, piece in enumerate((body[:PART], body[PART:]), 1):
                    answer = self.s3.upload_part(Bucket=self.bucket, Key="k", UploadId=upload["UploadId"],
                                                 PartNumber=number, Body=piece, ChecksumAlgorithm=algorithm)
                    name = "Checksum" + algorithm
                    parts.append({"PartNumber": number, "ETag": answer["ETag"], name: answer[name]})
                done = self.complete("k", upload["UploadId"], parts)
                composite = algorithm != "CRC64NVME"
                self.assertEqual(done["ChecksumType"], "COMPOSITE" if composite else "FULL_OBJECT")
                self.assertEqual(done["Checksum" + algorithm].endswith("-2"), composite)
                self.assertEqual(self.read("k"), body)

    def test_full_object_checksum(self):
        body = pattern(PART + 10)
        whole = self.put("direct", body, ChecksumAlgorithm="CRC32")["ChecksumCRC32"]
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="k", ChecksumAlgorithm="CRC32",
                                                 ChecksumType="FULL_OBJECT")["UploadId"]
        parts = []
        for number, piece in enumerate((body[:PART], body[PART:]), 1):
            answer = self.s3.upload_part(Bucket=self.bucket, Key="k", UploadId=upload, PartNumber=number, Body=piece)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        self.assert_refused("BadDigest", self.complete, "k", upload, parts, ChecksumCRC32="AAAAAA==")
        self.assertEqual(self.complete("k", upload, parts, ChecksumCRC32=whole)["ChecksumCRC32"], whole)
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="k", ChecksumMode="ENABLED")["ChecksumCRC32"], whole)

    def test_refusals(self):
        upload, parts = self.upload("k", [(1, b"small"), (2, b"end")])
        self.assert_refused("EntityTooSmall", self.complete, "k", upload, parts)
        self.assert_refused("InvalidPartOrder", self.complete, "k", upload, parts[::-1])
        self.assert_refused("InvalidPart", self.complete, "k", upload, [dict(parts[0], ETag='"' + "0" * 32 + '"')])
        self.assert_refused("NoSuchKey", self.get, "k")
        self.s3.abort_multipart_upload(Bucket=self.bucket, Key="k", UploadId=upload)
        self.assert_refused("NoSuchUpload", self.complete, "k", upload, parts)
        self.assert_refused("NoSuchUpload", self.s3.list_parts, Bucket=self.bucket, Key="k", UploadId=upload)

    def test_uploads_are_listed(self):
        ids = {key: self.s3.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]
               for key in ("a", "d/b", "d/c")}
        pages = self.s3.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.bucket, PaginationConfig={"PageSize": 1})
        listed = {u["Key"]: u["UploadId"] for page in pages for u in page.get("Uploads", [])}
        self.assertEqual(listed, ids)
        grouped = self.s3.list_multipart_uploads(Bucket=self.bucket, Delimiter="/")
        self.assertEqual([u["Key"] for u in grouped["Uploads"]], ["a"])
        self.assertEqual([p["Prefix"] for p in grouped["CommonPrefixes"]], ["d/"])

    def test_part_copy(self):
        body = pattern(PART + 100)
        self.put("source", body)
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="k")["UploadId"]
        parts = []
        for number, (first, last) in enumerate(((0, PART - 1), (PART, PART + 99)), 1):
            answer = self.s3.upload_part_copy(Bucket=self.bucket, Key="k", UploadId=upload, PartNumber=number,
                                              CopySource={"Bucket": self.bucket, "Key": "source"},
                                              CopySourceRange=f"bytes={first}-{last}")["CopyPartResult"]
            named = {name: value for name, value in answer.items() if name.startswith("Checksum") or name == "ETag"}
            parts.append({"PartNumber": number, **named})
        self.complete("k", upload, parts)
        self.assertEqual(self.read("k"), body)

    def test_conditional_completion(self):
        self.put("k", b"there")
        upload, parts = self.upload("k", [(1, b"new")])
        self.assert_refused("PreconditionFailed", self.complete, "k", upload, parts, IfNoneMatch="*")
        self.assertEqual(self.read("k"), b"there")
        self.complete("k", upload, parts)
        self.assertEqual(self.read("k"), b"new")


if __name__ == "__main__":
    unittest.main()
