"""Object events: what S3 changes, Kafka consumes and SQL reads, with no moment in which only one of them is there.

    events_test.py SLUICE KAFKA_CLIENT [unittest arguments]
"""
import hashlib
import itertools
import json
import os
import sys
import tempfile
import threading
import unittest

import faces_test
from faces_test import World
from s3_client import Unanswered  # faces_test has put its folder on the path



def rule(topic="happened", events=("s3:ObjectCreated:*", "s3:ObjectRemoved:*"), prefix="", suffix="", name="all",
         kind="Topic", service="sns"):
    filters = "".join(f"<FilterRule><Name>{one}</Name><Value>{value}</Value></FilterRule>"
                      for one, value in (("prefix", prefix), ("suffix", suffix)) if value)
    return (f"<{kind}Configuration><Id>{name}</Id><{kind}>arn:aws:{service}:us-east-1:000000000000:{topic}</{kind}>"
            + "".join(f"<Event>{event}</Event>" for event in events)
            + (f"<Filter><S3Key>{filters}</S3Key></Filter>" if filters else "") + f"</{kind}Configuration>")


def document(*rules):
    return f"<NotificationConfiguration>{''.join(rules)}</NotificationConfiguration>".encode()


class Events(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(self.folder.name)
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(self.world.close)
        self.world.s3("PUT", "/told")
        self.world.produce("happened", 1)   # makes it
        self.world.produce("other", 1)

    def query(self, method, path, query, body=b"", wanted=200):
        self.world.s3("GET", "/told")
        return self.world.server.clients[0].expect({wanted}, method, path, query, body)

    def configure(self, *rules, wanted=200):
        return self.query("PUT", "/told", {"notification": ""}, document(*rules), wanted)

    def consumed(self, topic="happened"):
        """(name, key, size or None) of each event, as Kafka gives them; their records."""
        records = [json.loads(value) for _, _, value in self.world.consume(topic)[1:]]
        events = [one["Records"][0] for one in records]
        return [(one["eventName"], one["s3"]["object"]["key"], one["s3"]["object"].get("size")) for one in events], events

    def test_every_change_is_told_once_and_in_order(self):
        self.configure(rule())
        self.world.s3("PUT", "/told/a b/ü", b"12345")
        self.world.s3("PUT", "/told/large", b"x" * 600_000)
        self.world.server.clients[0].put_in_parts("/told/parts", [b"y" * (5 << 20), b"end"])
        self.world.s3("DELETE", "/told/large", wanted=204)
        self.world.s3("DELETE", "/told/nothing", wanted=204)
        seen, events = self.consumed()
        self.assertEqual(seen, [("ObjectCreated:Put", "a+b/%C3%BC", 5), ("ObjectCreated:Put", "large", 600_000),
                                ("ObjectCreated:CompleteMultipartUpload", "parts", (5 << 20) + 3),
                                ("ObjectRemoved:Delete", "large", None)])
        first = events[0]
        self.assertEqual((first["eventVersion"], first["eventSource"], first["awsRegion"]), ("2.1", "aws:s3", "us-east-1"))
        self.assertEqual((first["userIdentity"]["principalId"], first["requestParameters"]["sourceIPAddress"]),
                         ("root", "127.0.0.1"))
        self.assertEqual((first["s3"]["configurationId"], first["s3"]["bucket"]["name"], first["s3"]["bucket"]["arn"]),
                         ("all", "told", "arn:aws:s3:::told"))
        self.assertEqual(first["s3"]["object"]["eTag"], "827ccb0eea8a706c4c34a16891f84e7b")
        self.assertNotIn("versionId", first["s3"]["object"])
        sequencers = [one["s3"]["object"]["sequencer"] for one in events]
        self.assertEqual(sequencers, sorted(sequencers))
        rows = self.world.sql("SELECT convert_from(_value, 'UTF8')::jsonb #>> '{Records,0,eventName}'"
                              " FROM topics.happened WHERE _offset > 0 ORDER BY _offset")
        self.assertEqual([one[0] for one in rows], [name for name, _, _ in seen])

    def test_rules_choose_by_event_and_key(self):
        self.configure(rule(events=("s3:ObjectCreated:Put",), prefix="in/", suffix=".txt", name="texts"),
                       rule("other", events=("s3:ObjectRemoved:Delete",), name="gone", kind="Queue", service="sqs"))
        for key in ("in/a.txt", "in/a.jpg", "out/a.txt"):
            self.world.s3("PUT", "/told/" + key, b"x")
            self.world.s3("DELETE", "/told/" + key, wanted=204)
        self.assertEqual([key for _, key, _ in self.consumed()[0]], ["in/a.txt"])
        self.assertEqual(len(self.consumed("other")[0]), 3)
        answer = self.query("GET", "/told", {"notification": ""})[2].decode()
        for part in ("<Id>texts</Id>", "<Value>in/</Value>", "<Value>.txt</Value>", "<Queue>arn:aws:sqs:"):
            self.assertIn(part, answer)
        self.configure()
        self.world.s3("PUT", "/told/in/b.txt", b"x")
        self.assertEqual(len(self.consumed()[0]), 1, "nobody is told any more")

    def test_versions(self):
        self.query("PUT", "/told", {"versioning": ""},
                   b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        self.configure(rule())
        version = self.query("PUT", "/told/k", {}, b"x")[1]["x-amz-version-id"]
        marker = self.query("DELETE", "/told/k", {}, wanted=204)[1]["x-amz-version-id"]
        self.query("DELETE", "/told/k", {"versionId": version}, wanted=204)
        seen, events = self.consumed()
        self.assertEqual([name for name, _, _ in seen],
                         ["ObjectCreated:Put", "ObjectRemoved:DeleteMarkerCreated", "ObjectRemoved:Delete"])
        self.assertEqual([one["s3"]["object"]["versionId"] for one in events], [version, marker, version])

    def test_tags_and_access_lists(self):
        self.configure(rule(events=("s3:ObjectTagging:*", "s3:ObjectAcl:Put")))
        self.world.s3("PUT", "/told/k", b"x")
        self.query("PUT", "/told", {"ownershipControls": ""}, b"<OwnershipControls><Rule><ObjectOwnership>ObjectWriter"
                                                              b"</ObjectOwnership></Rule></OwnershipControls>")
        self.query("PUT", "/told/k", {"tagging": ""},
                   b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>")
        self.query("DELETE", "/told/k", {"tagging": ""}, wanted=204)
        self.world.server.clients[0].expect({200}, "PUT", "/told/k", {"acl": ""}, b"", {"x-amz-acl": "public-read"})
        seen, events = self.consumed()
        self.assertEqual([name for name, _, _ in seen], ["ObjectTagging:Put", "ObjectTagging:Delete", "ObjectAcl:Put"])
        self.assertEqual({one["eventVersion"] for one in events}, {"2.3"})
        self.assertEqual({one["s3"]["object"]["eTag"] for one in events}, {hashlib.md5(b"x").hexdigest()})

    def test_what_cannot_be_set_up(self):
        def code(*rules, wanted=400):
            return self.configure(*rules, wanted=wanted)[2].decode().split("<Code>")[1].split("<")[0]

        self.assertEqual(code(rule("nowhere")), "InvalidArgument")
        self.assertEqual(code(rule("__audit")), "InvalidArgument")
        self.assertEqual(code(rule(events=("s3:Nothing",))), "InvalidArgument")
        self.assertEqual(code(rule(events=("s3:ObjectRestore:*",)), wanted=501), "NotImplemented")
        self.assertEqual(code(rule(name="a"), rule(name="b", events=("s3:ObjectCreated:Put",))), "InvalidArgument")
        self.assertEqual(code(rule(name="a", prefix="x"), rule(name="a", prefix="y")), "InvalidArgument")
        self.assertEqual(code("<EventBridgeConfiguration/>", wanted=501), "NotImplemented")
        self.assertEqual(code("<Nothing/>"), "MalformedXML")
        self.world.s3("PUT", "/told/k", b"x")
        self.assertEqual(self.consumed()[0], [])

    def test_a_kill_leaves_both_or_neither(self):
        self.configure(rule())
        acked, killer = set(), None
        try:
            for number in itertools.count():
                self.world.s3("PUT", f"/told/{number}", b"x" * (number % 7 * 50_000))
                acked.add(str(number))
                if len(acked) == 50:
                    killer = threading.Timer(0.2, self.world.server.kill)
                    killer.start()
        except Unanswered:
            killer.join()
        self.world.server.close_clients()
        self.world.server.start()
        seen, _ = self.consumed()
        listed = [row[0] for row in self.world.sql("SELECT key FROM objects.told")]
        self.assertEqual(sorted(key for _, key, _ in seen), sorted(listed))
        self.assertLessEqual(acked, set(listed))


if __name__ == "__main__":
    faces_test.SLUICE, faces_test.KAFKA_CLIENT = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    unittest.main(verbosity=2)
