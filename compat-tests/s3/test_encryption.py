"""Server-side encryption: SSE-S3, SSE-KMS with the built-in key, SSE-C, default encryption."""
import hashlib
import os
import tempfile

from botocore.exceptions import ClientError

from s3_case import S3Case, pattern
from test_aws_cli import aws

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
SSE_C = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
PART = 5 * 1024 * 1024


class Encryption(S3Case):
    def code_of(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        return caught.exception.response["Error"]["Code"]

    def test_kinds_come_back(self):
        bucket = self.make_bucket()
        ways = {
            "s3": ({"ServerSideEncryption": "AES256"}, {}),
            "kms": ({"ServerSideEncryption": "aws:kms"}, {}),
            "c": (SSE_C, SSE_C),
        }
        body = pattern(300_000)
        for name, (write, read) in ways.items():
            with self.subTest(name):
                put = self.s3.put_object(Bucket=bucket, Key=name, Body=body, **write)
                got = self.s3.get_object(Bucket=bucket, Key=name, **read)
                self.assertEqual(got["Body"].read(), body)
                head = self.s3.head_object(Bucket=bucket, Key=name, **read)
                self.assertEqual(head["ContentLength"], len(body))
                part = self.s3.get_object(Bucket=bucket, Key=name, Range="bytes=65530-65540", **read)
                self.assertEqual(part["Body"].read(), body[65530:65541])
                md5 = f'"{hashlib.md5(body).hexdigest()}"'
                self.assertEqual(put["ETag"] == md5, name == "s3")
                for answer in (put, got, head):
                    self.assertEqual(answer.get("ServerSideEncryption"),
                                     write.get("ServerSideEncryption"))
                    self.assertEqual(answer.get("SSECustomerAlgorithm"),
                                     write.get("SSECustomerAlgorithm"))
                    self.assertEqual("SSEKMSKeyId" in answer, name == "kms")
        listed = self.s3.list_objects_v2(Bucket=bucket)["Contents"]
        self.assertEqual({one["Size"] for one in listed}, {len(body)})

    def test_customer_keys_are_asked_for(self):
        bucket = self.make_bucket()
        self.s3.put_object(Bucket=bucket, Key="k", Body=b"x", **SSE_C)
        at = {"Bucket": bucket, "Key": "k"}
        self.assertEqual(self.code_of(self.s3.get_object, **at), "InvalidRequest")
        self.assertEqual(self.code_of(self.s3.head_object, **at), "400")
        wrong = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": OTHER}
        self.assertEqual(self.code_of(self.s3.get_object, **at, **wrong), "AccessDenied")
        self.assertEqual(self.code_of(self.s3.head_object, **at, **wrong), "403")

    def test_uploads_and_copies(self):
        bucket = self.make_bucket()
        parts = [pattern(PART), pattern(PART + 1, 2), b"end"]
        whole = b"".join(parts)
        upload = self.s3.create_multipart_upload(Bucket=bucket, Key="parts", **SSE_C)["UploadId"]
        done = []
        for number, body in enumerate(parts, 1):
            made = self.s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload,
                                       PartNumber=number, Body=body, **SSE_C)
            done.append({"PartNumber": number, "ETag": made["ETag"]})
        self.s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload,
                                          MultipartUpload={"Parts": done})
        got = self.s3.get_object(Bucket=bucket, Key="parts", **SSE_C)
        self.assertEqual(got["Body"].read(), whole)
        second = self.s3.get_object(Bucket=bucket, Key="parts", PartNumber=2, **SSE_C)
        self.assertEqual(second["Body"].read(), parts[1])
        source = {"CopySource": {"Bucket": bucket, "Key": "parts"},
                  "CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": KEY}
        for target in ({}, {"ServerSideEncryption": "AES256"}, {"ServerSideEncryption": "aws:kms"}):
            copied = self.s3.copy_object(Bucket=bucket, Key="copy", **source, **target)
            self.assertEqual(copied.get("ServerSideEncryption"), target.get("ServerSideEncryption"))
            got = self.s3.get_object(Bucket=bucket, Key="copy")
            self.assertEqual(got["Body"].read(), whole)

    def test_default_encryption(self):
        bucket = self.make_bucket()
        self.assertEqual(self.code_of(self.s3.get_bucket_encryption, Bucket=bucket),
                         "ServerSideEncryptionConfigurationNotFoundError")
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
                "BucketKeyEnabled": True}
        self.s3.put_bucket_encryption(Bucket=bucket,
                                      ServerSideEncryptionConfiguration={"Rules": [rule]})
        kept = self.s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
        self.assertEqual(kept["Rules"], [rule])
        put = self.s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        self.assertEqual(put["ServerSideEncryption"], "aws:kms")
        self.assertTrue(put["SSEKMSKeyId"].endswith(":key/aws/s3"))
        self.assertTrue(put["BucketKeyEnabled"])
        self.s3.delete_bucket_encryption(Bucket=bucket)
        self.assertNotIn("ServerSideEncryption",
                         self.s3.put_object(Bucket=bucket, Key="k", Body=b"x"))
        self.assertEqual(
            self.code_of(self.s3.put_object, Bucket=bucket, Key="k", Body=b"x",
                         ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/nothere"),
            "KMS.NotFoundException")
        self.assertEqual(
            self.code_of(self.s3.put_object, Bucket=bucket, Key="k", Body=b"x",
                         ServerSideEncryption="aws:kms:dsse"),
            "NotImplemented")

    def test_command_line(self):
        bucket = self.make_bucket()
        with tempfile.TemporaryDirectory() as folder:
            key, body, back = (os.path.join(folder, name) for name in ("key", "body", "back"))
            with open(key, "wb") as out:
                out.write(KEY)
            with open(body, "wb") as out:
                out.write(pattern(20 * 1024 * 1024))
            for name, write, read in (
                ("s3", ["--sse", "AES256"], []),
                ("kms", ["--sse", "aws:kms"], []),
                ("c", ["--sse-c", "AES256", "--sse-c-key", f"fileb://{key}"],
                 ["--sse-c", "AES256", "--sse-c-key", f"fileb://{key}"])):
                with self.subTest(name):
                    target = f"s3://{bucket}/{name}"
                    aws("s3", "cp", "--quiet", body, target, *write)
                    aws("s3", "cp", "--quiet", target, back, *read)
                    with open(body, "rb") as one, open(back, "rb") as other:
                        self.assertEqual(one.read(), other.read())
