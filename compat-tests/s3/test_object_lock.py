import datetime
import time
import unittest

from s3_case import S3Case


def soon(seconds):
    """A time that is so many seconds ahead, as the server shows it: whole milliseconds."""
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class ObjectLock(S3Case):
    def make_bucket(self):
        name = super().make_bucket()
        self.s3.delete_bucket(Bucket=name)
        self.s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
        return name

    def remove_bucket(self, name):
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for one in page.get("Versions", []):
                self.s3.put_object_legal_hold(Bucket=name, Key=one["Key"], VersionId=one["VersionId"],
                                              LegalHold={"Status": "OFF"})
                self.erase(one["Key"], one["VersionId"], bucket=name, BypassGovernanceRetention=True)
            for one in page.get("DeleteMarkers", []):
                self.erase(one["Key"], one["VersionId"], bucket=name)
        self.s3.delete_bucket(Bucket=name)

    def erase(self, key, version, bucket=None, **arguments):
        return self.s3.delete_object(Bucket=bucket or self.bucket, Key=key, VersionId=version, **arguments)

    def assert_locked(self, key, version, **arguments):
        refused = self.assert_refused("AccessDenied", self.erase, key, version, **arguments)
        self.assertIn("object protected by object lock", refused["Error"]["Message"])

    def test_a_bucket_made_with_a_lock(self):
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=self.bucket)["Status"], "Enabled")
        got = self.s3.get_object_lock_configuration(Bucket=self.bucket)["ObjectLockConfiguration"]
        self.assertEqual(got, {"ObjectLockEnabled": "Enabled"})
        self.assert_refused("InvalidBucketState", self.s3.put_bucket_versioning, Bucket=self.bucket,
                            VersioningConfiguration={"Status": "Suspended"})

    def test_default_retention(self):
        rule = {"ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
        self.s3.put_object_lock_configuration(Bucket=self.bucket, ObjectLockConfiguration=rule)
        self.assertEqual(self.s3.get_object_lock_configuration(Bucket=self.bucket)["ObjectLockConfiguration"], rule)
        put = self.put("k", b"x")
        head = self.s3.head_object(Bucket=self.bucket, Key="k")
        self.assertEqual(head["ObjectLockMode"], "GOVERNANCE")
        self.assertEqual(head["ObjectLockRetainUntilDate"].replace(microsecond=0),
                         head["LastModified"] + datetime.timedelta(days=1))
        self.assert_locked("k", put["VersionId"])
        for wrong in ({"Mode": "GOVERNANCE", "Days": 1, "Years": 1}, {"Mode": "GOVERNANCE"}):
            self.assert_refused("MalformedXML", self.s3.put_object_lock_configuration, Bucket=self.bucket,
                                ObjectLockConfiguration={**rule, "Rule": {"DefaultRetention": wrong}})

    def test_compliance_ends_with_its_time(self):
        until = soon(3).replace(microsecond=0)  # boto3 cuts fractions of a second off headers
        version = self.put("k", b"x", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)["VersionId"]
        got = self.s3.get_object_retention(Bucket=self.bucket, Key="k")["Retention"]
        self.assertEqual(got["Mode"], "COMPLIANCE")
        self.assert_locked("k", version)
        self.assert_locked("k", version, BypassGovernanceRetention=True)
        self.assert_refused("AccessDenied", self.s3.put_object_retention, Bucket=self.bucket, Key="k",
                            Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon(60)},
                            BypassGovernanceRetention=True)
        self.assertTrue(self.s3.delete_object(Bucket=self.bucket, Key="k")["DeleteMarker"])
        deadline = time.monotonic() + 30
        while True:
            try:
                self.erase("k", version)
                break
            except self.s3.exceptions.ClientError as refused:
                self.assertEqual(refused.response["Error"]["Code"], "AccessDenied")
                self.assertLess(time.monotonic(), deadline)
        self.assertGreaterEqual(datetime.datetime.now(datetime.timezone.utc), until)

    def test_governance_gives_way(self):
        version = self.put("k", b"x")["VersionId"]
        retention = {"Mode": "GOVERNANCE", "RetainUntilDate": soon(3600)}
        self.s3.put_object_retention(Bucket=self.bucket, Key="k", Retention=retention)
        self.assertEqual(self.s3.get_object_retention(Bucket=self.bucket, Key="k")["Retention"], retention)
        self.assert_locked("k", version)
        shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": soon(1800)}
        self.assert_refused("AccessDenied", self.s3.put_object_retention, Bucket=self.bucket, Key="k",
                            Retention=shorter)
        self.s3.put_object_retention(Bucket=self.bucket, Key="k", Retention=shorter,
                                     BypassGovernanceRetention=True)
        got = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": "k", "VersionId": version}]})
        self.assertEqual([one["Code"] for one in got["Errors"]], ["AccessDenied"])
        got = self.s3.delete_objects(Bucket=self.bucket, BypassGovernanceRetention=True,
                                     Delete={"Objects": [{"Key": "k", "VersionId": version}]})
        self.assertNotIn("Errors", got)

    def test_legal_hold(self):
        version = self.put("k", b"x", ObjectLockLegalHoldStatus="ON")["VersionId"]
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="k")["ObjectLockLegalHoldStatus"], "ON")
        self.assert_locked("k", version, BypassGovernanceRetention=True)
        self.s3.put_object_legal_hold(Bucket=self.bucket, Key="k", LegalHold={"Status": "OFF"})
        self.assertEqual(self.s3.get_object_legal_hold(Bucket=self.bucket, Key="k")["LegalHold"], {"Status": "OFF"})
        self.erase("k", version)

    def test_what_is_not_there(self):
        self.put("k", b"x")
        self.assert_refused("NoSuchObjectLockConfiguration", self.s3.get_object_retention, Bucket=self.bucket, Key="k")
        self.assert_refused("NoSuchObjectLockConfiguration", self.s3.get_object_legal_hold, Bucket=self.bucket, Key="k")
        self.assert_refused("InvalidArgument", self.put, "k", b"x", ObjectLockMode="GOVERNANCE",
                            ObjectLockRetainUntilDate=soon(-60))


class WithoutObjectLock(S3Case):
    def test_is_refused(self):
        self.put("k", b"x")
        self.assert_refused("ObjectLockConfigurationNotFoundError", self.s3.get_object_lock_configuration,
                            Bucket=self.bucket)
        self.assert_refused("InvalidBucketState", self.s3.put_object_lock_configuration, Bucket=self.bucket,
                            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
        self.assert_refused("InvalidRequest", self.s3.get_object_retention, Bucket=self.bucket, Key="k")
        self.assert_refused("InvalidRequest", self.s3.put_object_legal_hold, Bucket=self.bucket, Key="k",
                            LegalHold={"Status": "ON"})
        self.assert_refused("InvalidRequest", self.put, "k", b"x", ObjectLockLegalHoldStatus="ON")


if __name__ == "__main__":
    unittest.main()
