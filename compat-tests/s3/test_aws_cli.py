import filecmp
import os
import subprocess
import tempfile
import unittest
import urllib.request
import uuid

from s3_case import ACCESS_KEY, ENDPOINT, REGION, SECRET_KEY, S3Case, pattern

DEADLINE_SECONDS = 120
# Signature version 4 for `aws s3 presign` too, which else uses version 2.
CONFIGURATION = os.path.join(os.path.dirname(os.path.abspath(__file__)), "aws_config")


def aws(*arguments, input=None, status=0):
    """Output of `aws ...`; the exit status is checked."""
    environment = dict(os.environ, AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY,
                       AWS_DEFAULT_REGION=REGION, AWS_CONFIG_FILE=CONFIGURATION, AWS_MAX_ATTEMPTS="1")
    done = subprocess.run(["aws", "--endpoint-url", ENDPOINT, *arguments], input=input, env=environment,
                          capture_output=True, timeout=DEADLINE_SECONDS, check=False)
    if done.returncode != status:
        raise AssertionError(f"aws {' '.join(arguments)}: {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


class AwsCli(S3Case):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.uri = f"s3://{self.bucket}"

    def write(self, name, body):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(body)
        return path

    def test_make_and_remove_buckets(self):
        name = "s3://cli-" + uuid.uuid4().hex[:20]
        aws("s3", "mb", name)
        self.assertIn(name[5:].encode(), aws("s3", "ls"))
        aws("s3", "cp", "-", name + "/k", input=b"x")
        aws("s3", "rb", name, status=1)
        aws("s3", "rb", "--force", name)
        self.assertNotIn(name[5:].encode(), aws("s3", "ls"))

    def test_copy_of_small_and_large_files(self):
        for size in (0, 10, 20 * 1024 * 1024 + 1):
            with self.subTest(size):
                path = self.write("up", pattern(size))
                aws("s3", "cp", "--quiet", path, self.uri + "/dir/up")
                back = os.path.join(self.folder, "down")
                aws("s3", "cp", "--quiet", self.uri + "/dir/up", back)
                self.assertTrue(filecmp.cmp(path, back, shallow=False))
                aws("s3", "cp", "--quiet", self.uri + "/dir/up", self.uri + "/copy")
                aws("s3", "cp", "--quiet", self.uri + "/copy", back)
                self.assertTrue(filecmp.cmp(path, back, shallow=False))

    def test_pipes(self):
        aws("s3", "cp", "-", self.uri + "/k", input=b"piped")
        self.assertEqual(aws("s3", "cp", self.uri + "/k", "-"), b"piped")

    def test_sync_both_ways(self):
        names = ["a", "b c", "ü/d", "deep/er/e"]
        for number, name in enumerate(names):
            self.write("from/" + name, pattern(1000 + number, number))
        source, target = os.path.join(self.folder, "from"), os.path.join(self.folder, "to")
        aws("s3", "sync", "--quiet", source, self.uri)
        self.assertEqual(self.keys(), sorted(names, key=str.encode))
        self.assertEqual(aws("s3", "sync", source, self.uri), b"")
        os.remove(os.path.join(source, "a"))
        aws("s3", "sync", "--quiet", "--delete", source, self.uri)
        self.assertEqual(self.keys(), sorted(names[1:], key=str.encode))
        aws("s3", "sync", "--quiet", self.uri, target)
        for name in names[1:]:
            self.assertTrue(filecmp.cmp(os.path.join(source, name), os.path.join(target, name), shallow=False))

    def test_list_move_and_remove(self):
        for name in ("x/1", "x/2", "y"):
            aws("s3", "cp", "-", f"{self.uri}/{name}", input=b"123")
        listed = aws("s3", "ls", self.uri).decode()
        self.assertIn("PRE x/", listed)
        self.assertIn("3 y", listed)
        self.assertEqual(len(aws("s3", "ls", "--recursive", self.uri).splitlines()), 3)
        aws("s3", "mv", "--quiet", self.uri + "/y", self.uri + "/z")
        self.assertEqual(self.keys(), ["x/1", "x/2", "z"])
        aws("s3", "rm", "--quiet", "--recursive", self.uri + "/x")
        self.assertEqual(self.keys(), ["z"])

    def test_api_commands(self):
        path = self.write("body", b"content")
        aws("s3api", "put-object", "--bucket", self.bucket, "--key", "k", "--body", path, "--metadata", "a=b")
        self.assertIn(b'"a": "b"', aws("s3api", "head-object", "--bucket", self.bucket, "--key", "k"))
        out = os.path.join(self.folder, "range")
        aws("s3api", "get-object", "--bucket", self.bucket, "--key", "k", "--range", "bytes=1-3", out)
        with open(out, "rb") as file:
            self.assertEqual(file.read(), b"ont")

    def test_presign(self):
        aws("s3", "cp", "-", self.uri + "/k", input=b"signed")
        url = aws("s3", "presign", self.uri + "/k").decode().strip()
        with urllib.request.urlopen(url) as answer:
            self.assertEqual(answer.read(), b"signed")


if __name__ == "__main__":
    unittest.main()
