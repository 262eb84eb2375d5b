import json
import unittest

import boto3
from botocore.config import Config

from s3_case import ACCESS_KEY, ENDPOINT, REGION, SECRET_KEY, S3Case


def service(name, credentials=None):
    keys = credentials or {"AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY}
    return boto3.client(name, endpoint_url=ENDPOINT, region_name=REGION,
                        aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                        aws_session_token=keys.get("SessionToken"),
                        config=Config(retries={"max_attempts": 0}, signature_version="s3v4" if name == "s3" else None,
                                      s3={"addressing_style": "path"}))


class TemporaryCredentials(S3Case):
    def test_caller_identity(self):
        who = service("sts").get_caller_identity()
        self.assertEqual(who["Arn"], f"arn:aws:iam::{who['Account']}:root")

    def test_session_reads_and_writes(self):
        session = service("s3", service("sts").get_session_token(DurationSeconds=900)["Credentials"])
        session.put_object(Bucket=self.bucket, Key="k", Body=b"hello")
        self.assertEqual(self.read("k"), b"hello")
        url = session.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "k"})
        self.assertIn("X-Amz-Security-Token", url)

    def test_changed_token(self):
        keys = service("sts").get_session_token()["Credentials"]
        keys["SessionToken"] = keys["SessionToken"][:-8] + "AAAAAAA="
        self.assert_refused("InvalidToken", service("s3", keys).list_buckets)

    def test_refusals(self):
        sts = service("sts")
        self.assert_refused("AccessDenied", sts.assume_role, RoleSessionName="nightly",
                            RoleArn="arn:aws:iam::000000000000:role/absent")
        self.assert_refused("ValidationError", sts.assume_role, RoleSessionName="nightly", RoleArn="arn:aws:iam::1:role/x")
        self.assert_refused("InvalidAction", sts.get_federation_token, Name="somebody")


class Principals(S3Case):
    def test_user_with_key_assumes_a_role(self):
        iam = service("iam")
        name, role = "user-" + self.bucket[-12:], "role-" + self.bucket[-12:]
        made = iam.create_user(UserName=name)["User"]
        self.addCleanup(iam.delete_user, UserName=name)
        self.assertTrue(made["Arn"].endswith(":user/" + name))
        keys = iam.create_access_key(UserName=name)["AccessKey"]
        self.addCleanup(iam.delete_access_key, UserName=name, AccessKeyId=keys["AccessKeyId"])
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": made["Arn"].rsplit(":", 1)[0] + ":root"},
                                "Action": "sts:AssumeRole"}]}
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        self.addCleanup(iam.delete_role, RoleName=role)
        sts = service("sts", keys)
        self.assertEqual(sts.get_caller_identity()["Arn"], made["Arn"])
        self.assert_refused("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="nightly")
        own = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}]}
        iam.put_user_policy(UserName=name, PolicyName="assume", PolicyDocument=json.dumps(own))
        self.addCleanup(iam.delete_user_policy, UserName=name, PolicyName="assume")
        session = sts.assume_role(RoleArn=arn, RoleSessionName="nightly")["Credentials"]
        who = service("sts", session).get_caller_identity()
        self.assertTrue(who["Arn"].endswith(f":assumed-role/{role}/nightly"))
        self.assert_refused("AccessDenied", service("s3", session).list_objects_v2, Bucket=self.bucket)

    def test_listing(self):
        users = service("iam").get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1})
        names = [user["UserName"] for page in users for user in page["Users"]]
        self.assertEqual(names, sorted(names))


if __name__ == "__main__":
    unittest.main()
