import datetime
import hashlib
import io
import unittest
import urllib.parse

from s3_case import S3Case, pattern


class Objects(S3Case):
    def test_sizes(self):
        for size in (0, 1, 2048, 2049, 65536, 262144, 262145, 1 << 20, 5_000_001):
            with self.subTest(size):
                body = pattern(size)
                etag = '"' + hashlib.md5(body).hexdigest() + '"'
                self.assertEqual(self.put("k", body)["ETag"], etag)
                got = self.get("k")
                self.assertEqual(got["ContentLength"], size)
                self.assertEqual(got["ETag"], etag)
                self.assertEqual(got["Body"].read(), body)
                head = self.s3.head_object(Bucket=self.bucket, Key="k")
                self.assertEqual((head["ContentLength"], head["ETag"]), (size, etag))

    def test_metadata_and_headers(self):
        settings = dict(
            ContentType="text/plain; charset=utf-8",
            ContentEncoding="gzip",
            ContentLanguage="de",
            ContentDisposition='attachment; filename="x"',
            CacheControl="max-age=5",
            Expires=datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
            Metadata={"one": "1", "two-words": "a b", "empty": ""},
        )
        self.put("k", b"x", **settings)
        for got in (self.get("k"), self.s3.head_object(Bucket=self.bucket, Key="k")):
            for name, value in settings.items():
                self.assertEqual(got[name], value, name)

    def test_metadata_is_bounded(self):
        self.assert_refused("MetadataTooLarge", self.put, "k", b"x", Metadata={"a": "v" * 3000})

    def test_overwrite_and_delete(self):
        self.put("k", b"one")
        self.put("k", b"two")
        self.assertEqual(self.read("k"), b"two")
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assert_refused("NoSuchKey", self.get, "k")
        self.assert_refused("404", self.s3.head_object, Bucket=self.bucket, Key="k")
        self.s3.delete_object(Bucket=self.bucket, Key="k")

    def test_unusual_keys(self):
        keys = ["a b", "a+b", "ü€😀", "a/b/c", "dir/", "a//b", "a?b=c&d", "a%20b", "'\"<>&", "\x01\x1f", "~-._",
                "..a", "x" * 1024, "=?utf-8?b?eA==?="]
        for key in keys:
            self.put(key, key.encode())
        for key in keys:
            with self.subTest(key):
                self.assertEqual(self.read(key), key.encode())
        self.assertEqual(self.keys(), sorted(keys, key=str.encode))
        self.assert_refused("KeyTooLongError", self.put, "x" * 1025)

    def test_ranges(self):
        body = pattern(700_000)
        self.put("k", body)
        for header, expected in (
            ("bytes=0-0", body[:1]),
            ("bytes=10-300000", body[10:300001]),
            ("bytes=699999-", body[-1:]),
            ("bytes=-1000", body[-1000:]),
            ("bytes=-9999999", body),
            ("bytes=600000-9999999", body[600000:]),
        ):
            with self.subTest(header):
                got = self.get("k", Range=header)
                self.assertEqual(got["ResponseMetadata"]["HTTPStatusCode"], 206)
                self.assertEqual(got["Body"].read(), expected)
                self.assertTrue(got["ContentRange"].endswith("/700000"))
        self.assert_refused("InvalidRange", self.get, "k", Range="bytes=700000-")

    def test_conditional_reads(self):
        etag = self.put("k", b"x")["ETag"]
        past = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
        future = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        self.assertEqual(self.read("k", IfMatch=etag), b"x")
        self.assertEqual(self.read("k", IfNoneMatch='"other"'), b"x")
        self.assertEqual(self.read("k", IfModifiedSince=past), b"x")
        self.assertEqual(self.read("k", IfUnmodifiedSince=future), b"x")
        self.assertEqual(self.read("k", IfMatch=etag, IfUnmodifiedSince=past), b"x")
        self.assert_refused("PreconditionFailed", self.get, "k", IfMatch='"other"')
        self.assert_refused("PreconditionFailed", self.get, "k", IfUnmodifiedSince=past)
        self.assert_refused("304", self.get, "k", IfNoneMatch=etag)
        changed = self.s3.head_object(Bucket=self.bucket, Key="k")["LastModified"]
        self.assert_refused("304", self.get, "k", IfModifiedSince=changed)
        self.get("k", IfModifiedSince=future)   # nobody knows that yet

    def test_conditional_writes(self):
        etag = self.put("k", b"one", IfNoneMatch="*")["ETag"]
        self.assert_refused("PreconditionFailed", self.put, "k", b"two", IfNoneMatch="*")
        self.assert_refused("PreconditionFailed", self.put, "k", b"two", IfMatch='"other"')
        self.assertEqual(self.read("k"), b"one")
        self.put("k", b"two", IfMatch=etag)
        self.assertEqual(self.read("k"), b"two")
        self.assert_refused("NoSuchKey", self.put, "absent", b"x", IfMatch=etag)
        self.assert_refused("PreconditionFailed", self.s3.delete_object, Bucket=self.bucket, Key="k", IfMatch=etag)

    def test_response_overrides(self):
        self.put("k", b"x", ContentType="a/b")
        got = self.get("k", ResponseContentType="c/d", ResponseCacheControl="no-store")
        self.assertEqual((got["ContentType"], got["CacheControl"]), ("c/d", "no-store"))

    def test_copies(self):
        body = pattern(400_000)
        source = {"Bucket": self.bucket, "Key": "from ü"}
        etag = self.put("from ü", body, ContentType="a/b", Metadata={"kept": "yes"})["ETag"]
        other = self.make_bucket()
        result = self.s3.copy_object(Bucket=other, Key="to", CopySource=source)["CopyObjectResult"]
        self.assertEqual(result["ETag"], etag)
        got = self.s3.get_object(Bucket=other, Key="to")
        self.assertEqual((got["Body"].read(), got["Metadata"], got["ContentType"]), (body, {"kept": "yes"}, "a/b"))
        self.s3.copy_object(Bucket=other, Key="to", CopySource=source, MetadataDirective="REPLACE",
                            Metadata={"new": "1"}, ContentType="c/d")
        got = self.s3.get_object(Bucket=other, Key="to")
        self.assertEqual((got["Body"].read(), got["Metadata"], got["ContentType"]), (body, {"new": "1"}, "c/d"))
        self.assert_refused("InvalidRequest", self.s3.copy_object, Bucket=self.bucket, Key="from ü", CopySource=source)
        self.assert_refused("PreconditionFailed", self.s3.copy_object, Bucket=other, Key="to", CopySource=source,
                            CopySourceIfMatch='"other"')
        self.assert_refused("NoSuchKey", self.s3.copy_object, Bucket=other, Key="to",
                            CopySource={"Bucket": self.bucket, "Key": "absent"})

    def test_delete_many(self):
        keys = [f"k{number:04}" for number in range(1000)]
        for key in keys[:20]:
            self.put(key, b"x")
        result = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys]})
        self.assertEqual(sorted(entry["Key"] for entry in result["Deleted"]), keys)
        self.assertEqual(self.keys(), [])
        self.put("a", b"x")
        quiet = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": "a"}], "Quiet": True})
        self.assertNotIn("Deleted", quiet)
        self.assertEqual(self.keys(), [])
        self.assert_refused("MalformedXML", self.s3.delete_objects, Bucket=self.bucket,
                            Delete={"Objects": [{"Key": key} for key in keys + ["more"]]})

    def test_file_objects(self):
        body = pattern(3_000_000)
        self.s3.upload_fileobj(io.BytesIO(body), self.bucket, "f")
        out = io.BytesIO()
        self.s3.download_fileobj(self.bucket, "f", out)
        self.assertEqual(out.getvalue(), body)

    def test_refused_settings(self):
        self.assert_refused("NotImplemented", self.put, "k", b"x", ServerSideEncryption="aws:kms:dsse")
        everyone = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
        for settings in (dict(ACL="public-read"), dict(GrantRead=everyone)):
            with self.subTest(settings):
                self.assert_refused("AccessControlListNotSupported", self.put, "k", b"x", **settings)
        self.assertEqual(self.keys(), [])
        self.put("k", b"x", ACL="private", StorageClass="STANDARD")
        self.assertEqual(self.read("k"), b"x")

    def test_url_encoded_listing_of_control_characters(self):
        self.put("a\x02b", b"x")
        listed = self.s3.list_objects_v2(Bucket=self.bucket, EncodingType="url")["Contents"][0]["Key"]
        self.assertEqual(urllib.parse.unquote(listed), "a\x02b")


if __name__ == "__main__":
    unittest.main()
