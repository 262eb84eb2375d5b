import unittest

from s3_case import S3Case, pattern

LABELS = ("REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER",
          "DEEP_ARCHIVE")


class StorageClasses(S3Case):
    def test_labels_come_back(self):
        for label in LABELS:
            with self.subTest(label):
                self.put("k", b"x", StorageClass=label)
                self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="k")["StorageClass"], label)
                listed = self.s3.list_objects_v2(Bucket=self.bucket)["Contents"][0]
                self.assertEqual(listed["StorageClass"], label)
                listed = self.s3.list_object_versions(Bucket=self.bucket)["Versions"][0]
                self.assertEqual(listed["StorageClass"], label)
                shown = self.s3.get_object_attributes(Bucket=self.bucket, Key="k", ObjectAttributes=["StorageClass"])
                self.assertEqual(shown["StorageClass"], label)
        self.put("k", b"x", StorageClass="STANDARD")
        self.assertNotIn("StorageClass", self.s3.head_object(Bucket=self.bucket, Key="k"))
        for label in ("OUTPOSTS", "SNOW", "EXPRESS_ONEZONE"):
            self.assert_refused("InvalidStorageClass", self.put, "k", b"x", StorageClass=label)

    def test_uploads(self):
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="m", StorageClass="STANDARD_IA")["UploadId"]
        listed = self.s3.list_multipart_uploads(Bucket=self.bucket)["Uploads"][0]
        self.assertEqual(listed["StorageClass"], "STANDARD_IA")
        part = self.s3.upload_part(Bucket=self.bucket, Key="m", UploadId=upload, PartNumber=1, Body=b"part")
        self.assertEqual(self.s3.list_parts(Bucket=self.bucket, Key="m", UploadId=upload)["StorageClass"],
                         "STANDARD_IA")
        self.s3.complete_multipart_upload(Bucket=self.bucket, Key="m", UploadId=upload, MultipartUpload={
            "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="m")["StorageClass"], "STANDARD_IA")

    def test_copies(self):
        self.put("k", b"x", StorageClass="STANDARD_IA")
        source = {"Bucket": self.bucket, "Key": "k"}
        self.s3.copy_object(Bucket=self.bucket, Key="plain", CopySource=source)
        self.assertNotIn("StorageClass", self.s3.head_object(Bucket=self.bucket, Key="plain"))
        self.s3.copy_object(Bucket=self.bucket, Key="k", CopySource=source, StorageClass="GLACIER_IR")
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="k")["StorageClass"], "GLACIER_IR")

    def test_archives(self):
        self.put("k", b"x", StorageClass="GLACIER")
        self.assert_refused("InvalidObjectState", self.get, "k")
        restore = {"Days": 1, "GlacierJobParameters": {"Tier": "Bulk"}}
        first = self.s3.restore_object(Bucket=self.bucket, Key="k", RestoreRequest=restore)
        self.assertEqual(first["ResponseMetadata"]["HTTPStatusCode"], 202)
        again = self.s3.restore_object(Bucket=self.bucket, Key="k", RestoreRequest=restore)
        self.assertEqual(again["ResponseMetadata"]["HTTPStatusCode"], 200)
        got = self.get("k")
        self.assertEqual(got["Body"].read(), b"x")
        self.assertTrue(got["Restore"].startswith('ongoing-request="false", expiry-date="'), got["Restore"])
        listed = self.s3.list_objects_v2(Bucket=self.bucket, OptionalObjectAttributes=["RestoreStatus"])
        self.assertFalse(listed["Contents"][0]["RestoreStatus"]["IsRestoreInProgress"])
        self.put("plain", b"x")
        self.assert_refused("InvalidObjectState", self.s3.restore_object, Bucket=self.bucket, Key="plain",
                            RestoreRequest=restore)


class Renames(S3Case):
    def test_rename(self):
        body = pattern(300_000)
        etag = self.put("a b", body, Metadata={"kept": "yes"})["ETag"]
        self.s3.rename_object(Bucket=self.bucket, Key="new", RenameSource="a%20b")
        got = self.get("new")
        self.assertEqual((got["Body"].read(), got["ETag"], got["Metadata"]), (body, etag, {"kept": "yes"}))
        self.assertEqual(self.keys(), ["new"])
        self.put("there", b"x")
        self.assert_refused("PreconditionFailed", self.s3.rename_object, Bucket=self.bucket, Key="there",
                            RenameSource="new", DestinationIfNoneMatch="*")
        self.assert_refused("PreconditionFailed", self.s3.rename_object, Bucket=self.bucket, Key="other",
                            RenameSource="new", SourceIfMatch='"x"')
        self.s3.rename_object(Bucket=self.bucket, Key="there", RenameSource="new", ClientToken="t")
        self.s3.rename_object(Bucket=self.bucket, Key="there", RenameSource="new", ClientToken="t")
        self.assertEqual(self.read("there"), body)
        self.assert_refused("NoSuchKey", self.s3.rename_object, Bucket=self.bucket, Key="x", RenameSource="new")


class Appends(S3Case):
    def test_append(self):
        whole = b""
        for size in (5, 4_000, 300_000, 1, 1_500_000):
            piece = pattern(size, seed=size)
            got = self.put("log", piece, WriteOffsetBytes=len(whole))
            whole += piece
            self.assertEqual(got["Size"], len(whole))
            self.assertEqual(self.read("log"), whole)
        self.assertEqual(self.read("log", Range="bytes=4-304005"), whole[4:304_006])
        self.assert_refused("InvalidWriteOffset", self.put, "log", b"x", WriteOffsetBytes=3)


if __name__ == "__main__":
    unittest.main()
