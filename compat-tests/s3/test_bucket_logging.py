"""Access logs and journals of buckets, through boto3; the elements that are Ceph's go by raw signed requests."""
import base64
import hashlib
import threading
import time
import unittest
import urllib.error
import urllib.request

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from s3_case import ACCESS_KEY, ENDPOINT, REGION, SECRET_KEY, S3Case

DEADLINE_SECONDS = 30


def document(target, more=""):
    return (f"<BucketLoggingStatus><LoggingEnabled><TargetBucket>{target}</TargetBucket><TargetPrefix>p/</TargetPrefix>"
            f"{more}</LoggingEnabled></BucketLoggingStatus>").encode()


class BucketLogging(S3Case):
    def setUp(self):
        super().setUp()
        self.target = self.make_bucket()

    def remove_bucket(self, name):
        # Lines of the last requests may come in between.
        self.s3.put_bucket_logging(Bucket=self.bucket, BucketLoggingStatus={})
        limit = time.monotonic() + DEADLINE_SECONDS
        while True:
            try:
                super().remove_bucket(name)
                return
            except ClientError as refused:
                if refused.response["Error"]["Code"] != "BucketNotEmpty" or time.monotonic() > limit:
                    raise

    def raw(self, method, path, body=b""):
        request = AWSRequest(method, ENDPOINT + path, data=body, headers={
            "Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()})
        S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION).add_auth(request)
        plain = urllib.request.Request(request.url, data=body or None, headers=dict(request.headers), method=method)
        try:
            with urllib.request.urlopen(plain) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def configure(self, more):
        return self.raw("PUT", f"/{self.bucket}?logging", document(self.target, more))

    def lines(self):
        found = []
        for key in self.keys(self.target):
            body = self.s3.get_object(Bucket=self.target, Key=key)["Body"].read().decode()
            found += body.splitlines()
        return found

    def wait_for(self, count):
        limit = time.monotonic() + DEADLINE_SECONDS
        while len(self.lines()) < count:
            self.assertLess(time.monotonic(), limit, self.lines())
            threading.Event().wait(0.1)
        return self.lines()

    def test_a_journal_of_changes(self):
        status, text = self.configure("<LoggingType>Journal</LoggingType><ObjectRollTime>1</ObjectRollTime>")
        self.assertEqual(status, 200, text)
        _, shown = self.raw("GET", f"/{self.bucket}?logging")
        self.assertIn("<LoggingType>Journal</LoggingType><ObjectRollTime>1</ObjectRollTime>", shown)
        told = self.s3.get_bucket_logging(Bucket=self.bucket)["LoggingEnabled"]
        self.assertEqual((told["TargetBucket"], told["TargetPrefix"]), (self.target, "p/"))
        etag = self.put("a b", b"abc")["ETag"].strip('"')
        self.s3.copy_object(Bucket=self.bucket, Key="copy", CopySource={"Bucket": self.bucket, "Key": "a b"})
        self.s3.put_object_tagging(Bucket=self.bucket, Key="copy", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
        self.get("copy")
        self.s3.delete_object(Bucket=self.bucket, Key="a b")
        self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": "copy"}]})
        records = [line.split(" ") for line in self.wait_for(5)]
        self.assertEqual([record[4:] for record in records], [
            ["REST.PUT.OBJECT", "a%20b", "3", "-", etag],
            ["REST.PUT.OBJECT", "copy", "3", "-", etag],
            ["REST.PUT.OBJECT_TAGGING", "copy", "3", "-", etag],
            ["REST.DELETE.OBJECT", "a%20b", "3", "-", etag],
            ["REST.POST.DELETE_MULTI_OBJECT", "copy", "3", "-", etag],
        ])
        self.assertEqual({record[1] for record in records}, {self.bucket})

    def test_requests_after_their_roll_time(self):
        status, text = self.configure("<LoggingType>Standard</LoggingType><ObjectRollTime>1</ObjectRollTime>")
        self.assertEqual(status, 200, text)
        limit = time.monotonic() + DEADLINE_SECONDS
        while not self.keys(self.target):
            self.assertLess(time.monotonic(), limit)
            self.keys()
            threading.Event().wait(0.1)
        self.assertIn(" REST.GET.BUCKET - ", self.lines()[0])

    def test_what_is_refused(self):
        journal = "<LoggingType>Journal</LoggingType>"
        regex = "<Filter><S3Key><FilterRule><Name>regex</Name><Value>a</Value></FilterRule></S3Key></Filter>"
        for more, code in ((journal + regex, "NotImplemented"),
                           (journal + "<RecordsBatchSize>1</RecordsBatchSize>", "NotImplemented"),
                           (regex, "InvalidRequest"), ("<LoggingType>All</LoggingType>", "MalformedXML")):
            status, text = self.configure(more)
            self.assertIn(f"<Code>{code}</Code>", text, more)
            self.assertGreaterEqual(status, 400)
        self.assertEqual(self.s3.get_bucket_logging(Bucket=self.bucket).get("LoggingEnabled"), None)


if __name__ == "__main__":
    unittest.main()
