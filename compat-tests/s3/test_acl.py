"""Access control lists: the rights that canned lists and grants give, held against S3's documented rules.

The tables below are computed from the user guide ("Access control list (ACL) overview": canned ACLs, the mapping of
permissions to actions, what owners have), not from what the server answers.
"""
import concurrent.futures
import json
import os
import shutil
import subprocess
import unittest
import urllib.error
import urllib.request
import uuid

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from s3_case import ENDPOINT, REGION, S3Case, client
from test_policies import BINARY, sluice

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
KNOWN_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
PASSWORD = "a-password-for-sql-0123"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"

# Grantee -> permission of each canned list: "owner" is the resource's, "bucket" the bucket's owner.
CANNED_OBJECT = {
    "private": [],
    "public-read": [("all", "READ")],
    "public-read-write": [("all", "READ"), ("all", "WRITE")],
    "authenticated-read": [("known", "READ")],
    "bucket-owner-read": [("bucket", "READ")],
    "bucket-owner-full-control": [("bucket", "FULL_CONTROL")],
}
CANNED_BUCKET = {
    "private": [],
    "public-read": [("all", "READ")],
    "public-read-write": [("all", "READ"), ("all", "WRITE")],
    "authenticated-read": [("known", "READ")],
    "log-delivery-write": [("logs", "WRITE"), ("logs", "READ_ACP")],
}
PERMISSIONS = {"READ", "WRITE", "READ_ACP", "WRITE_ACP"}


def is_among(who, grantee, owner):
    return {"owner": who == owner, "bucket": who == "main", "all": True, "known": who != "anonymous",
            "logs": False}[grantee]


def rights(canned, grants, who, owner):
    """The permissions that somebody has by a list."""
    out = set()
    for grantee, permission in [("owner", "FULL_CONTROL"), *grants[canned]]:
        if is_among(who, grantee, owner):
            out |= PERMISSIONS if permission == "FULL_CONTROL" else {permission}
    return out


def anonymous():
    return boto3.client("s3", endpoint_url=ENDPOINT, region_name=REGION,
                        config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0},
                                      s3={"addressing_style": "path"}))


@unittest.skipUnless("SLUICE_DATA" in os.environ, "makes users over the server's control socket")
class AccessLists(S3Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.names, cls.clients, cls.ids = {}, {"anonymous": anonymous()}, {}
        for who in ("main", "alt", "third"):
            name = f"{who}-{uuid.uuid4().hex[:8]}"
            subprocess.run([BINARY, "user", "add", name, "--password"], input=f"{PASSWORD}\n{PASSWORD}\n", text=True,
                           check=True, capture_output=True)
            key = json.loads(sluice("key", "create", name, "--json"))
            key = key[0] if isinstance(key, list) else key
            cls.names[who] = name
            cls.clients[who] = client(key["access_key"], key["secret"])
        sluice("policy", "put", f"allow {cls.names['main']} create on *")

    @classmethod
    def tearDownClass(cls):
        for name in cls.names.values():
            sluice("user", "delete", name)

    def setUp(self):
        self.root = client()
        self.main, self.alt = self.clients["main"], self.clients["alt"]
        self.bucket = self.make_bucket()

    def make_bucket(self, ownership="ObjectWriter", **arguments):
        name = "compat-" + uuid.uuid4().hex[:20]
        self.main.create_bucket(Bucket=name, ObjectOwnership=ownership, **arguments)
        self.addCleanup(self.remove_bucket, name)
        self.ids["main"] = self.main.get_bucket_acl(Bucket=name)["Owner"]["ID"]
        return name

    def put_as(self, who, key, body=b"x", **arguments):
        return self.clients[who].put_object(Bucket=self.bucket, Key=key, Body=body, **arguments)

    def may(self, call, *refusals, **arguments):
        try:
            call(Bucket=self.bucket, **arguments)
            return True
        except ClientError as refused:
            self.assertIn(refused.response["Error"]["Code"], ("AccessDenied", "403", *refusals))
            return False

    def had_on_object(self, who, key, canned):
        """Which permissions somebody turns out to have on an object, which is as it was afterwards."""
        s3 = self.clients[who]
        out = set()
        if self.may(s3.get_object, Key=key):
            out.add("READ")
            self.assertTrue(self.may(s3.head_object, Key=key))
        else:
            self.assertFalse(self.may(s3.head_object, Key=key))
        if self.may(s3.get_object_acl, Key=key):
            out.add("READ_ACP")
        if self.may(s3.put_object_acl, Key=key, ACL=canned):
            out.add("WRITE_ACP")
        return out

    def test_canned_lists_of_objects(self):
        self.main.put_bucket_acl(Bucket=self.bucket, ACL="public-read-write")
        for owner in ("main", "alt"):
            for canned in CANNED_OBJECT:
                key = f"{owner}/{canned}"
                self.put_as(owner, key, ACL=canned)
                for who in ("main", "alt", "third", "anonymous"):
                    with self.subTest(owner=owner, canned=canned, who=who):
                        wanted = rights(canned, CANNED_OBJECT, who, owner) - {"WRITE"}
                        self.assertEqual(self.had_on_object(who, key, canned), wanted)

    def test_canned_lists_of_objects_do_not_let_write(self):
        for canned in CANNED_OBJECT:
            self.put_as("main", canned, ACL=canned)
            for who in ("alt", "anonymous"):
                with self.subTest(canned=canned, who=who):
                    s3 = self.clients[who]
                    self.assertFalse(self.may(s3.put_object, Key=canned, Body=b"overwritten"))
                    self.assertFalse(self.may(s3.delete_object, Key=canned))
            self.assertTrue(self.may(self.main.put_object, Key=canned, Body=b"x"))

    def test_canned_lists_of_buckets(self):
        for canned in CANNED_BUCKET:
            self.main.put_bucket_acl(Bucket=self.bucket, ACL=canned)
            for who in ("main", "alt", "anonymous"):
                with self.subTest(canned=canned, who=who):
                    s3 = self.clients[who]
                    wanted = rights(canned, CANNED_BUCKET, who, "main")
                    had = set()
                    if self.may(s3.list_objects_v2):
                        had.add("READ")
                        self.assertTrue(self.may(s3.list_object_versions))
                        self.assertTrue(self.may(s3.list_multipart_uploads))
                    if self.may(s3.put_object, Key=f"{canned}/{who}", Body=b"x"):
                        had.add("WRITE")
                        self.assertTrue(self.may(s3.delete_object, Key=f"{canned}/{who}"))
                    if self.may(s3.get_bucket_acl):
                        had.add("READ_ACP")
                    if self.may(s3.put_bucket_acl, ACL=canned):
                        had.add("WRITE_ACP")
                    self.assertEqual(had, wanted)

    def test_canned_lists_read_back(self):
        uris = {"all": ALL_USERS, "known": KNOWN_USERS, "logs": LOG_DELIVERY}

        def shown(grants):
            return sorted((grant["Grantee"].get("URI") or grant["Grantee"]["ID"], grant["Permission"])
                          for grant in grants)
        self.main.put_bucket_acl(Bucket=self.bucket, ACL="public-read-write")
        for canned, grants in CANNED_OBJECT.items():
            for owner in ("main", "alt"):
                self.put_as(owner, "k", ACL=canned)
                got = self.clients[owner].get_object_acl(Bucket=self.bucket, Key="k")
                self.ids[owner] = got["Owner"]["ID"]
                wanted = [(self.ids[owner], "FULL_CONTROL")]
                for grantee, permission in grants:
                    if grantee in uris:
                        wanted.append((uris[grantee], permission))
                    elif owner != "main":
                        wanted.append((self.ids["main"], permission))
                self.assertEqual(shown(got["Grants"]), sorted(wanted), (owner, canned))
        for canned, grants in CANNED_BUCKET.items():
            self.main.put_bucket_acl(Bucket=self.bucket, ACL=canned)
            got = self.main.get_bucket_acl(Bucket=self.bucket)
            wanted = [(self.ids["main"], "FULL_CONTROL")]
            wanted += [(uris[grantee], permission) for grantee, permission in grants]
            self.assertEqual(shown(got["Grants"]), sorted(wanted), canned)

    def test_one_grant_each(self):
        """Each permission alone, to one user, on an object and on the bucket."""
        self.put_as("main", "k")
        self.main.put_bucket_acl(Bucket=self.bucket, ACL="public-read-write")
        self.put_as("alt", "probe")
        self.ids["alt"] = self.alt.get_object_acl(Bucket=self.bucket, Key="probe")["Owner"]["ID"]
        alt = {"Type": "CanonicalUser", "ID": self.ids["alt"]}
        owner = {"ID": self.ids["main"]}
        for permission in ("READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"):
            policy = {"Owner": owner, "Grants": [{"Grantee": alt, "Permission": permission}]}
            wanted = PERMISSIONS if permission == "FULL_CONTROL" else {permission}
            with self.subTest(permission, on="object"):
                self.main.put_object_acl(Bucket=self.bucket, Key="k", AccessControlPolicy=policy)
                had = set()
                if self.may(self.alt.get_object, Key="k"):
                    had.add("READ")
                if self.may(self.alt.get_object_acl, Key="k"):
                    had.add("READ_ACP")
                if self.may(self.alt.put_object_acl, Key="k", AccessControlPolicy=policy):
                    had.add("WRITE_ACP")
                self.assertEqual(had, wanted - {"WRITE"})
                self.assertFalse(self.may(self.clients["third"].get_object, Key="k"))
            with self.subTest(permission, on="bucket"):
                self.main.put_bucket_acl(Bucket=self.bucket, AccessControlPolicy=policy)
                had = set()
                if self.may(self.alt.list_objects_v2):
                    had.add("READ")
                if self.may(self.alt.put_object, Key="n", Body=b""):
                    had.add("WRITE")
                if self.may(self.alt.get_bucket_acl):
                    had.add("READ_ACP")
                if self.may(self.alt.put_bucket_acl, AccessControlPolicy=policy):
                    had.add("WRITE_ACP")
                self.assertEqual(had, wanted)

    def test_grants_by_header(self):
        self.main.put_bucket_acl(Bucket=self.bucket, GrantFullControl=f'id="{self.ids["main"]}"',
                                 GrantRead=f'uri="{ALL_USERS}"')
        self.assertTrue(self.may(self.clients["anonymous"].list_objects_v2))
        self.put_as("main", "k", GrantRead=f'uri="{KNOWN_USERS}"',
                    GrantFullControl=f'id="{self.ids["main"]}"')
        self.assertTrue(self.may(self.alt.get_object, Key="k"))
        self.assertFalse(self.may(self.clients["anonymous"].get_object, Key="k"))
        self.assert_refused("InvalidArgument", self.put_as, "main", "k", GrantRead='id="nobody"')
        self.assert_refused("UnresolvableGrantByEmailAddress", self.put_as, "main", "k",
                            GrantRead='emailAddress="nobody@example.org"')
        self.assert_refused("InvalidRequest", self.put_as, "main", "k", ACL="private",
                            GrantRead=f'uri="{ALL_USERS}"')

    def test_where_lists_do_not_count(self):
        name = "compat-" + uuid.uuid4().hex[:20]
        self.main.create_bucket(Bucket=name)
        self.addCleanup(self.remove_bucket, name)
        self.assert_refused("AccessControlListNotSupported", self.main.put_bucket_acl, Bucket=name, ACL="public-read")
        self.assert_refused("AccessControlListNotSupported", self.main.put_object, Bucket=name, Key="k",
                            Body=b"", ACL="public-read")
        self.main.put_object(Bucket=name, Key="k", Body=b"", ACL="bucket-owner-full-control")
        rules = self.main.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
        self.assertEqual(rules, [{"ObjectOwnership": "BucketOwnerEnforced"}])

    def own(self, ownership):
        self.main.put_bucket_ownership_controls(
            Bucket=self.bucket, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})

    def test_ownership_back_and_forth(self):
        self.put_as("main", "k", ACL="public-read")
        self.main.put_bucket_acl(Bucket=self.bucket, ACL="public-read")
        with self.assertRaises(ClientError) as caught:
            self.own("BucketOwnerEnforced")
        self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidBucketAclWithObjectOwnership")
        self.main.put_bucket_acl(Bucket=self.bucket, ACL="private")
        self.own("BucketOwnerEnforced")
        self.assertFalse(self.may(self.clients["anonymous"].get_object, Key="k"))
        self.own("BucketOwnerPreferred")
        self.assertTrue(self.may(self.clients["anonymous"].get_object, Key="k"))

    def test_public_access_block(self):
        self.put_as("main", "k", ACL="public-read")

        def block(**wanted):
            self.main.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration=wanted)
        block(BlockPublicAcls=True)
        for canned in ("public-read", "public-read-write", "authenticated-read"):
            self.assert_refused("AccessDenied", self.main.put_bucket_acl, Bucket=self.bucket, ACL=canned)
            self.assert_refused("AccessDenied", self.put_as, "main", "n", ACL=canned)
        self.assertTrue(self.may(self.clients["anonymous"].get_object, Key="k"))
        block(IgnorePublicAcls=True)
        self.assertFalse(self.may(self.clients["anonymous"].get_object, Key="k"))
        self.assertTrue(self.may(self.main.get_object, Key="k"))

    def test_listings_tell_the_owner(self):
        self.main.put_bucket_acl(Bucket=self.bucket, ACL="public-read-write")
        self.put_as("alt", "a")
        self.put_as("main", "b")
        alt = self.alt.get_object_acl(Bucket=self.bucket, Key="a")["Owner"]["ID"]
        listed = self.main.list_objects_v2(Bucket=self.bucket, FetchOwner=True)["Contents"]
        self.assertEqual([one["Owner"]["ID"] for one in listed], [alt, self.ids["main"]])

    def query(self, who, statement):
        """Rows of a statement, or the SQLSTATE of its refusal; by the passwords of setUpClass."""
        host, port = sluice("status", "--field", "pg").rsplit(":", 1)
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "VERBOSITY=sqlstate",
                               f"host={host} port={port} user={self.names[who]} dbname=sluice"], input=statement,
                              capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PGPASSWORD": PASSWORD, "PGOPTIONS": ""})
        return done.stdout.split() if not done.stderr else done.stderr.split()[-1]

    @unittest.skipUnless(shutil.which("psql"), "needs psql")
    def test_holds_for_sql(self):
        self.put_as("main", "open", b"public", ACL="public-read")
        self.put_as("main", "shut", b"secret")
        read = f"SELECT convert_from(content, 'UTF8') FROM objects.\"{self.bucket}\" WHERE key = "
        self.assertEqual(self.query("main", read + "'shut'"), ["secret"])
        self.assertEqual(self.query("alt", read + "'open'"), "42501")
        self.main.put_bucket_acl(Bucket=self.bucket, ACL="public-read")
        self.assertEqual(self.query("alt", read + "'open'"), ["public"])
        self.assertEqual(self.query("alt", read + "'shut'"), "42501")
        self.assertEqual(self.query("alt", f"SELECT key FROM objects.\"{self.bucket}\""), ["open", "shut"])

    @unittest.skipUnless(os.environ.get("SLUICE_S3_WEBSITE_DOMAINS") == "web.test", "the server has no websites")
    def test_holds_for_websites(self):
        self.put_as("main", "open", b"public", ACL="public-read")
        self.put_as("main", "shut", b"secret")
        self.main.put_bucket_website(Bucket=self.bucket,
                                     WebsiteConfiguration={"IndexDocument": {"Suffix": "open"}})
        for path, wanted in (("/", (200, b"public")), ("/open", (200, b"public")), ("/shut", (403, None))):
            request = urllib.request.Request(ENDPOINT + path, headers={"Host": f"{self.bucket}.web.test"})
            try:
                with urllib.request.urlopen(request) as answer:
                    got = answer.status, answer.read()
            except urllib.error.HTTPError as refused:
                with refused:
                    got = refused.code, None
            self.assertEqual(got, wanted, path)

    def test_holds_for_presigned_links(self):
        self.put_as("main", "k", b"secret")
        for who, status in (("main", 200), ("alt", 403)):
            signer = self.clients[who]
            link = boto3.client("s3", endpoint_url=ENDPOINT, region_name=REGION,
                                aws_access_key_id=signer._request_signer._credentials.access_key,
                                aws_secret_access_key=signer._request_signer._credentials.secret_key,
                                config=Config(signature_version="s3v4", s3={"addressing_style": "path"})
                                ).generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "k"})
            try:
                with urllib.request.urlopen(link) as answer:
                    self.assertEqual(answer.status, status)
            except urllib.error.HTTPError as refused:
                with refused:
                    self.assertEqual(refused.code, status)

    def test_uploads(self):
        self.main.put_bucket_acl(Bucket=self.bucket, ACL="public-read-write")
        begun = self.alt.create_multipart_upload(Bucket=self.bucket, Key="big", ACL="public-read")
        part = self.alt.upload_part(Bucket=self.bucket, Key="big", PartNumber=1, UploadId=begun["UploadId"], Body=b"p")
        self.alt.complete_multipart_upload(
            Bucket=self.bucket, Key="big", UploadId=begun["UploadId"],
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        self.assertTrue(self.may(self.clients["anonymous"].get_object, Key="big"))
        self.assertFalse(self.may(self.main.get_object_acl, Key="big"))

    def test_a_reader_never_gets_what_was_put_for_others(self):
        """The key is overwritten in turn with public and private bytes while a stranger reads it."""
        rounds = 150
        stranger = self.clients["anonymous"]

        def write():
            for turn in range(rounds):
                public = turn % 2 == 0
                self.put_as("main", "k", b"public" if public else b"secret",
                            ACL="public-read" if public else "private")

        def read(_):
            seen = {"public": 0, "refused": 0}
            while not writing.done():
                try:
                    body = stranger.get_object(Bucket=self.bucket, Key="k")["Body"].read()
                    self.assertEqual(body, b"public")
                    seen["public"] += 1
                except ClientError as refused:
                    self.assertEqual(refused.response["Error"]["Code"], "AccessDenied")
                    seen["refused"] += 1
            return seen

        def copy():
            while not writing.done():
                try:
                    self.alt.copy_object(Bucket=self.bucket, Key="copy",
                                         CopySource={"Bucket": self.bucket, "Key": "k"})
                    self.assertEqual(self.alt.get_object(Bucket=self.bucket, Key="copy")["Body"].read(), b"public")
                except ClientError as refused:
                    self.assertIn(refused.response["Error"]["Code"],
                                  ("AccessDenied", "ConditionalRequestConflict"))
        self.put_as("main", "k", b"public", ACL="public-read")
        self.main.put_bucket_acl(Bucket=self.bucket, ACL="public-read-write")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            writing = pool.submit(write)
            copying = pool.submit(copy)
            seen = [future.result() for future in [pool.submit(read, each) for each in range(2)]]
            copying.result()
            writing.result()
        self.assertGreater(sum(one["public"] for one in seen), 0)
        self.assertGreater(sum(one["refused"] for one in seen), 0)


if __name__ == "__main__":
    unittest.main()
