"""The object_store library of Rust, which Delta Lake, DataFusion and Polars read and write with."""
import datetime
import os
import random
import urllib.request

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from steps import ACCESS_KEY, ENDPOINT, REGION, SECRET_KEY, refused, same, step

BUCKET = os.environ["CLIENT_BUCKET"]


def open_store(secret=SECRET_KEY, **more):
    return S3Store(BUCKET, endpoint=ENDPOINT, region=REGION, access_key_id=ACCESS_KEY, secret_access_key=secret,
                   virtual_hosted_style_request=False, client_options={"allow_http": True},
                   retry_config={"max_retries": 0}, **more)


store = open_store()
body = random.Random(3).randbytes(17 * 1024 * 1024 + 3)


@step("put and get, with attributes, in parts, by ranges")
def _put_get():
    for key in ("plain", "a b/ü+&=.txt", "日本語/🚰", "empty"):
        content = b"" if key == "empty" else key.encode() * 100
        store.put(key, content, attributes={"Content-Type": "text/x-sluice", "colour": "blue"})
        got = store.get(key)
        same(bytes(got.bytes()), content)
    same(dict(store.get("plain").attributes)["Content-Type"], "text/x-sluice")
    store.put("big", body, use_multipart=True, chunk_size=5 * 1024 * 1024, max_concurrency=4)
    same(bytes(store.get("big").bytes()), body)
    same(bytes(store.get_range("big", start=5_242_870, length=100)), body[5_242_870:5_242_970])
    pieces = store.get_ranges("big", starts=[0, 9_000_000, 17_000_000], lengths=[10, 20, 30])
    same([bytes(piece) for piece in pieces], [body[:10], body[9_000_000:9_000_020], body[17_000_000:17_000_030]])
    same(bytes(store.get("big", options={"range": {"suffix": 7}}).bytes()), body[-7:])


@step("create only, update only what was read")
def _conditions():
    first = store.put("if", b"one", mode="create")
    refused(AlreadyExistsError, store.put, "if", b"two", mode="create")
    store.put("if", b"two", mode={"e_tag": first["e_tag"]}, use_multipart=False)
    refused(PreconditionError, store.put, "if", b"three", mode={"e_tag": first["e_tag"]}, use_multipart=False)
    same(bytes(store.get("if").bytes()), b"two")
    refused(PreconditionError, store.get, "if", options={"if_match": first["e_tag"]})


@step("copy, rename, copy only if absent")
def _copies():
    store.copy("big", "copied")
    same(bytes(store.get("copied").bytes()), body)
    store.rename("copied", "renamed")
    refused(FileNotFoundError, store.head, "copied")
    same(store.head("renamed")["size"], len(body))


@step("checksums are sent")
def _checksums():
    summed = open_store(checksum_algorithm="sha256")
    summed.put("summed", b"hello")
    same(bytes(summed.get("summed").bytes()), b"hello")


@step("1,500 keys listed, with folders, deleted in bulk")
def _listing():
    names = [f"list/{number % 10}/{number:04}" for number in range(1500)]
    for name in names:
        store.put(name, name.encode(), use_multipart=False)
    listed = [each["path"] for page in store.list("list/") for each in page]
    same(sorted(listed), sorted(names))
    folders = store.list_with_delimiter("list/")
    same(len(folders["common_prefixes"]), 10)
    after = [each["path"] for page in store.list("list/", offset="list/5/1000") for each in page]
    same(sorted(after), [name for name in sorted(names) if name > "list/5/1000"])
    store.delete(names)
    same([each for page in store.list("list/") for each in page], [])


@step("presigned, and errors")
def _errors():
    url = obstore.sign(store, "GET", "plain", expires_in=datetime.timedelta(minutes=1))
    with urllib.request.urlopen(url) as answer:
        same(answer.read(), b"plain" * 100)
    refused(FileNotFoundError, store.get, "none")
    refused(BaseError, open_store("wrong").head, "plain")
