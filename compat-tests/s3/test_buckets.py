import unittest
import uuid

from s3_case import REGION, S3Case


class Buckets(S3Case):
    def test_life_of_a_bucket(self):
        name = "life-" + uuid.uuid4().hex[:20]
        self.s3.create_bucket(Bucket=name)
        self.assertEqual(self.s3.head_bucket(Bucket=name)["BucketRegion"], REGION)
        self.assertIn(name, [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]])
        self.s3.delete_bucket(Bucket=name)
        self.assert_refused("404", self.s3.head_bucket, Bucket=name)
        self.assert_refused("NoSuchBucket", self.s3.delete_bucket, Bucket=name)
        self.assertNotIn(name, [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]])

    def test_location(self):
        expected = None if REGION == "us-east-1" else REGION
        self.assertEqual(self.s3.get_bucket_location(Bucket=self.bucket)["LocationConstraint"], expected)

    def test_pages_of_buckets(self):
        names = sorted(self.make_bucket() for _ in range(5))
        pages = self.s3.get_paginator("list_buckets").paginate(
            Prefix="compat-", PaginationConfig={"PageSize": 2}
        )
        listed = [bucket["Name"] for page in pages for bucket in page["Buckets"]]
        self.assertEqual(listed, sorted(listed))
        self.assertTrue(set(names) <= set(listed))

    def test_not_empty(self):
        self.put("k")
        self.assert_refused("BucketNotEmpty", self.s3.delete_bucket, Bucket=self.bucket)

    def test_names(self):
        self.s3.meta.events.unregister("before-parameter-build.s3")
        for name in ("ab", "Upper-case", "192.168.5.4", "a..b", "xn--abc", "a" * 64):
            with self.subTest(name):
                self.assert_refused("InvalidBucketName", self.s3.create_bucket, Bucket=name)

    def test_wrong_region(self):
        other = "eu-west-1" if REGION != "eu-west-1" else "us-west-2"
        self.assert_refused(
            "IllegalLocationConstraintException",
            self.s3.create_bucket,
            Bucket="region-" + uuid.uuid4().hex[:20],
            CreateBucketConfiguration={"LocationConstraint": other},
        )

    def test_refused_by_name(self):
        for call in ("get_bucket_abac", "get_bucket_metadata_table_configuration"):
            with self.subTest(call):
                response = self.assert_refused("NotImplemented", getattr(self.s3, call), Bucket=self.bucket)
                self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 501)


if __name__ == "__main__":
    unittest.main()
