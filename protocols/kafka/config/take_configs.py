#!/usr/bin/env python3
"""Writes kafka_configs.def: names, types, defaults, sensitivity and synonyms of every configuration
that an Apache Kafka broker describes for itself and for a topic, asked of a running one.

Run by hand when the line of Kafka that is followed moves on; needs java, mvn and the registry of
Maven packages:
    take_configs.py [kafka version]
"""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
PORT, CONTROLLER_PORT, NODE = 39092, 39093, 1
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
<version>{version}</version></dependency></dependencies></project>"""


def start_broker(folder, classpath):
    settings = folder / "broker.properties"
    settings.write_text(
        f"process.roles=broker,controller\nnode.id={NODE}\n"
        f"controller.quorum.voters={NODE}@localhost:{CONTROLLER_PORT}\n"
        f"listeners=PLAINTEXT://localhost:{PORT},CONTROLLER://localhost:{CONTROLLER_PORT}\n"
        "controller.listener.names=CONTROLLER\noffsets.topic.replication.factor=1\n"
        f"log.dirs={folder}/logs\n")
    java = ["java", "-Xmx512m", "-cp", classpath]
    subprocess.run(java + ["kafka.tools.StorageTool", "format", "-t", "4L6g3nShT-eMCtK--X86sw",
                           "-c", str(settings)], check=True, stdout=subprocess.DEVNULL)
    return subprocess.Popen(java + ["kafka.Kafka", str(settings)], stdout=subprocess.DEVNULL)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def row(line):
    scope, name, kind, default, sensitive, read_only, synonyms = line.split("\t")
    value = "null" if default == "-" else f"text({quoted(default[1:])})"
    return (f"SLUICE_KAFKA_CONFIG({scope}, {quoted(name)}, {kind.lower()}_, {value}, {sensitive}, "
            f"{read_only},\n                    {quoted(synonyms)})")


def main():
    version = sys.argv[1] if len(sys.argv) > 1 else "4.0.0"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "pom.xml").write_text(POM.format(version=version))
        subprocess.run(["mvn", "-q", "dependency:copy-dependencies", f"-DoutputDirectory={folder}/lib"],
                       cwd=folder, check=True)
        classpath = f"{folder}/lib/*:{folder}"
        subprocess.run(["javac", "-cp", classpath, "-d", folder, HERE / "DescribeAll.java"], check=True)
        broker = start_broker(folder, classpath)
        try:
            # The client retries until the broker answers.
            told = subprocess.run(["java", "-cp", classpath, "DescribeAll", f"localhost:{PORT}", str(NODE)],
                                  check=True, stdout=subprocess.PIPE, text=True, timeout=120)
        finally:
            broker.terminate()
            broker.wait()
    head = ("// SLUICE_KAFKA_CONFIG(scope, name, type, default, sensitive, read_only, synonyms): taken by\n"
            f"// take_configs.py from Apache Kafka {version}.\n")
    (HERE / "kafka_configs.def").write_text(head + "\n".join(map(row, told.stdout.splitlines())) + "\n")


if __name__ == "__main__":
    main()
