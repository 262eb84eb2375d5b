import unittest

from s3_case import S3Case, pattern


class Tagging(S3Case):
    def tags(self, key="k", **arguments):
        got = self.s3.get_object_tagging(Bucket=self.bucket, Key=key, **arguments)
        return {one["Key"]: one["Value"] for one in got["TagSet"]}

    def tag(self, tags, key="k", **arguments):
        tag_set = [{"Key": name, "Value": value} for name, value in tags]
        return self.s3.put_object_tagging(Bucket=self.bucket, Key=key, Tagging={"TagSet": tag_set}, **arguments)

    def test_put_get_delete(self):
        self.put("k", b"x")
        before = self.get("k")
        self.assertEqual(self.tags(), {})
        self.tag([("a", "1"), ("grün +-=._:/@", "ü"), ("empty", "")])
        self.assertEqual(self.tags(), {"a": "1", "grün +-=._:/@": "ü", "empty": ""})
        after = self.get("k")
        self.assertEqual(after["TagCount"], 3)
        self.assertEqual((after["ETag"], after["LastModified"]), (before["ETag"], before["LastModified"]))
        self.tag([("b", "2")])
        self.assertEqual(self.tags(), {"b": "2"})
        self.s3.delete_object_tagging(Bucket=self.bucket, Key="k")
        self.assertEqual(self.tags(), {})
        self.assert_refused("NoSuchKey", self.tags, "nothing")
        self.assert_refused("NoSuchKey", self.tag, [("a", "1")], "nothing")

    def test_with_the_object(self):
        self.put("k", b"x", Tagging="a=1&b=with%20space")
        self.assertEqual(self.tags(), {"a": "1", "b": "with space"})
        source = {"Bucket": self.bucket, "Key": "k"}
        self.s3.copy_object(Bucket=self.bucket, Key="same", CopySource=source)
        self.assertEqual(self.tags("same"), self.tags())
        self.s3.copy_object(Bucket=self.bucket, Key="meta", CopySource=source, MetadataDirective="REPLACE")
        self.assertEqual(self.tags("meta"), self.tags())
        self.s3.copy_object(Bucket=self.bucket, Key="new", CopySource=source, TaggingDirective="REPLACE",
                            Tagging="c=3")
        self.assertEqual(self.tags("new"), {"c": "3"})
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="m", Tagging="d=4")["UploadId"]
        part = self.s3.upload_part(Bucket=self.bucket, Key="m", UploadId=upload, PartNumber=1, Body=b"x")
        self.s3.complete_multipart_upload(Bucket=self.bucket, Key="m", UploadId=upload,
                                          MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        self.assertEqual(self.tags("m"), {"d": "4"})
        self.put("k", b"y")
        self.assertEqual(self.tags(), {}, "an overwrite has its own")

    def test_bad_tags(self):
        self.put("k", b"x")
        for tags in ([("aws:x", "1")], [("k" * 129, "1")], [("k", "v" * 257)], [("a", "1"), ("a", "2")],
                     [("a<b", "1")]):
            with self.subTest(tags=tags):
                self.assert_refused("InvalidTag", self.tag, tags)
        self.assert_refused("BadRequest", self.tag, [(f"k{i}", "") for i in range(11)])
        self.assert_refused("InvalidArgument", self.put, "k", b"x", Tagging="a=1&a=2")
        self.assertEqual(self.tags(), {})

    def test_versions_have_their_own(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        first = self.put("k", b"1", Tagging="v=1")["VersionId"]
        second = self.put("k", b"2")["VersionId"]
        self.assertEqual(self.tag([("v", "2")])["VersionId"], second)
        self.assertEqual(self.tag([("v", "one")], VersionId=first)["VersionId"], first)
        self.assertEqual((self.tags(), self.tags(VersionId=first)), ({"v": "2"}, {"v": "one"}))
        for version in (first, second):
            self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=version)


class Attributes(S3Case):
    def attributes(self, *names, key="k", **arguments):
        return self.s3.get_object_attributes(Bucket=self.bucket, Key=key, ObjectAttributes=names, **arguments)

    def test_of_a_plain_object(self):
        etag = self.put("k", b"hello", ChecksumAlgorithm="SHA256")["ETag"]
        got = self.attributes("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")
        self.assertEqual(got["ETag"], etag.strip('"'))
        self.assertEqual((got["ObjectSize"], got["StorageClass"]), (5, "STANDARD"))
        self.assertEqual(got["Checksum"]["ChecksumType"], "FULL_OBJECT")
        self.assertEqual(got["Checksum"]["ChecksumSHA256"],
                         "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")
        self.assertNotIn("ObjectParts", got)
        self.assertNotIn("ETag", self.attributes("ObjectSize"))
        self.assert_refused("NoSuchKey", self.attributes, "ETag", key="nothing")
        self.assert_refused("InvalidArgument", self.attributes, "Colour")

    def test_of_parts(self):
        size = 5 << 20
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="k", ChecksumAlgorithm="CRC32",
                                                 ChecksumType="COMPOSITE")["UploadId"]
        parts = []
        for number, body in ((1, pattern(size)), (3, b"end")):
            part = self.s3.upload_part(Bucket=self.bucket, Key="k", UploadId=upload, PartNumber=number, Body=body,
                                       ChecksumAlgorithm="CRC32")
            parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
        self.s3.complete_multipart_upload(Bucket=self.bucket, Key="k", UploadId=upload,
                                          MultipartUpload={"Parts": parts})
        got = self.attributes("ObjectParts", "Checksum")
        self.assertEqual(got["Checksum"]["ChecksumType"], "COMPOSITE")
        shown = got["ObjectParts"]
        self.assertEqual((shown["TotalPartsCount"], shown["IsTruncated"]), (2, False))
        self.assertEqual([(one["PartNumber"], one["Size"], one["ChecksumCRC32"]) for one in shown["Parts"]],
                         [(1, size, parts[0]["ChecksumCRC32"]), (3, 3, parts[1]["ChecksumCRC32"])])
        first = self.attributes("ObjectParts", MaxParts=1)["ObjectParts"]
        self.assertEqual((first["IsTruncated"], first["NextPartNumberMarker"], len(first["Parts"])), (True, 1, 1))
        rest = self.attributes("ObjectParts", PartNumberMarker=1)["ObjectParts"]
        self.assertEqual([one["PartNumber"] for one in rest["Parts"]], [3])


if __name__ == "__main__":
    unittest.main()
