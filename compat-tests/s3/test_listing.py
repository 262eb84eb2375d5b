import unittest

from s3_case import S3Case


class Listing(S3Case):
    def setUp(self):
        super().setUp()
        self.names = [f"top{n}" for n in range(5)] + [f"d{d}/k{n}" for d in range(4) for n in range(6)] + ["d1/sub/x"]
        for name in self.names:
            self.put(name, name.encode())
        self.names.sort()

    def pages(self, operation, size, **arguments):
        paginator = self.s3.get_paginator(operation)
        return list(paginator.paginate(Bucket=self.bucket, PaginationConfig={"PageSize": size}, **arguments))

    def test_every_page_size_gives_everything_once(self):
        for operation in ("list_objects", "list_objects_v2"):
            for size in (1, 2, 7, 1000):
                with self.subTest((operation, size)):
                    pages = self.pages(operation, size)
                    self.assertEqual([e["Key"] for page in pages for e in page.get("Contents", [])], self.names)
                    self.assertTrue(all(len(page.get("Contents", [])) <= size for page in pages))

    def test_delimiter(self):
        for operation in ("list_objects", "list_objects_v2"):
            for size in (1, 3, 1000):
                with self.subTest((operation, size)):
                    pages = self.pages(operation, size, Delimiter="/")
                    self.assertEqual([e["Key"] for page in pages for e in page.get("Contents", [])],
                                     [f"top{n}" for n in range(5)])
                    self.assertEqual([e["Prefix"] for page in pages for e in page.get("CommonPrefixes", [])],
                                     [f"d{n}/" for n in range(4)])

    def test_prefix(self):
        self.assertEqual(self.keys(Prefix="d1/"), [f"d1/k{n}" for n in range(6)] + ["d1/sub/x"])
        result = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="d1/", Delimiter="/")
        self.assertEqual([e["Prefix"] for e in result["CommonPrefixes"]], ["d1/sub/"])
        self.assertEqual(self.keys(Prefix="none"), [])

    def test_start_after_and_owner(self):
        result = self.s3.list_objects_v2(Bucket=self.bucket, StartAfter="d3/k4", FetchOwner=True)
        self.assertEqual([e["Key"] for e in result["Contents"]], ["d3/k5"] + [f"top{n}" for n in range(5)])
        self.assertTrue(all(e["Owner"]["ID"] for e in result["Contents"]))
        self.assertEqual(result["KeyCount"], 6)

    def test_sizes_and_etags(self):
        for entry in self.s3.list_objects_v2(Bucket=self.bucket)["Contents"]:
            self.assertEqual(entry["Size"], len(entry["Key"]))
            self.assertEqual(entry["ETag"], self.s3.head_object(Bucket=self.bucket, Key=entry["Key"])["ETag"])
            self.assertEqual(entry["StorageClass"], "STANDARD")

    def test_wrong_arguments(self):
        self.assert_refused("InvalidArgument", self.s3.list_objects_v2, Bucket=self.bucket, ContinuationToken="nonsense")
        self.assert_refused("InvalidArgument", self.s3.list_objects_v2, Bucket=self.bucket, MaxKeys=-1)
        self.assert_refused("NoSuchBucket", self.s3.list_objects_v2, Bucket="absent-" + self.bucket)


if __name__ == "__main__":
    unittest.main()
