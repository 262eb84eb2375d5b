"""What all cases share: clients for the server under test, buckets that clean up after themselves.

The server is named by S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY and S3_REGION.
"""
import contextlib
import os
import random
import unittest
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["S3_ENDPOINT"]
ACCESS_KEY = os.environ["S3_ACCESS_KEY"]
SECRET_KEY = os.environ["S3_SECRET_KEY"]
REGION = os.environ.get("S3_REGION", "us-east-1")


def client(access_key=ACCESS_KEY, secret_key=SECRET_KEY, **config):
    config.setdefault("retries", {"max_attempts": 0})
    config.setdefault("s3", {"addressing_style": "path"})
    return boto3.client(
        "s3",
        endpoint_url=ENDPOINT,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(**config),
    )


@contextlib.contextmanager
def sending(s3, headers, without=()):
    """Every request of the block carries the headers, as other SDKs send them, and is signed with them."""
    def change(request, **_):
        for name in without:
            del request.headers[name]
        for name, value in headers.items():
            request.headers[name] = value
    s3.meta.events.register_last("before-sign.s3", change)
    try:
        yield
    finally:
        s3.meta.events.unregister("before-sign.s3", change)


def pattern(size, seed=1):
    """Bytes that do not repeat, the same for the same seed."""
    return random.Random(seed).randbytes(size)


class S3Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.s3 = client()

    def setUp(self):
        self.bucket = self.make_bucket()

    def make_bucket(self):
        name = "compat-" + uuid.uuid4().hex[:20]
        self.s3.create_bucket(Bucket=name)
        self.addCleanup(self.remove_bucket, name)
        return name

    def remove_bucket(self, name):
        for upload in self.s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
            self.s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
        for key in self.keys(name):
            self.s3.delete_object(Bucket=name, Key=key)
        self.s3.delete_bucket(Bucket=name)

    def keys(self, bucket=None, **arguments):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket or self.bucket, **arguments)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def put(self, key, body=b"", **arguments):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **arguments)

    def get(self, key, **arguments):
        return self.s3.get_object(Bucket=self.bucket, Key=key, **arguments)

    def read(self, key, **arguments):
        return self.get(key, **arguments)["Body"].read()

    def assert_refused(self, code, call, *arguments, **named):
        """The call fails with S3's code (or, for HEAD, its status)."""
        with self.assertRaises(ClientError) as caught:
            call(*arguments, **named)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception.response
