#!/usr/bin/env python3
"""S3 at the edges: listings of a bucket that grows and shrinks, copies of a large object, memory under many uploads.

    tests/bench/run_s3_listing.py --build build/release [--objects 1000000] [--size 10] [--parts list copy memory]
                                  [--folder DIR] [--json FILE] [--check]

list: pages of 1,000 keys after random keys, at a tenth of --objects, at all of them, and after nine tenths of them
were deleted, most of them in one run: after random keys again, and across that run. Each page is compared with the
keys that must be in it. copy: an object of --size GiB, put together from parts that are copies, copied as a whole.
memory: --uploads PUTs of 64 MiB at once, as fast as the server reads, then slowly; the peak of the server's resident
memory beside memory.total, the limit that bounds it, and what a PUT of 1 MiB beside them takes. Times are the client's (one connection, Python's http.client).
"""
import bisect
import json
import random
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree
from pathlib import Path

import figures
import server_process

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration" / "client"))
from s3_client import Client  # noqa: E402
from upload_crowd import UploadCrowd  # noqa: E402

SECRET = "bench-secret-0123456789"
PORTS = {"s3": 19420, "kafka": 0, "pg": 0, "admin": 19421}
BUCKET, PAGE, DELETERS = "bench", 1000, 4
MEMORY_TOTAL_MB = 1792  # the default of memory.total
LIST_MS, COPY_MS, GROWTH = 5.0, 10.0, 1.5
UPLOAD_BYTES = 64 << 20


def client():
    return Client("127.0.0.1", PORTS["s3"], "root", SECRET)


def fill(arguments, first, count, size=16):
    """Objects `first` to `first + count` of the bucket, one request each."""
    done = subprocess.run(
        [arguments.build / "tests/bench/bench_s3_load", "--port", str(PORTS["s3"]), "--access-key", "root",
         "--secret-key", SECRET, "--bucket", BUCKET, "--op", "put", "--size", str(size), "--clients", "32", "--count",
         str(count), "--spread", str(count), "--prefix", f"o{first // max(count, 1)}-"],
        stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)["requests_per_second"], [f"o{first // max(count, 1)}-{n}" for n in range(count)]


def page_after(asking, key):
    begin = time.perf_counter()
    status, _, body = asking.request("GET", f"/{BUCKET}", {"list-type": "2", "start-after": key, "max-keys": str(PAGE)})
    took = (time.perf_counter() - begin) * 1e3
    if status != 200:
        raise SystemExit(f"a listing answered {status}: {body[:300]}")
    root = xml.etree.ElementTree.fromstring(body)
    space = root.tag[: root.tag.index("}") + 1]
    return took, [entry.findtext(space + "Key") for entry in root.iter(space + "Contents")]


def list_pages(keys, starts):
    """Milliseconds of a page after each of `starts`, where `keys`, sorted, are all there are."""
    asking, times = client(), []
    for start in starts:
        took, found = page_after(asking, start)
        at = bisect.bisect_right(keys, start)
        if found != keys[at:at + PAGE]:
            raise SystemExit(f"the page after {start} is wrong: {len(found)} keys, from {found[:1]}, expected "
                             f"{keys[at:at + 1]}")
        times.append(took)
    asking.close()
    return {"median_ms": figures.median(times), "max_ms": max(times), "first_ms": times[0], "pages": len(times)}


def delete_keys(keys):
    """By DeleteObjects, a thousand each; deletions a second."""
    batches, problems = [keys[at:at + 1000] for at in range(0, len(keys), 1000)], []

    def work(number):
        asking = client()
        for batch in batches[number::DELETERS]:
            names = "".join(f"<Object><Key>{key}</Key></Object>" for key in batch)
            document = f"<Delete><Quiet>true</Quiet>{names}</Delete>".encode()
            status, _, body = asking.request("POST", f"/{BUCKET}", {"delete": ""}, document)
            if status != 200 or b"<Error>" in body:
                problems.append(f"{status} {body[:300]}")
                return
        asking.close()

    begin = time.perf_counter()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(DELETERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise SystemExit(f"DeleteObjects: {problems[0]}")
    return len(keys) / (time.perf_counter() - begin)


def measure_list(arguments, server):
    chance, total = random.Random(7), arguments.objects
    results = {"objects": total}
    starts = lambda keys: chance.sample(keys[:-PAGE], arguments.pages)
    tenth = total // 10
    rate, keys = fill(arguments, 0, tenth)
    keys.sort()
    results["tenth"] = list_pages(keys, starts(keys))
    show(f"{tenth} objects", results["tenth"], f"filled at {rate:.0f}/s")
    for number in range(1, 10):
        rate, more = fill(arguments, number * tenth, tenth)
        keys += more
    keys.sort()
    results["put_per_second"], results["all"] = rate, list_pages(keys, starts(keys))
    show(f"{len(keys)} objects", results["all"], f"filled at {rate:.0f}/s")
    # A run of 89 % of them, and every tenth of the rest but one in a hundred of all.
    low, high = len(keys) * 5 // 100, len(keys) * 94 // 100
    rest = keys[:low] + keys[high:]
    scattered = set(chance.sample(rest, len(keys) * 9 // 10 - (high - low)))
    deleted = keys[low:high] + sorted(scattered)
    results["deleted_per_second"] = delete_keys(deleted)
    left = [key for key in rest if key not in scattered]
    across = [keys[low - 2]] + chance.sample(keys[low:high], arguments.pages - 1)
    results["across"] = list_pages(left, across)
    show(f"{len(deleted)} deleted, across them", results["across"], f"deleted at {results['deleted_per_second']:.0f}/s")
    results["after"] = list_pages(left, starts(left))
    show(f"{len(left)} objects left", results["after"], "")
    results["resident_mb"] = server.resident_megabytes()
    results["growth"] = results["all"]["median_ms"] / results["tenth"]["median_ms"]
    return results, [
        figures.Target(f"list 1,000 keys of {len(keys)}, median", results["all"]["median_ms"], LIST_MS, "ms", True),
        figures.Target(f"list 1,000 keys after {len(deleted)} deletions, median", results["after"]["median_ms"], LIST_MS,
                       "ms", True),
        figures.Target("list 1,000 keys across the deleted ones, median", results["across"]["median_ms"], LIST_MS, "ms",
                       True),
        figures.Target("list 1,000 keys, ten times the objects", results["growth"], GROWTH, "times", True)]


def show(what, one, note):
    print(f"{what:34}median {one['median_ms']:8.2f} ms, largest {one['max_ms']:8.2f} ms, first {one['first_ms']:8.2f} ms"
          f" of {one['pages']} pages  {note}", flush=True)


def compose(asking, path, part_path, parts):
    """An object of `parts` copies of the one at `part_path`."""
    _, _, body = asking.expect({200}, "POST", path, {"uploads": ""})
    text = lambda document, name: next(one.text for one in xml.etree.ElementTree.fromstring(document).iter()
                                       if one.tag.endswith("}" + name) or one.tag == name)
    upload, listed = text(body, "UploadId"), ""
    for number in range(1, parts + 1):
        status, _, body = asking.request("PUT", path, {"partNumber": str(number), "uploadId": upload},
                                         headers={"x-amz-copy-source": part_path})
        if status != 200:
            raise SystemExit(f"UploadPartCopy answered {status}: {body[:300]}")
        listed += f"<Part><PartNumber>{number}</PartNumber><ETag>{text(body, 'ETag')}</ETag></Part>"
    asking.expect({200}, "POST", path, {"uploadId": upload},
                  f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode())


def measure_copy(arguments, _):
    asking, content = client(), random.Random(3).randbytes(UPLOAD_BYTES)
    parts = int(arguments.size * (1 << 30)) // UPLOAD_BYTES
    asking.request("PUT", f"/{BUCKET}")
    asking.expect({200}, "PUT", f"/{BUCKET}/part", body=content)
    begin = time.perf_counter()
    compose(asking, f"/{BUCKET}/large", f"/{BUCKET}/part", parts)
    composed = time.perf_counter() - begin
    times, chance = [], random.Random(5)
    for number in range(arguments.copies):
        begin = time.perf_counter()
        status, _, body = asking.request("PUT", f"/{BUCKET}/copy-{number}",
                                         headers={"x-amz-copy-source": f"/{BUCKET}/large"})
        times.append((time.perf_counter() - begin) * 1e3)
        if status != 200 or b"<Error>" in body:
            raise SystemExit(f"CopyObject of {arguments.size:g} GiB answered {status}: {body[:300]}")
    for _ in range(20):  # that the copy holds the bytes
        at, copy = chance.randrange(parts * UPLOAD_BYTES - 4096), chance.randrange(arguments.copies)
        _, _, body = asking.expect({206}, "GET", f"/{BUCKET}/copy-{copy}",
                                     headers={"Range": f"bytes={at}-{at + 4095}"})
        if body != (content + content[:4096])[at % UPLOAD_BYTES:at % UPLOAD_BYTES + 4096]:
            raise SystemExit(f"copy {copy} differs at {at}")
    renames = []
    for number in range(arguments.copies):
        begin = time.perf_counter()
        asking.expect({200}, "PUT", f"/{BUCKET}/renamed-{number}", {"renameObject": ""},
                      headers={"x-amz-rename-source": f"/{BUCKET}/copy-{number}"})
        renames.append((time.perf_counter() - begin) * 1e3)
        asking.expect({404}, "HEAD", f"/{BUCKET}/copy-{number}")
        _, headers, _ = asking.expect({200}, "HEAD", f"/{BUCKET}/renamed-{number}")
        if int(headers["Content-Length"]) != parts * UPLOAD_BYTES:
            raise SystemExit(f"renamed-{number} has {headers['Content-Length']} bytes")
    results = {"gib": arguments.size, "parts": parts, "part_copy_ms": composed / parts * 1e3,
               "median_ms": figures.median(times), "max_ms": max(times), "rename_median_ms": figures.median(renames),
               "rename_max_ms": max(renames)}
    asking.close()
    print(f"{arguments.size:g} GiB of {parts} part copies ({results['part_copy_ms']:.2f} ms each); as a whole copied in "
          f"{results['median_ms']:.2f} ms, largest {results['max_ms']:.2f} ms of {len(times)}; "
          f"renamed in {results['rename_median_ms']:.2f} ms, largest {max(renames):.2f} ms", flush=True)
    return results, [
        figures.Target(f"copy of {arguments.size:g} GiB, median", results["median_ms"], COPY_MS, "ms", True),
        figures.Target(f"rename of {arguments.size:g} GiB, median", results["rename_median_ms"], COPY_MS, "ms", True)]


def measure_memory(arguments, server):
    asking = client()
    asking.request("PUT", f"/{BUCKET}")
    results, before = {"uploads": arguments.uploads, "before_mb": server.resident_megabytes()}, server.resident_megabytes()
    for name, rate in (("fast", None), ("slow", arguments.rate)):
        crowd = UploadCrowd(asking, BUCKET, arguments.uploads, UPLOAD_BYTES)
        told = crowd.send(arguments.seconds, rate)
        told["peak_mb"] = server.peak_resident_megabytes()
        results[name] = told
        print(f"{arguments.uploads} PUTs of 64 MiB, {name}: {told['sent_mb']:.0f} MB sent in {told['seconds']:.0f} s, "
              f"{told['least_kb']:.0f} to {told['most_kb']:.0f} KB by each, {told['answered']} answered 200, "
              f"{told['refused']} refused, {told['broken']} broken\n"
              f"    resident {before:.0f} MB before, peak {told['peak_mb']:.0f} MB; received and not read, in the kernel, "
              f"peak {told['kernel_mb']:.0f} MB\n"
              f"    beside them {told['bystander_puts']} PUTs of 1 MiB, one at a time, the longest "
              f"{told['bystander_longest_s']:.1f} s{' and failed' if told['bystander_failure'] else ''}", flush=True)
    asking.close()
    peak = results["slow"]["peak_mb"]
    return results, [figures.Target(f"memory of {arguments.uploads} PUTs of 64 MiB at once, peak over what was before",
                                    peak - before, MEMORY_TOTAL_MB, "MB", True, "memory.total")]


MEASURES = {"list": measure_list, "copy": measure_copy, "memory": measure_memory}


def measure(arguments, folder):
    results, targets = {}, []
    for part in arguments.parts:
        Path(folder, part).mkdir()
        server = server_process.sluice(arguments.build, f"{folder}/{part}", PORTS, SECRET)
        try:
            results[part], more = MEASURES[part](arguments, server)
        finally:
            server.kill()
        targets += more
    return results, targets


if __name__ == "__main__":
    parser = figures.parser_of(__doc__)
    parser.add_argument("--parts", nargs="+", choices=list(MEASURES), default=list(MEASURES))
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=200, help="listed at each size of the bucket")
    parser.add_argument("--size", type=float, default=10, help="GiB of the object that is copied")
    parser.add_argument("--copies", type=int, default=50)
    parser.add_argument("--uploads", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20, help="of each kind of upload")
    parser.add_argument("--rate", type=int, default=64 << 10, help="bytes a second of each slow upload")
    figures.run(parser, measure)
