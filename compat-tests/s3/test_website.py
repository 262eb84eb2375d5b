"""Buckets as websites, visited as a browser does: without credentials, by the name of the host.

Needs a server whose s3.website_domains is web.test and whose rules the tests may change (SLUICE_DATA,
SLUICE_BINARY), as run.sh starts it.
"""
import http.client
import os
import subprocess
import unittest
import urllib.parse

from s3_case import ENDPOINT, S3Case

BINARY = os.environ.get("SLUICE_BINARY", os.path.join(os.path.dirname(__file__), "../../build/release/bin/sluice"))


@unittest.skipUnless(os.environ.get("SLUICE_S3_WEBSITE_DOMAINS") == "web.test", "the server has no websites")
class Website(S3Case):
    def setUp(self):
        super().setUp()
        self.s3.put_bucket_website(Bucket=self.bucket, WebsiteConfiguration={
            "IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}})
        self.put("index.html", b"home", ContentType="text/html")
        self.put("docs/index.html", b"docs", ContentType="text/html")

    def open_to_all(self):
        subprocess.run([BINARY, "policy", "put", f"allow anyone read,list on {self.bucket}/*"], check=True,
                       capture_output=True)

    def visit(self, path, method="GET", bucket=None):
        where = urllib.parse.urlsplit(ENDPOINT)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request(method, path, headers={"Host": f"{bucket or self.bucket}.web.test"})
        answer = connection.getresponse()
        answer.text = answer.read()
        return answer

    def test_configuration(self):
        rules = {"IndexDocument": {"Suffix": "i"}, "RoutingRules": [
            {"Condition": {"KeyPrefixEquals": "a/", "HttpErrorCodeReturnedEquals": "404"},
             "Redirect": {"HostName": "h", "HttpRedirectCode": "302", "Protocol": "https", "ReplaceKeyWith": "k"}}]}
        for configuration in (rules, {"RedirectAllRequestsTo": {"HostName": "h", "Protocol": "https"}}):
            self.s3.put_bucket_website(Bucket=self.bucket, WebsiteConfiguration=configuration)
            got = self.s3.get_bucket_website(Bucket=self.bucket)
            got.pop("ResponseMetadata")
            self.assertEqual(got, configuration)
        self.s3.delete_bucket_website(Bucket=self.bucket)
        self.assert_refused("NoSuchWebsiteConfiguration", self.s3.get_bucket_website, Bucket=self.bucket)

    def test_pages(self):
        self.assertEqual(self.visit("/").status, 403)
        self.open_to_all()
        home = self.visit("/")
        self.assertEqual((home.status, home.text, home.getheader("Content-Type")), (200, b"home", "text/html"))
        folder = self.visit("/docs")
        self.assertEqual((folder.status, folder.getheader("Location")), (302, "/docs/"))
        self.assertEqual(self.visit("/docs/").text, b"docs")
        head = self.visit("/", "HEAD")
        self.assertEqual((head.status, head.getheader("Content-Length"), head.text), (200, "4", b""))
        self.assertEqual(self.visit("/", "PUT").status, 405)

    def test_errors(self):
        self.open_to_all()
        ours = self.visit("/nobody")
        self.assertEqual(ours.status, 404)
        self.assertIn(b"<li>Code: NoSuchKey</li>", ours.text)
        self.put("error.html", b"sorry", ContentType="text/html")
        theirs = self.visit("/nobody")
        self.assertEqual((theirs.status, theirs.text), (404, b"sorry"))
        self.assertEqual(self.visit("/", bucket="compat-nobody").getheader("x-amz-error-code"), "NoSuchBucket")

    def test_redirects(self):
        self.open_to_all()
        self.put("away", b"", WebsiteRedirectLocation="https://example.org/x")
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="away")["WebsiteRedirectLocation"],
                         "https://example.org/x")
        sent = self.visit("/away")
        self.assertEqual((sent.status, sent.getheader("Location")), (301, "https://example.org/x"))
        self.s3.put_bucket_website(Bucket=self.bucket, WebsiteConfiguration={
            "RedirectAllRequestsTo": {"HostName": "example.org"}})
        self.assertEqual(self.visit("/a?b=c").getheader("Location"), "http://example.org/a?b=c")
        self.assert_refused("InvalidRedirectLocation", self.put, "away", b"", WebsiteRedirectLocation="x")


if __name__ == "__main__":
    unittest.main()
