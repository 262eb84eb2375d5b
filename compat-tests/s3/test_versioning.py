import unittest

from s3_case import S3Case


class Versioning(S3Case):
    def setUp(self):
        super().setUp()
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def remove_bucket(self, name):
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=name):
            named = [{"Key": one["Key"], "VersionId": one["VersionId"]}
                     for one in page.get("Versions", []) + page.get("DeleteMarkers", [])]
            if named:
                self.s3.delete_objects(Bucket=name, Delete={"Objects": named})
        super().remove_bucket(name)

    def version(self, key, body, **arguments):
        return self.put(key, body, **arguments)["VersionId"]

    def listed(self, **arguments):
        """(key, version, latest, is a marker) of all, in S3's order within each kind."""
        got = self.s3.list_object_versions(Bucket=self.bucket, **arguments)
        return ([(one["Key"], one["VersionId"], one["IsLatest"]) for one in got.get("Versions", [])],
                [(one["Key"], one["VersionId"], one["IsLatest"]) for one in got.get("DeleteMarkers", [])])

    def test_status(self):
        other = self.make_bucket()
        self.assertNotIn("Status", self.s3.get_bucket_versioning(Bucket=other))
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=self.bucket)["Status"], "Enabled")
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Suspended"})
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=self.bucket)["Status"], "Suspended")
        self.assert_refused("MalformedXML", self.s3.put_bucket_versioning, Bucket=self.bucket,
                            VersioningConfiguration={"Status": "Maybe"})
        self.assert_refused("IllegalVersioningConfigurationException", self.s3.put_bucket_versioning,
                            Bucket=self.bucket, VersioningConfiguration={})
        self.assert_refused("NotImplemented", self.s3.put_bucket_versioning, Bucket=self.bucket,
                            VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"}, MFA="1 2")
        self.assert_refused("NoSuchBucket", self.s3.get_bucket_versioning, Bucket="compat-is-not-there")

    def test_versions_of_a_key(self):
        first, second = self.version("k", b"one"), self.version("k", b"two")
        self.assertNotEqual(first, second)
        self.assertEqual(self.read("k"), b"two")
        self.assertEqual(self.get("k")["VersionId"], second)
        self.assertEqual(self.read("k", VersionId=first), b"one")
        head = self.s3.head_object(Bucket=self.bucket, Key="k", VersionId=first)
        self.assertEqual((head["VersionId"], head["ContentLength"]), (first, 3))
        self.assertEqual(self.listed(), ([("k", second, True), ("k", first, False)], []))
        self.assertEqual(self.keys(), ["k"])

    def test_delete_markers(self):
        version = self.version("k", b"one")
        deleted = self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assertTrue(deleted["DeleteMarker"])
        marker = deleted["VersionId"]
        refused = self.assert_refused("NoSuchKey", self.get, "k")
        self.assertEqual(refused["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"], "true")
        refused = self.assert_refused("MethodNotAllowed", self.get, "k", VersionId=marker)
        self.assertEqual(refused["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"], "true")
        self.assert_refused("405", self.s3.head_object, Bucket=self.bucket, Key="k", VersionId=marker)
        self.assertEqual(self.keys(), [])
        self.assertEqual(self.listed(), ([("k", version, False)], [("k", marker, True)]))
        self.assertEqual(self.read("k", VersionId=version), b"one")
        undone = self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=marker)
        self.assertEqual((undone["DeleteMarker"], undone["VersionId"]), (True, marker))
        self.assertEqual(self.read("k"), b"one")
        gone = self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=version)
        self.assertEqual((gone.get("DeleteMarker"), gone["VersionId"]), (None, version))
        self.assertEqual(self.listed(), ([], []))

    def test_unknown_versions(self):
        version = self.version("k", b"one")
        self.version("other", b"two")
        self.assert_refused("NoSuchVersion", self.get, "other", VersionId=version)
        self.assert_refused("NoSuchVersion", self.get, "k", VersionId="null")
        self.assert_refused("InvalidArgument", self.get, "k", VersionId="not-a-version")
        self.s3.delete_object(Bucket=self.bucket, Key="other", VersionId=version)
        self.assertEqual(self.read("other"), b"two")

    def test_null_versions(self):
        kept = self.version("k", b"kept")
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Suspended"})
        self.assertNotIn("VersionId", self.put("k", b"null 1"))
        self.put("k", b"null 2")
        self.assertEqual(self.listed()[0], [("k", "null", True), ("k", kept, False)])
        self.assertEqual(self.read("k", VersionId="null"), b"null 2")
        deleted = self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assertEqual((deleted["DeleteMarker"], deleted["VersionId"]), (True, "null"))
        self.assertEqual(self.listed(), ([("k", kept, False)], [("k", "null", True)]))

    def test_delete_many(self):
        first, second = self.version("k", b"one"), self.version("k", b"two")
        got = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [
            {"Key": "k", "VersionId": first}, {"Key": "k"}, {"Key": "x", "VersionId": "bad"}]})
        deleted = sorted(got["Deleted"], key=lambda one: "DeleteMarker" in one)
        self.assertEqual(deleted[0], {"Key": "k", "VersionId": first})
        self.assertEqual((deleted[1]["Key"], deleted[1]["DeleteMarker"]), ("k", True))
        self.assertEqual([(one["Key"], one["VersionId"], one["Code"]) for one in got["Errors"]],
                         [("x", "bad", "NoSuchVersion")])
        versions, markers = self.listed()
        self.assertEqual(versions, [("k", second, False)])
        self.assertEqual(markers, [("k", deleted[1]["DeleteMarkerVersionId"], True)])

    def test_listing_pages_and_prefixes(self):
        for key in ("a", "b/1", "b/2", "c"):
            for body in (b"1", b"22", b"333"):
                self.version(key, body)
        self.s3.delete_object(Bucket=self.bucket, Key="b/1")
        everything = self.listed()
        for size in (1, 2, 5):
            pages = self.s3.get_paginator("list_object_versions").paginate(
                Bucket=self.bucket, PaginationConfig={"PageSize": size})
            seen = [one["VersionId"] for page in pages for one in page.get("Versions", [])]
            self.assertEqual(seen, [version for _, version, _ in everything[0]], size)
        got = self.s3.list_object_versions(Bucket=self.bucket, Delimiter="/")
        self.assertEqual([one["Prefix"] for one in got["CommonPrefixes"]], ["b/"])
        self.assertEqual({one["Key"] for one in got["Versions"]}, {"a", "c"})
        self.assertEqual(len(self.listed(Prefix="b/")[0]), 6)
        self.assert_refused("InvalidArgument", self.s3.list_object_versions, Bucket=self.bucket,
                            VersionIdMarker=everything[0][0][1])

    def test_copies(self):
        first = self.version("k", b"one", Metadata={"a": "1"})
        self.version("k", b"two")
        source = {"Bucket": self.bucket, "Key": "k", "VersionId": first}
        copied = self.s3.copy_object(Bucket=self.bucket, Key="k", CopySource=source)
        self.assertEqual(copied["CopySourceVersionId"], first)
        self.assertEqual(self.get("k")["VersionId"], copied["VersionId"])
        self.assertEqual((self.read("k"), self.get("k")["Metadata"]), (b"one", {"a": "1"}))
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="m")["UploadId"]
        part = self.s3.upload_part_copy(Bucket=self.bucket, Key="m", UploadId=upload, PartNumber=1, CopySource=source)
        self.assertEqual(part["CopySourceVersionId"], first)
        done = self.s3.complete_multipart_upload(
            Bucket=self.bucket, Key="m", UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]})
        self.assertEqual(self.read("m", VersionId=done["VersionId"]), b"one")
        marker = self.s3.delete_object(Bucket=self.bucket, Key="k")["VersionId"]
        self.assert_refused("NoSuchKey", self.s3.copy_object, Bucket=self.bucket, Key="x",
                            CopySource={"Bucket": self.bucket, "Key": "k"})
        self.assert_refused("InvalidRequest", self.s3.copy_object, Bucket=self.bucket, Key="x",
                            CopySource={"Bucket": self.bucket, "Key": "k", "VersionId": marker})

    def test_conditions(self):
        self.put("k", b"one", IfNoneMatch="*")
        self.assert_refused("PreconditionFailed", self.put, "k", b"two", IfNoneMatch="*")
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.put("k", b"three", IfNoneMatch="*")
        self.assertEqual(self.read("k"), b"three")

    def test_bucket_with_versions_is_not_empty(self):
        self.version("k", b"one")
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assert_refused("BucketNotEmpty", self.s3.delete_bucket, Bucket=self.bucket)


if __name__ == "__main__":
    unittest.main()
