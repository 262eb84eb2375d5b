#!/usr/bin/env python3
"""Writes sigv4_vectors.txt from what botocore really sends. Run by hand: tests/golden/authn/make_vectors.py

One vector is a block of lines, ended by an empty line:
    case NAME
    method M / path RAW / query RAW / header NAME: VALUE ...   the request as it goes over the wire
    now YYYYMMDDTHHMMSSZ                                        the time of the signature
    secret S
    expect ok | the name of a sigv4_error
"""
import datetime
import os
from urllib.parse import urlsplit

import botocore
import botocore.auth
import botocore.session
from botocore.config import Config

ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime.datetime(2026, 3, 14, 15, 9, 26, tzinfo=datetime.timezone.utc)
# Unsigned, and different at every run.
CHANGING = ("user-agent", "amz-sdk-invocation-id", "amz-sdk-request")
STAMP = NOW.strftime("%Y%m%dT%H%M%SZ")


def freeze():
    """botocore's one clock for signatures."""
    botocore.auth.get_current_datetime = (
        lambda remove_tzinfo=True: NOW.replace(tzinfo=None) if remove_tzinfo else NOW)


def client(**options):
    session = botocore.session.get_session()
    session.set_credentials(ACCESS, SECRET)
    config = Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"max_attempts": 1}, **options)
    return session.create_client("s3", region_name="us-east-1", endpoint_url=ENDPOINT, config=config)


class stop(Exception):
    pass


def captured(call, secure=False):
    """The prepared request that `call` would send."""
    global ENDPOINT
    ENDPOINT = ("https" if secure else "http") + "://127.0.0.1:9000"
    made = client()
    seen = []

    def before_send(request, **_):
        seen.append(request)
        raise stop()

    made.meta.events.register("before-send.s3", before_send)
    try:
        call(made)
    except stop:
        pass
    return seen[0]


def text(value):
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def block(name, method, url, headers, expect="ok"):
    parts = urlsplit(url)
    lines = ["case " + name, "method " + method, "path " + parts.path, "query " + parts.query]
    names = {key.lower() for key in headers}
    if "host" not in names:
        lines.append("header Host: " + parts.netloc)
    for key, value in headers.items():
        lines.append("header %s: %s" % (key, text(value)))
    lines += ["now " + STAMP, "secret " + SECRET, "expect " + expect, ""]
    return lines


def sent(name, call, secure=False):
    request = captured(call, secure)
    signed = {key: value for key, value in request.headers.items() if key.lower() not in CHANGING}
    return block(name, request.method, request.url, signed)


def presigned(name, operation, params, expires=3600):
    global ENDPOINT
    ENDPOINT = "http://127.0.0.1:9000"
    method = {"get_object": "GET", "put_object": "PUT", "list_objects_v2": "GET", "head_object": "HEAD"}[operation]
    url = client().generate_presigned_url(operation, Params=params, ExpiresIn=expires, HttpMethod=method)
    headers = {}
    if "ContentType" in params:
        headers["Content-Type"] = params["ContentType"]
    if "Metadata" in params:
        headers.update({"x-amz-meta-" + key: value for key, value in params["Metadata"].items()})
    return block("presigned " + name, method, url, headers)


def main():
    freeze()
    odd = "a b/ü+%~!*'();:@&=$,?#[]/..//x"
    out = ["# botocore %s; made by make_vectors.py" % botocore.__version__, ""]
    out += sent("list buckets", lambda c: c.list_buckets())
    out += sent("create bucket", lambda c: c.create_bucket(Bucket="photos"))
    out += sent("head bucket", lambda c: c.head_bucket(Bucket="photos"))
    out += sent("put with default checksum", lambda c: c.put_object(Bucket="photos", Key="a.txt", Body=b"hello"))
    out += sent("put over TLS, trailer", lambda c: c.put_object(Bucket="photos", Key="a.txt", Body=b"hello"), True)
    out += sent("put metadata with spaces", lambda c: c.put_object(
        Bucket="photos", Key="m", Body=b"", Metadata={"one": "a   b", "two": "  c  "}, ContentType="text/plain"))
    out += sent("put odd key", lambda c: c.put_object(Bucket="photos", Key=odd, Body=b"x"))
    out += sent("get odd key", lambda c: c.get_object(Bucket="photos", Key=odd))
    out += sent("get range", lambda c: c.get_object(Bucket="photos", Key="a.txt", Range="bytes=0-3", IfMatch='"e"'))
    out += sent("get response headers", lambda c: c.get_object(
        Bucket="photos", Key="a.txt", ResponseContentType="text/x y; charset=utf-8"))
    out += sent("list v2", lambda c: c.list_objects_v2(
        Bucket="photos", Prefix="a b/ü+", Delimiter="/", StartAfter="a~*", MaxKeys=7))
    out += sent("list v1 marker", lambda c: c.list_objects(Bucket="photos", Marker="a%2F&=?", EncodingType="url"))
    out += sent("copy", lambda c: c.copy_object(
        Bucket="photos", Key="b", CopySource={"Bucket": "photos", "Key": odd}, MetadataDirective="REPLACE"))
    out += sent("delete objects", lambda c: c.delete_objects(
        Bucket="photos", Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]}))
    out += sent("create upload", lambda c: c.create_multipart_upload(Bucket="photos", Key="big"))
    out += sent("upload part", lambda c: c.upload_part(
        Bucket="photos", Key="big", UploadId="u+/=", PartNumber=3, Body=b"part"))
    out += sent("complete upload", lambda c: c.complete_multipart_upload(
        Bucket="photos", Key="big", UploadId="u", MultipartUpload={"Parts": [{"ETag": '"e"', "PartNumber": 1}]}))
    out += sent("empty sub-resource", lambda c: c.list_multipart_uploads(Bucket="photos"))
    out += presigned("get", "get_object", {"Bucket": "photos", "Key": "a.txt"})
    out += presigned("get odd key", "get_object", {"Bucket": "photos", "Key": odd})
    out += presigned("put", "put_object", {"Bucket": "photos", "Key": "new file"})
    out += presigned("put with signed headers", "put_object",
                     {"Bucket": "photos", "Key": "n", "ContentType": "text/plain", "Metadata": {"who": "me"}})
    out += presigned("list", "list_objects_v2", {"Bucket": "photos", "Prefix": "a b/"}, 604800)
    out += presigned("head", "head_object", {"Bucket": "photos", "Key": "a.txt"}, 1)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sigv4_vectors.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")
    print("wrote", sum(line.startswith("case ") for line in out), "vectors")


if __name__ == "__main__":
    main()
