import unittest

import boto3
from botocore.config import Config

from s3_case import ACCESS_KEY, ENDPOINT, REGION, SECRET_KEY, S3Case


def service(name, credentials=None):
    keys = credentials or {"AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY}
    return boto3.client(name, endpoint_url=ENDPOINT, region_name=REGION,
                        aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                        aws_session_token=keys.get("SessionToken"),
                        config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}))


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


if __name__ == "__main__":
    unittest.main()
