"""Roles, groups and managed policies, as boto3 makes them."""
import json
import unittest

from s3_case import S3Case
from test_sts import service


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}


class Account(S3Case):
    def setUp(self):
        super().setUp()
        self.iam = service("iam")
        self.end = self.bucket[-12:]
        self.user = "user-" + self.end
        self.iam.create_user(UserName=self.user)
        self.addCleanup(self.iam.delete_user, UserName=self.user)
        self.credentials = self.iam.create_access_key(UserName=self.user)["AccessKey"]
        self.addCleanup(self.iam.delete_access_key, UserName=self.user, AccessKeyId=self.credentials["AccessKeyId"])
        self.s3.put_object(Bucket=self.bucket, Key="k", Body=b"hello")

    def policy(self, *statements):
        name = "policy-" + self.end
        arn = self.iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"]
        self.addCleanup(self.iam.delete_policy, PolicyArn=arn)
        return arn

    def may(self, keys, call, **arguments):
        try:
            getattr(service("s3", keys), call)(Bucket=self.bucket, **arguments)
            return True
        except service("s3").exceptions.ClientError as refused:
            self.assertEqual(refused.response["Error"]["Code"], "AccessDenied")
            return False


class ManagedPolicies(Account):
    def test_versions_hold_for_all_attachments(self):
        arn = self.policy(READ)
        group = "group-" + self.end
        self.iam.create_group(GroupName=group)
        self.addCleanup(self.iam.delete_group, GroupName=group)
        self.iam.add_user_to_group(GroupName=group, UserName=self.user)
        self.addCleanup(self.iam.remove_user_from_group, GroupName=group, UserName=self.user)
        self.iam.attach_group_policy(GroupName=group, PolicyArn=arn)
        self.addCleanup(self.iam.detach_group_policy, GroupName=group, PolicyArn=arn)
        self.assertTrue(self.may(self.credentials, "get_object", Key="k"))
        self.assertFalse(self.may(self.credentials, "list_objects_v2"))
        made = self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(LIST), SetAsDefault=True)
        self.assertEqual(made["PolicyVersion"]["VersionId"], "v2")
        self.assertFalse(self.may(self.credentials, "get_object", Key="k"))
        self.assertTrue(self.may(self.credentials, "list_objects_v2"))
        self.assert_refused("DeleteConflict", self.iam.delete_policy, PolicyArn=arn)
        self.iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
        self.iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
        got = self.iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
        self.assertEqual(got["Document"], json.loads(document(READ)))
        entities = self.iam.list_entities_for_policy(PolicyArn=arn)
        self.assertEqual([one["GroupName"] for one in entities["PolicyGroups"]], [group])
        names = [one["PolicyName"] for page in self.iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 2})
                 for one in page["Policies"]]
        self.assertIn("AdministratorAccess", names)
        self.assertIn("policy-" + self.end, names)
        self.assertEqual(len(names), len(set(names)))

    def test_policies_of_aws(self):
        arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
        self.iam.attach_user_policy(UserName=self.user, PolicyArn=arn)
        self.addCleanup(self.iam.detach_user_policy, UserName=self.user, PolicyArn=arn)
        self.assertTrue(self.may(self.credentials, "get_object", Key="k"))
        self.assertFalse(self.may(self.credentials, "put_object", Key="l", Body=b""))
        attached = self.iam.list_attached_user_policies(UserName=self.user)["AttachedPolicies"]
        self.assertEqual(attached, [{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": arn}])
        self.assert_refused("DeleteConflict", self.iam.delete_user, UserName=self.user)


class Roles(Account):
    def test_trust(self):
        role = "role-" + self.end
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole",
                 "Principal": {"AWS": f"arn:aws:iam::000000000000:user/{self.user}"},
                 "Condition": {"StringEquals": {"sts:ExternalId": "ours"}}}
        arn = self.iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(trust), MaxSessionDuration=3600,
                                   Description="for a test")["Role"]["Arn"]
        self.addCleanup(self.iam.delete_role, RoleName=role)
        self.iam.put_role_policy(RoleName=role, PolicyName="read", PolicyDocument=document(READ))
        self.addCleanup(self.iam.delete_role_policy, RoleName=role, PolicyName="read")
        sts = service("sts", self.credentials)
        self.assert_refused("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="night")
        self.assert_refused("ValidationError", sts.assume_role, RoleArn=arn, RoleSessionName="night",
                            ExternalId="ours", DurationSeconds=3601)
        session = sts.assume_role(RoleArn=arn, RoleSessionName="night", ExternalId="ours")["Credentials"]
        self.assertTrue(self.may(session, "get_object", Key="k"))
        self.assertFalse(self.may(session, "list_objects_v2"))
        got = self.iam.get_role(RoleName=role)["Role"]
        self.assertEqual(got["AssumeRolePolicyDocument"], json.loads(document(trust)))
        self.assertEqual((got["Description"], got["MaxSessionDuration"]), ("for a test", 3600))
        self.iam.update_assume_role_policy(RoleName=role, PolicyDocument=document(trust | {"Effect": "Deny"}))
        self.assert_refused("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="night", ExternalId="ours")
        self.assertIn(role, [one["RoleName"] for one in self.iam.list_roles()["Roles"]])

    def test_groups_are_no_roles(self):
        group = "group-" + self.end
        self.iam.create_group(GroupName=group)
        self.addCleanup(self.iam.delete_group, GroupName=group)
        self.assert_refused("NoSuchEntity", self.iam.get_role, RoleName=group)
        self.assertEqual(self.iam.list_groups_for_user(UserName=self.user)["Groups"], [])
        self.assert_refused("MalformedPolicyDocument", self.iam.create_role, RoleName="role-" + self.end,
                            AssumeRolePolicyDocument=document(READ))
        self.assert_refused("ValidationError", self.iam.create_role, RoleName="role-" + self.end, Path="/a/",
                            AssumeRolePolicyDocument=document(READ))


if __name__ == "__main__":
    unittest.main()
