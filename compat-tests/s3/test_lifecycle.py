"""Lifecycle rules and access logs with boto3.

What takes time is watched on a server of its own, whose day of lifecycle rules is a second; it runs where
SLUICE_BINARY names a program and is left out against another server.
"""
import datetime
import os
import signal
import subprocess
import tempfile
import time
import unittest

import boto3
from botocore.config import Config
from dateutil.tz import tzutc

from s3_case import S3Case

BINARY = os.environ.get("SLUICE_BINARY")
PASSWORD = "lifecycle-secret-0123456789"


def rule(name="r", prefix="", status="Enabled", **actions):
    return {"ID": name, "Filter": {"Prefix": prefix}, "Status": status, **actions}


def boto_date(day, hour=0):
    return datetime.datetime.fromisoformat(day).replace(hour=hour, tzinfo=tzutc())


def eventually(look, wanted, seconds=30):
    """Until `look()` is `wanted`: passes come by themselves."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen == wanted or time.monotonic() > end:
            return seen


class Configuration(S3Case):
    def set(self, *rules, **more):
        return self.s3.put_bucket_lifecycle_configuration(Bucket=self.bucket,
                                                          LifecycleConfiguration={"Rules": list(rules)}, **more)

    def read(self):
        return self.s3.get_bucket_lifecycle_configuration(Bucket=self.bucket)

    def test_is_answered_as_it_was_put(self):
        self.assert_refused("NoSuchLifecycleConfiguration", self.read)
        rules = [
            rule("days", "logs/", Expiration={"Days": 3}),
            {"ID": "and", "Status": "Disabled", "Expiration": {"Date": boto_date("2030-01-01")},
             "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}],
                                "ObjectSizeGreaterThan": 10, "ObjectSizeLessThan": 20}}},
            {"ID": "tag", "Status": "Enabled", "Filter": {"Tag": {"Key": "k", "Value": ""}},
             "NoncurrentVersionExpiration": {"NoncurrentDays": 2, "NewerNoncurrentVersions": 5}},
            {"ID": "all", "Status": "Enabled", "Filter": {},
             "Expiration": {"ExpiredObjectDeleteMarker": True},
             "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        ]
        put = self.set(*rules, TransitionDefaultMinimumObjectSize="all_storage_classes_128K")
        self.assertEqual(put["TransitionDefaultMinimumObjectSize"], "all_storage_classes_128K")
        got = self.read()
        self.assertEqual(got["Rules"], rules)
        self.assertEqual(got["TransitionDefaultMinimumObjectSize"], "all_storage_classes_128K")
        self.s3.delete_bucket_lifecycle(Bucket=self.bucket)
        self.assert_refused("NoSuchLifecycleConfiguration", self.read)

    def test_old_rules(self):
        old = {"ID": "old", "Prefix": "x/", "Status": "Enabled", "Expiration": {"Days": 1}}
        self.s3.put_bucket_lifecycle_configuration(Bucket=self.bucket, LifecycleConfiguration={"Rules": [old]})
        self.assertEqual(self.read()["Rules"], [old])
        self.assert_refused("InvalidRequest", self.set, old, rule("new", Expiration={"Days": 1}))

    def test_refusals(self):
        days = {"Expiration": {"Days": 1}}
        for code, rules in (
                ("InvalidArgument", [rule(Expiration={"Days": 0})]),
                ("InvalidArgument", [rule(Expiration={"Date": boto_date("2030-01-01", 1)})]),
                ("InvalidArgument", [rule("same", **days), rule("same", "p/", **days)]),
                ("InvalidArgument", [rule("i" * 256, **days)]),
                ("MalformedXML", [rule(status="Sometimes", **days)]),
                ("MalformedXML", [rule(Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True})]),
                ("InvalidRequest", [rule()]),
                ("InvalidRequest", [{"ID": "r", "Status": "Enabled", "Filter": {"Tag": {"Key": "a", "Value": "b"}},
                                     "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]),
                ("NotImplemented", [rule(Transitions=[{"Days": 1, "StorageClass": "GLACIER"}])])):
            with self.subTest(code, rules=rules):
                self.assert_refused(code, self.set, *rules)
        self.assert_refused("NotImplemented", self.set, rule(**days),
                            TransitionDefaultMinimumObjectSize="varies_by_storage_class")
        self.assert_refused("NoSuchLifecycleConfiguration", self.read)

    def test_answers_say_when_an_object_goes(self):
        self.set(rule("soon", "logs/", Expiration={"Days": 1}))
        put = self.put("logs/a", b"x")
        self.assertIn('rule-id="soon"', put["Expiration"])
        self.assertIn('00:00:00 GMT"', put["Expiration"])
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="logs/a")["Expiration"], put["Expiration"])
        self.assertEqual(self.get("logs/a")["Expiration"], put["Expiration"])
        self.assertNotIn("Expiration", self.put("other", b"x"))


class Server:
    """One whose day is a second, on loopback and free ports."""

    def __init__(self, folder):
        self.environment = dict(
            os.environ, SLUICE_DATA=folder + "/data", SLUICE_ROOT_USER="root", SLUICE_ROOT_PASSWORD=PASSWORD,
            SLUICE_S3_PORT="0", SLUICE_KAFKA_PORT="0", SLUICE_PG_PORT="0", SLUICE_ADMIN_PORT="0",
            SLUICE_S3_LIFECYCLE_DAY="1 s", SLUICE_S3_ACCESS_LOG_INTERVAL="300 ms", SLUICE_LOG_FILE=folder + "/log")
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen([BINARY, "serve"], env=self.environment, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:  # it greets when it is ready
            if "http://" in line:
                break
        self.s3 = boto3.client("s3", endpoint_url=self.status("s3"), region_name="us-east-1",
                               aws_access_key_id="root", aws_secret_access_key=PASSWORD,
                               config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}))

    def status(self, field):
        return subprocess.run([BINARY, "status", "--data", self.environment["SLUICE_DATA"], "--field", field],
                              check=True, capture_output=True, text=True).stdout.strip()

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(timeout=60)
        self.process.stdout.close()


@unittest.skipUnless(BINARY, "SLUICE_BINARY names no program")
class Passes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.server = Server(self.folder.name)
        self.addCleanup(lambda: self.server.end())
        self.bucket = "watched"
        self.s3.create_bucket(Bucket=self.bucket)

    @property
    def s3(self):
        return self.server.s3

    def set(self, *rules):
        self.s3.put_bucket_lifecycle_configuration(Bucket=self.bucket, LifecycleConfiguration={"Rules": list(rules)})

    def put(self, key, **more):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=b"x", **more)

    def keys(self):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def versions(self):
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        return [one["Key"] for page in pages for kind in ("Versions", "DeleteMarkers") for one in page.get(kind, [])]

    def test_objects_go(self):
        for i in range(1500):
            self.put(f"logs/{i:04}")
        self.put("stays")
        self.put("tagged", Tagging="tmp=yes")
        self.set(rule("prefix", "logs/", Expiration={"Days": 1}),
                 {"ID": "tag", "Status": "Enabled", "Filter": {"Tag": {"Key": "tmp", "Value": "yes"}},
                  "Expiration": {"Days": 1}})
        self.assertEqual(eventually(self.keys, ["stays"]), ["stays"])

    def test_versions_and_markers_go(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        for _ in range(3):
            self.put("k")
        self.set(rule(Expiration={"Days": 1}, NoncurrentVersionExpiration={"NoncurrentDays": 1}))
        self.assertEqual(eventually(self.versions, []), [])

    def test_uploads_go(self):
        self.s3.create_multipart_upload(Bucket=self.bucket, Key="in/a")
        other = self.s3.create_multipart_upload(Bucket=self.bucket, Key="other")["UploadId"]
        self.set(rule("r", "in/", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}))

        def uploads():
            return [one["UploadId"] for one in self.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])]
        self.assertEqual(eventually(uploads, [other]), [other])

    def test_a_kill_in_the_middle_ends_in_the_same_state(self):
        for i in range(3000):
            self.put(f"logs/{i:04}")
        self.put("stays")
        self.set(rule("prefix", "logs/", Expiration={"Days": 1}))
        # Some are gone, most are not: killed in the middle of a pass.
        eventually(lambda: len(self.keys()) < 3001, True)
        self.server.end(signal.SIGKILL)
        self.server.start()
        self.assertEqual(eventually(self.keys, ["stays"]), ["stays"])

    def test_access_logs_are_written(self):
        self.s3.create_bucket(Bucket="logs")
        self.s3.put_bucket_logging(Bucket=self.bucket, BucketLoggingStatus={"LoggingEnabled": {
            "TargetBucket": "logs", "TargetPrefix": "p/"}})
        target = self.s3.get_bucket_logging(Bucket=self.bucket)["LoggingEnabled"]
        self.assertEqual(target, {"TargetBucket": "logs", "TargetPrefix": "p/"})

        def lines():
            self.put("k")
            objects = self.s3.list_objects_v2(Bucket="logs", Prefix="p/").get("Contents", [])
            texts = [self.s3.get_object(Bucket="logs", Key=one["Key"])["Body"].read().decode() for one in objects]
            return [line for text in texts for line in text.splitlines()]
        self.assertTrue(eventually(lambda: any(" REST.PUT.OBJECT k " in line for line in lines()), True))
        line = next(line for line in lines() if " REST.PUT.OBJECT k " in line)
        self.assertIn(" watched [", line)
        self.assertIn(' "PUT /watched/k HTTP/1.1" 200 - ', line)
        self.assertIn(" SigV4 - AuthHeader ", line)
        for code, bucket in (("InvalidTargetBucketForLogging", "not-there"),):
            with self.assertRaises(self.s3.exceptions.ClientError) as caught:
                self.s3.put_bucket_logging(Bucket=self.bucket, BucketLoggingStatus={"LoggingEnabled": {
                    "TargetBucket": bucket, "TargetPrefix": ""}})
            self.assertEqual(caught.exception.response["Error"]["Code"], code)


if __name__ == "__main__":
    unittest.main()
