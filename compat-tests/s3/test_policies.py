import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request
import uuid

from s3_case import ENDPOINT, S3Case, client

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("SLUICE_BINARY", str(ROOT / "build/release/bin/sluice"))
ACCOUNT = "000000000000"


def sluice(*arguments):
    """One of our own commands, against the server of this run."""
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{arguments}: {done.stderr}")
    return done.stdout.strip()


def plain(method, path, body=None):
    """(status, body) of a request without a signature."""
    request = urllib.request.Request(f"{ENDPOINT}/{path}", method=method, data=body)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


@unittest.skipUnless("SLUICE_DATA" in os.environ, "makes users over the server's control socket")
class Policies(S3Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.names, cls.clients = {}, {}
        for who in ("alice", "bob"):
            name = f"{who}-{uuid.uuid4().hex[:8]}"
            sluice("user", "add", name)
            key = json.loads(sluice("key", "create", name, "--json"))
            key = key[0] if isinstance(key, list) else key
            cls.names[who] = name
            cls.clients[who] = client(key["access_key"], key["secret"])

    @classmethod
    def tearDownClass(cls):
        for name in cls.names.values():
            sluice("user", "delete", name)

    def setUp(self):
        super().setUp()
        self.alice, self.bob = self.clients["alice"], self.clients["bob"]
        for key in ("open/a", "open/b", "shut/a"):
            self.put(key, key.encode())

    def arn(self, key=""):
        return f"arn:aws:s3:::{self.bucket}" + (f"/{key}" if key else "")

    def user(self, who):
        return {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{self.names[who]}"}

    def allow(self, principal, action, resource, **more):
        return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}

    def put_policy(self, *statements, **arguments):
        policy = json.dumps({"Version": "2012-10-17", "Id": "compat", "Statement": list(statements)})
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=policy, **arguments)
        return policy

    def read_as(self, who, key):
        return who.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def denied(self, call, **arguments):
        self.assert_refused("AccessDenied", call, Bucket=self.bucket, **arguments)

    def test_put_get_delete(self):
        policy = self.put_policy(self.allow(self.user("alice"), "s3:GetObject", self.arn("open/*")))
        self.assertEqual(self.s3.get_bucket_policy(Bucket=self.bucket)["Policy"], policy)
        status = self.s3.get_bucket_policy_status(Bucket=self.bucket)
        self.assertEqual(status["PolicyStatus"], {"IsPublic": False})
        self.s3.delete_bucket_policy(Bucket=self.bucket)
        self.assert_refused("NoSuchBucketPolicy", self.s3.get_bucket_policy, Bucket=self.bucket)
        self.s3.delete_bucket_policy(Bucket=self.bucket)

    def test_prefix_of_another_user(self):
        self.denied(self.alice.get_object, Key="open/a")
        self.put_policy(self.allow(self.user("alice"), ["s3:GetObject", "s3:PutObject"], self.arn("open/*")),
                        self.allow(self.user("alice"), "s3:ListBucket", self.arn(),
                                   Condition={"StringLike": {"s3:prefix": ["open/*"]}}))
        self.assertEqual(self.read_as(self.alice, "open/a"), b"open/a")
        self.alice.put_object(Bucket=self.bucket, Key="open/c", Body=b"c")
        self.alice.upload_file(__file__, self.bucket, "open/file")
        self.denied(self.alice.get_object, Key="shut/a")
        self.denied(self.alice.delete_object, Key="open/a")
        self.denied(self.alice.get_object_tagging, Key="open/a")
        self.denied(self.bob.get_object, Key="open/a")
        listed = self.alice.list_objects_v2(Bucket=self.bucket, Prefix="open/")
        self.assertEqual([one["Key"] for one in listed["Contents"]], ["open/a", "open/b", "open/c", "open/file"])
        self.denied(self.alice.list_objects_v2)
        self.denied(self.alice.list_objects_v2, Prefix="shut/")
        # A key that is not there is told only to those who may list it.
        self.assert_refused("AccessDenied", self.alice.get_object, Bucket=self.bucket, Key="open/none")

    def test_deny_wins(self):
        everything = self.allow(self.user("alice"), "s3:*", [self.arn(), self.arn("*")])
        deny = {**self.allow(self.user("alice"), "s3:*Object", self.arn("shut/*")), "Effect": "Deny"}
        self.put_policy(deny, everything)
        self.assertEqual(self.read_as(self.alice, "open/a"), b"open/a")
        self.denied(self.alice.get_object, Key="shut/a")
        self.denied(self.alice.put_object, Key="shut/a", Body=b"")
        self.alice.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})

    def test_own_folder(self):
        self.put_policy(self.allow({"AWS": "*"}, ["s3:GetObject", "s3:PutObject"], self.arn("home/${aws:username}/*")))
        mine = f"home/{self.names['alice']}/k"
        self.alice.put_object(Bucket=self.bucket, Key=mine, Body=b"mine")
        self.assertEqual(self.read_as(self.alice, mine), b"mine")
        self.denied(self.bob.get_object, Key=mine)
        self.assertEqual(plain("GET", f"{self.bucket}/{mine}")[0], 403)

    def test_addresses(self):
        def only_from(network):
            self.put_policy(self.allow(self.user("bob"), "s3:GetObject", self.arn("*"),
                                       Condition={"IpAddress": {"aws:SourceIp": network}}))
        only_from("127.0.0.0/8")
        self.assertEqual(self.read_as(self.bob, "shut/a"), b"shut/a")
        only_from("203.0.113.0/24")
        self.denied(self.bob.get_object, Key="shut/a")

    def test_strangers(self):
        self.assertEqual(plain("GET", f"{self.bucket}/open/a")[0], 403)
        self.put_policy(self.allow("*", "s3:GetObject", self.arn("open/*")),
                        self.allow("*", "s3:PutObject", self.arn("inbox/*")))
        self.assertTrue(self.s3.get_bucket_policy_status(Bucket=self.bucket)["PolicyStatus"]["IsPublic"])
        self.assertEqual(plain("GET", f"{self.bucket}/open/a"), (200, b"open/a"))
        self.assertEqual(plain("PUT", f"{self.bucket}/inbox/a", b"from outside")[0], 200)
        self.assertEqual(self.read("inbox/a"), b"from outside")
        for method, path in (("GET", "shut/a"), ("GET", ""), ("GET", "inbox/a"), ("PUT", "open/a"),
                             ("DELETE", "open/a"), ("GET", "?policy")):
            status, body = plain(method, f"{self.bucket}/{path}")
            self.assertEqual((status, b"<Code>AccessDenied</Code>" in body), (403, True), (method, path))

    def test_public_access_block(self):
        def block(**wanted):
            self.s3.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration=wanted)
        public = self.allow("*", "s3:GetObject", self.arn("open/*"))
        self.put_policy(public)
        block(RestrictPublicBuckets=True)
        self.assertEqual(plain("GET", f"{self.bucket}/open/a")[0], 403)
        self.assertEqual(self.read_as(self.bob, "open/a"), b"open/a")
        block(BlockPublicPolicy=True)
        self.assertEqual(plain("GET", f"{self.bucket}/open/a")[0], 200)
        with self.assertRaises(self.s3.exceptions.ClientError) as caught:
            self.put_policy(public)
        self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDenied")
        self.put_policy(self.allow(self.user("bob"), "s3:GetObject", self.arn("*")))
        self.s3.delete_public_access_block(Bucket=self.bucket)
        self.put_policy(public)

    def test_documents_that_are_wrong(self):
        fine = self.allow("*", "s3:GetObject", self.arn("*"))
        for wrong, message in (
                ({**fine, "Resource": "arn:aws:s3:::another/*"}, "Policy has invalid resource"),
                ({**fine, "Resource": self.arn()}, "Action does not apply to any resource(s) in statement"),
                ({**fine, "Action": "s3:Fly"}, "Policy has invalid action"),
                ({**fine, "Principal": {"AWS": "nobody"}}, "Invalid principal in policy"),
                ({**fine, "Condition": {"StringEquals": {"aws:moon": "full"}}}, "Policy has an invalid condition key"),
                ({**fine, "Condition": {"StringIs": {"s3:prefix": ""}}}, "Policy has an invalid condition operator"),
                ({**fine, "More": 1}, "Unknown field More"),
                ({key: fine[key] for key in fine if key != "Principal"}, "Missing required field Principal")):
            with self.subTest(message), self.assertRaises(self.s3.exceptions.ClientError) as caught:
                self.put_policy(wrong)
            error = caught.exception.response["Error"]
            self.assertEqual(error["Code"], "MalformedPolicy")
            self.assertTrue(error["Message"].startswith(message), error["Message"])
        self.assert_refused("MalformedPolicy", self.s3.put_bucket_policy, Bucket=self.bucket, Policy="no json")

    def test_policy_of_a_user(self):
        policy = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:Get*", "Resource": self.arn("open/*")}]}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(policy, file)
            file.flush()
            sluice("policy", "attach", self.names["alice"], "reader", file.name)
        try:
            self.assertIn(self.bucket, [one["Name"] for one in self.alice.list_buckets()["Buckets"]])
            self.assertEqual(self.read_as(self.alice, "open/a"), b"open/a")
            self.denied(self.alice.get_object, Key="shut/a")
            self.assert_refused("AccessDenied", self.bob.list_buckets)
            self.assertIn("reader", sluice("policy", "attached"))
        finally:
            sluice("policy", "detach", self.names["alice"], "reader")
        self.denied(self.alice.get_object, Key="open/a")

    def test_gone_with_the_bucket(self):
        name = "compat-" + uuid.uuid4().hex[:20]
        self.s3.create_bucket(Bucket=name)
        policy = {"Version": "2012-10-17",
                  "Statement": self.allow("*", "s3:GetObject", f"arn:aws:s3:::{name}/*")}
        self.s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
        self.s3.delete_bucket(Bucket=name)
        self.s3.create_bucket(Bucket=name)
        self.addCleanup(self.remove_bucket, name)
        self.s3.put_object(Bucket=name, Key="k", Body=b"")
        self.assert_refused("NoSuchBucketPolicy", self.s3.get_bucket_policy, Bucket=name)
        self.assertEqual(plain("GET", f"{name}/k")[0], 403)


if __name__ == "__main__":
    unittest.main()
