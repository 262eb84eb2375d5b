#!/usr/bin/env python3
"""Writes vectors.txt: every message of protocols/kafka/schema in every version, as Apache Kafka's own classes encode it.

Run by hand when a schema is added; needs java, mvn and the registry of Maven packages:
    make_vectors.py [kafka-clients version]
Values are made up here from the field types, one message per version, the same at every run.
"""
import base64
import json
import re
import subprocess
import sys
import tempfile
import uuid
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
SCHEMAS = HERE.parents[2] / "protocols" / "kafka" / "schema"


def artifact(group, name, version):
    subprocess.run(["mvn", "-q", "dependency:get", f"-Dartifact={group}:{name}:{version}", "-Dtransitive=false"],
                   check=True)
    folder = Path.home() / ".m2" / "repository" / group.replace(".", "/") / name / version
    return folder / f"{name}-{version}.jar"


def bounds(text):
    if text == "none":
        return 1, 0
    if text.endswith("+"):
        return int(text[:-1]), 32767
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def within(text, version):
    first, last = bounds(text)
    return first <= version <= last


class Filler:
    def __init__(self, common):
        self.common, self.count = common, 0

    def next(self, modulus):
        self.count += 1
        return self.count * 2654435761 % modulus

    def scalar(self, kind):
        if kind == "bool":
            return bool(self.next(2))
        if kind in ("int8", "int16", "int32", "int64", "uint16", "uint32"):
            bits = int(re.sub(r"\D", "", kind))
            unsigned = kind.startswith("u")
            return self.next(2 ** bits) - (0 if unsigned else 2 ** (bits - 1))
        if kind == "float64":
            return self.next(1000) / 8
        if kind == "uuid":
            raw = uuid.UUID(int=self.next(2 ** 61) << 64 | 0x8000000000000001).bytes
            return base64.urlsafe_b64encode(raw).decode().rstrip("=")
        if kind == "string":
            return "s\u00e9" + "x" * self.next(140)
        if kind in ("bytes", "records"):
            return base64.b64encode(bytes(self.next(256) for _ in range(self.next(9)))).decode()
        raise ValueError(kind)

    def value(self, one, version):
        kind, array = one["type"], one["type"].startswith("[]")
        kind = kind.removeprefix("[]")
        nested = one.get("fields") or self.common.get(kind)

        def single():
            if nested is not None:
                return self.structure(nested, version)
            return self.scalar(kind)

        if within(one.get("nullableVersions", "none"), version) and self.next(4) == 0:
            return None
        return [single() for _ in range(1 + self.next(2))] if array else single()

    def structure(self, fields, version):
        out = {}
        for one in fields:
            where = one.get("versions") or one["taggedVersions"]
            if within(where, version):
                name = one["name"][0].lower() + one["name"][1:]
                out[name] = self.value(one, version)
        return out


def messages(jar):
    with zipfile.ZipFile(jar) as archive:
        names = {n for n in archive.namelist() if n.startswith("common/message/")}
        for path in sorted(SCHEMAS.glob("*.schema")):
            api = path.stem.title().replace("_", "")
            declared = re.search(r"^versions (\S+)", path.read_text(), re.M).group(1)
            for suffix in ("Request", "Response"):
                entry = f"common/message/{api}{suffix}.json"
                if entry not in names:
                    raise SystemExit(f"{entry} is not in {jar}")
                text = re.sub(r"^\s*//.*$", "", archive.read(entry).decode(), flags=re.M)
                yield json.loads(text), bounds(declared)


def main():
    version = sys.argv[1] if len(sys.argv) > 1 else "4.3.0"
    jackson = "2.17.2"
    jars = [artifact("org.apache.kafka", "kafka-clients", version)]
    jars += [artifact("com.fasterxml.jackson.core", f"jackson-{part}", jackson)
             for part in ("core", "databind", "annotations")]
    jars.append(artifact("org.slf4j", "slf4j-api", "1.7.36"))
    classpath = ":".join(map(str, jars))
    lines = []
    for spec, (first, last) in messages(jars[0]):
        common = {c["name"]: c["fields"] for c in spec.get("commonStructs", [])}
        low, high = bounds(spec["validVersions"])
        for number in range(max(first, low), min(last, high) + 1):
            filler = Filler(common)
            filler.count = number * 131
            body = filler.structure(spec["fields"], number)
            lines.append(f"{spec['name']} {number} {json.dumps(body)}")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["javac", "-cp", classpath, "-d", folder, HERE / "MessageBytes.java"], check=True)
        done = subprocess.run(["java", "-cp", f"{classpath}:{folder}", "MessageBytes"], input="\n".join(lines) + "\n",
                              text=True, stdout=subprocess.PIPE, check=True)
    (HERE / "vectors.txt").write_text(done.stdout)


if __name__ == "__main__":
    main()
