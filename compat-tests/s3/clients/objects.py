"""The second opinion on what a client did: boto3, in a form that scripts can compare.

    objects.py bucket                     makes a bucket and prints its name
    objects.py keys BUCKET [PREFIX]       "size key" for each object
    objects.py sha256 BUCKET KEY          of the content
    objects.py head BUCKET KEY FIELD      a field of HeadObject, "" when it is not there
    objects.py tree BUCKET PREFIX         "sha256 key" of every object, the prefix left out, sorted
    objects.py folder FOLDER              the same lines of the files of a folder
    objects.py put BUCKET KEY FILE
    objects.py uploads BUCKET             keys of multipart uploads that were neither completed nor aborted
    objects.py files FOLDER COUNT [BIG]   makes a folder of COUNT files with names and sizes of all kinds and
                                          one of BIG bytes; the same bytes for the same arguments
"""
import hashlib
import os
import random
import sys
import uuid

import boto3
from botocore.config import Config

BLOCK = 1 << 20
NAMES = ["plain.txt", "with space.txt", "naïve-éà.txt", "日本語.dat", "plus+and&percent%41.bin", "emoji-🚰.txt",
         "quote's \"double\".txt", "tilde~(paren)!*.txt", "semi;colon=equals@at,comma$.txt", "#hash?.txt"]


def client():
    return boto3.client(
        "s3", endpoint_url=os.environ["S3_ENDPOINT"], region_name=os.environ["S3_REGION"],
        aws_access_key_id=os.environ["S3_ACCESS_KEY"], aws_secret_access_key=os.environ["S3_SECRET_KEY"],
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}))


def listed(s3, bucket, prefix=""):
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def digest(stream):
    sha256 = hashlib.sha256()
    for block in iter(lambda: stream.read(BLOCK), b""):
        sha256.update(block)
    return sha256.hexdigest()


def bucket():
    name = "clients-" + uuid.uuid4().hex[:20]
    client().create_bucket(Bucket=name)
    print(name)


def keys(name, prefix=""):
    for entry in listed(client(), name, prefix):
        print(entry["Size"], entry["Key"])


def sha256(name, key):
    print(digest(client().get_object(Bucket=name, Key=key)["Body"]))


def head(name, key, field):
    print(client().head_object(Bucket=name, Key=key).get(field, ""))


def tree(name, prefix):
    s3 = client()
    for entry in sorted(listed(s3, name, prefix), key=lambda entry: entry["Key"][len(prefix):]):
        body = s3.get_object(Bucket=name, Key=entry["Key"])["Body"]
        print(digest(body), entry["Key"][len(prefix):])


def folder(path):
    files = [os.path.join(where, name) for where, _, names in os.walk(path) for name in names]
    for file in sorted(files, key=lambda file: os.path.relpath(file, path)):
        with open(file, "rb") as stream:
            print(digest(stream), os.path.relpath(file, path))


def put(name, key, path):
    with open(path, "rb") as stream:
        client().put_object(Bucket=name, Key=key, Body=stream)


def uploads(name):
    for page in client().get_paginator("list_multipart_uploads").paginate(Bucket=name):
        for upload in page.get("Uploads", []):
            print(upload["Key"])


def files(path, count, big="0"):
    source = random.Random(int(count))
    for number in range(int(count)):
        name = NAMES[number % len(NAMES)]
        where = os.path.join(path, f"folder {number % 7}", f"deep{number % 3}" if number % 5 else "")
        os.makedirs(where, exist_ok=True)
        size = 0 if number % 10 == 3 else source.choice([1, 17, 4096, 8191, 65536, 100000])
        with open(os.path.join(where, f"{number:04}-{name}"), "wb") as stream:
            stream.write(source.randbytes(size))
    if int(big):
        with open(os.path.join(path, "big.bin"), "wb") as stream:
            for at in range(0, int(big), BLOCK):
                stream.write(source.randbytes(min(BLOCK, int(big) - at)))


if __name__ == "__main__":
    commands = {each.__name__: each for each in (bucket, keys, sha256, head, tree, folder, put, uploads, files)}
    commands[sys.argv[1]](*sys.argv[2:])
