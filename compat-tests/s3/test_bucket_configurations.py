import json
import unittest
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor

from s3_case import ENDPOINT, S3Case, client, sending
from test_aws_cli import aws

# What a provisioning tool reads of a bucket before it calls it its own, and the answer of one that
# was just made: a code, or members of the result.
FRESH = {
    "get_bucket_accelerate_configuration": {},
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "get_bucket_logging": {},
    "get_bucket_notification_configuration": {},
    "get_bucket_ownership_controls":
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_bucket_policy_status": "NoSuchBucketPolicy",
    "get_bucket_replication": "ReplicationConfigurationNotFoundError",
    "get_bucket_request_payment": {"Payer": "BucketOwner"},
    "get_bucket_tagging": "NoSuchTagSet",
    "get_bucket_website": "NoSuchWebsiteConfiguration",
    "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
    "get_public_access_block": "NoSuchPublicAccessBlockConfiguration",
    "list_bucket_analytics_configurations": {"IsTruncated": False},
    "list_bucket_intelligent_tiering_configurations": {"IsTruncated": False},
    "list_bucket_inventory_configurations": {"IsTruncated": False},
    "list_bucket_metrics_configurations": {"IsTruncated": False},
}
DELETES = ("cors", "encryption", "lifecycle", "ownership_controls", "policy", "replication", "tagging",
           "website")
KINDS = ("analytics", "intelligent_tiering", "inventory", "metrics")

RULES = [
    {"ID": "pages", "AllowedOrigins": ["https://*.example", "http://localhost:3000"],
     "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["x-amz-*", "Content-Type"],
     "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 3000},
    {"AllowedOrigins": ["*"], "AllowedMethods": ["HEAD"]},
]


def plain(method, path, **headers):
    """(status, headers, body) of a request without a signature."""
    request = urllib.request.Request(f"{ENDPOINT}/{path}", method=method,
                                     headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read()


def without_metadata(result):
    return {name: value for name, value in result.items() if name != "ResponseMetadata"}


class BucketConfigurations(S3Case):
    def call(self, name, **arguments):
        return without_metadata(getattr(self.s3, name)(Bucket=self.bucket, **arguments))

    def refused(self, code, name, **arguments):
        return self.assert_refused(code, getattr(self.s3, name), Bucket=self.bucket, **arguments)

    def test_a_fresh_bucket(self):
        for name, expected in FRESH.items():
            with self.subTest(name):
                if isinstance(expected, str):
                    response = self.refused(expected, name)
                    self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 404)
                else:
                    self.assertEqual(self.call(name), expected)

    def test_a_bucket_that_is_not_there(self):
        for name in [*FRESH, "get_bucket_acl"]:
            with self.subTest(name):
                self.assert_refused("NoSuchBucket", getattr(self.s3, name), Bucket="missing-" + uuid.uuid4().hex)

    def test_another_owner_is_expected(self):
        for name in FRESH:
            with self.subTest(name):
                self.refused("AccessDenied", name, ExpectedBucketOwner="111122223333")

    def test_deletes_of_what_is_not_there(self):
        for name in DELETES:
            with self.subTest(name):
                response = getattr(self.s3, "delete_bucket_" + name)(Bucket=self.bucket)
                self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 204)
        self.s3.delete_public_access_block(Bucket=self.bucket)
        for kind in KINDS:
            with self.subTest(kind):
                self.refused("NoSuchConfiguration", f"get_bucket_{kind}_configuration", Id="one")
                self.refused("NoSuchConfiguration", f"delete_bucket_{kind}_configuration", Id="one")

    def test_tags(self):
        tags = [{"Key": "b", "Value": "2 +-=._:/@"}, {"Key": "ä", "Value": ""}]
        self.call("put_bucket_tagging", Tagging={"TagSet": tags})
        self.assertEqual(self.call("get_bucket_tagging"), {"TagSet": tags})
        for bad in ([{"Key": "aws:a", "Value": ""}], [{"Key": "a", "Value": ""}] * 2, [{"Key": "a", "Value": "<"}],
                    [{"Key": "k" * 129, "Value": ""}], [{"Key": "k", "Value": "v" * 257}]):
            self.refused("InvalidTag", "put_bucket_tagging", Tagging={"TagSet": bad})
        many = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
        self.refused("BadRequest", "put_bucket_tagging", Tagging={"TagSet": many})
        self.call("put_bucket_tagging", Tagging={"TagSet": many[:50]})
        self.assertEqual(len(self.call("get_bucket_tagging")["TagSet"]), 50)
        self.call("delete_bucket_tagging")
        self.refused("NoSuchTagSet", "get_bucket_tagging")

    def test_a_bucket_made_with_tags(self):
        name = "compat-" + uuid.uuid4().hex[:20]
        tags = [{"Key": "stage", "Value": "test"}]
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": tags})
        self.addCleanup(self.remove_bucket, name)
        self.assertEqual(self.s3.get_bucket_tagging(Bucket=name)["TagSet"], tags)

    def test_changes_at_the_same_time_are_all_kept(self):
        tags, block = [{"Key": "k", "Value": "v"}], {"BlockPublicAcls": True}
        changes = {
            "put_bucket_tagging": {"Tagging": {"TagSet": tags}},
            "put_bucket_cors": {"CORSConfiguration": {"CORSRules": RULES}},
            "put_public_access_block": {"PublicAccessBlockConfiguration": block},
            "put_bucket_accelerate_configuration": {"AccelerateConfiguration": {"Status": "Suspended"}},
        }
        with ThreadPoolExecutor(len(changes)) as pool:
            for _ in range(5):
                for name in ("delete_bucket_tagging", "delete_bucket_cors", "delete_public_access_block"):
                    self.call(name)
                started = [pool.submit(self.call, name, **arguments) for name, arguments in changes.items()]
                for one in started:
                    one.result()
                self.assertEqual(self.call("get_bucket_tagging"), {"TagSet": tags})
                self.assertEqual(self.call("get_bucket_cors"), {"CORSRules": RULES})
                kept = self.call("get_public_access_block")["PublicAccessBlockConfiguration"]
                self.assertTrue(kept["BlockPublicAcls"])

    def test_public_access_block(self):
        block = {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True,
                 "RestrictPublicBuckets": False}
        self.call("put_public_access_block", PublicAccessBlockConfiguration=block)
        self.assertEqual(self.call("get_public_access_block"), {"PublicAccessBlockConfiguration": block})
        self.call("delete_public_access_block")
        self.refused("NoSuchPublicAccessBlockConfiguration", "get_public_access_block")

    def test_ownership(self):
        def rules(ownership):
            return {"Rules": [{"ObjectOwnership": ownership}]}

        self.refused("MalformedXML", "put_bucket_ownership_controls", OwnershipControls=rules("Nobody"))
        for ownership in ("ObjectWriter", "BucketOwnerPreferred"):
            self.call("put_bucket_ownership_controls", OwnershipControls=rules(ownership))
            self.assertEqual(self.call("get_bucket_ownership_controls"), {"OwnershipControls": rules(ownership)})
        self.call("delete_bucket_ownership_controls")
        self.refused("OwnershipControlsNotFoundError", "get_bucket_ownership_controls")
        self.call("put_bucket_ownership_controls", OwnershipControls=rules("BucketOwnerEnforced"))
        self.assertEqual(self.call("get_bucket_ownership_controls"),
                         {"OwnershipControls": rules("BucketOwnerEnforced")})

    def test_acls(self):
        self.put("k", b"x")
        acl = self.call("get_bucket_acl")
        owner = acl["Owner"]["ID"]
        self.assertEqual(acl["Grants"], [{"Grantee": {"ID": owner, "Type": "CanonicalUser"},
                                          "Permission": "FULL_CONTROL"}])
        self.assertEqual(self.call("get_object_acl", Key="k"), acl)
        self.refused("NoSuchKey", "get_object_acl", Key="missing")
        public = {"Owner": acl["Owner"], "Grants": acl["Grants"] + [
            {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
             "Permission": "READ"}]}
        for name, key in (("put_bucket_acl", {}), ("put_object_acl", {"Key": "k"})):
            with self.subTest(name):
                self.call(name, ACL="private", **key)
                self.call(name, AccessControlPolicy=acl, **key)
                self.refused("AccessControlListNotSupported", name, ACL="public-read", **key)
                self.refused("AccessControlListNotSupported", name, GrantRead="id=" + owner, **key)
                self.refused("AccessControlListNotSupported", name, AccessControlPolicy=public, **key)
                # S3 asks for no digest of an ACL; s3cmd sends none.
                without = ("x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm", "Content-MD5")
                with sending(self.s3, {}, without=without):
                    self.call(name, AccessControlPolicy=acl, **key)
        self.put("k", b"x", ACL="bucket-owner-full-control")
        self.assert_refused("AccessControlListNotSupported", self.put, "k", b"x", ACL="public-read")

    def test_values_without_effect(self):
        self.call("put_bucket_request_payment", RequestPaymentConfiguration={"Payer": "BucketOwner"})
        self.refused("NotImplemented", "put_bucket_request_payment",
                     RequestPaymentConfiguration={"Payer": "Requester"})
        self.call("put_bucket_accelerate_configuration", AccelerateConfiguration={"Status": "Suspended"})
        self.assertEqual(self.call("get_bucket_accelerate_configuration"), {"Status": "Suspended"})
        self.refused("NotImplemented", "put_bucket_accelerate_configuration",
                     AccelerateConfiguration={"Status": "Enabled"})
        self.call("put_bucket_logging", BucketLoggingStatus={})
        self.call("put_bucket_notification_configuration", NotificationConfiguration={})
        self.refused("InvalidArgument", "put_bucket_notification_configuration", NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": "arn:aws:sqs:us-east-1:1:no-such-topic",
                                     "Events": ["s3:ObjectCreated:*"]}]})

    def test_the_command_line(self):
        def api(*arguments, status=0):
            return aws("s3api", arguments[0], "--bucket", self.bucket, *arguments[1:], status=status)

        api("put-bucket-tagging", "--tagging", "TagSet=[{Key=a,Value=b}]")
        self.assertEqual(json.loads(api("get-bucket-tagging")), {"TagSet": [{"Key": "a", "Value": "b"}]})
        api("put-bucket-cors", "--cors-configuration", json.dumps({"CORSRules": RULES}))
        self.assertEqual(json.loads(api("get-bucket-cors")), {"CORSRules": RULES})
        api("put-public-access-block", "--public-access-block-configuration", "BlockPublicAcls=true")
        api("put-bucket-acl", "--acl", "private")
        self.assertEqual(json.loads(api("get-bucket-request-payment")), {"Payer": "BucketOwner"})
        api("get-bucket-policy", status=255)


class CrossOrigin(S3Case):
    def setUp(self):
        super().setUp()
        self.put("k", b"content")

    def configure(self):
        self.s3.put_bucket_cors(Bucket=self.bucket, CORSConfiguration={"CORSRules": RULES})

    def preflight(self, origin="https://www.example", method="PUT", path="k", **headers):
        return plain("OPTIONS", f"{self.bucket}/{path}", Origin=origin, Access_Control_Request_Method=method,
                     **headers)

    def test_configuration(self):
        self.configure()
        self.assertEqual(self.s3.get_bucket_cors(Bucket=self.bucket)["CORSRules"], RULES)
        for code, rule in (("InvalidRequest", {"AllowedMethods": ["OPTIONS"], "AllowedOrigins": ["*"]}),
                           ("InvalidRequest", {"AllowedMethods": ["GET"], "AllowedOrigins": ["*.a.*"]}),
                           ("MalformedXML", {"AllowedMethods": [], "AllowedOrigins": ["*"]})):
            self.assert_refused(code, self.s3.put_bucket_cors, Bucket=self.bucket,
                                CORSConfiguration={"CORSRules": [rule]})
        many = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}] * 101
        self.assert_refused("InvalidRequest", self.s3.put_bucket_cors, Bucket=self.bucket,
                            CORSConfiguration={"CORSRules": many})
        self.s3.delete_bucket_cors(Bucket=self.bucket)
        self.assert_refused("NoSuchCORSConfiguration", self.s3.get_bucket_cors, Bucket=self.bucket)

    def test_preflight(self):
        status, _, body = self.preflight()
        self.assertEqual(status, 403)
        self.assertIn(b"<Code>AccessForbidden</Code>", body)
        self.assertIn(b"CORS is not enabled for this bucket", body)
        self.configure()
        status, headers, body = self.preflight(Access_Control_Request_Headers="content-type,x-amz-date")
        self.assertEqual((status, body), (200, b""))
        self.assertEqual(headers["Access-Control-Allow-Origin"], "https://www.example")
        self.assertEqual(headers["Access-Control-Allow-Methods"], "GET, PUT")
        self.assertEqual(headers["Access-Control-Allow-Headers"], "content-type, x-amz-date")
        self.assertEqual(headers["Access-Control-Expose-Headers"], "ETag")
        self.assertEqual(headers["Access-Control-Max-Age"], "3000")
        self.assertEqual(headers["Access-Control-Allow-Credentials"], "true")
        for status, headers, body in (self.preflight(origin="https://example.org"),
                                      self.preflight(method="DELETE"),
                                      self.preflight(Access_Control_Request_Headers="authorization")):
            self.assertEqual(status, 403)
            self.assertIn(b"This CORS request is not allowed", body)
            self.assertNotIn("Access-Control-Allow-Origin", headers)
        status, headers, _ = self.preflight(origin="https://anywhere", method="HEAD")
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (200, "*"))

    def test_requests_of_a_browser(self):
        self.configure()
        url = client(signature_version="s3v4").generate_presigned_url(
            "get_object", {"Bucket": self.bucket, "Key": "k"}, ExpiresIn=60)
        path = url.removeprefix(ENDPOINT + "/")
        status, headers, body = plain("GET", path, Origin="http://localhost:3000")
        self.assertEqual((status, body), (200, b"content"))
        self.assertEqual(headers["Access-Control-Allow-Origin"], "http://localhost:3000")
        self.assertIn("Origin", headers["Vary"])
        for origin in ({}, {"Origin": "https://example.org"}):
            status, headers, body = plain("GET", path, **origin)
            self.assertEqual((status, body), (200, b"content"))
            self.assertNotIn("Access-Control-Allow-Origin", headers)
        status, headers, _ = plain("GET", f"{self.bucket}/k", Origin="http://localhost:3000")
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (403, "http://localhost:3000"))


if __name__ == "__main__":
    unittest.main()
