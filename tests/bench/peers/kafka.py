"""Apache Kafka as the peer: one process that is broker and controller, on loopback, without authentication.

install_kafka.sh installs it. By default it acknowledges from the page cache; with `synced` it syncs each batch before it
answers (log.flush.interval.messages=1), which is what Sluice does.
"""
import os
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import server_process  # noqa: E402

PORTS = {"kafka": 19420, "controller": 19421}
CLUSTER = "c2x1aWNlLWJlbmNoLXBlZQ"   # 16 bytes, base64
HEAP = "1g"                            # of its start script


def listens():
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", PORTS["kafka"])) == 0


def start(jars, folder, partitions, synced, wrapper=()):
    """A Server on `folder`; topics that a producer names have `partitions`."""
    data, properties = Path(folder, "kafka"), Path(folder, "kafka.properties")
    words = {
        "process.roles": "broker,controller", "node.id": 1, "log.dirs": data, "num.partitions": partitions,
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{PORTS['controller']}",
        "listeners": f"PLAINTEXT://127.0.0.1:{PORTS['kafka']},CONTROLLER://127.0.0.1:{PORTS['controller']}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "offsets.topic.replication.factor": 1, "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1, "group.initial.rebalance.delay.ms": 0,
    }
    if synced:
        words["log.flush.interval.messages"] = 1
    properties.write_text("".join(f"{name}={value}\n" for name, value in words.items()))
    java = ["java", f"-Xms{HEAP}", f"-Xmx{HEAP}", "-XX:+UseG1GC", "-cp", f"{jars}/*"]
    with open(f"{folder}/kafka.log", "ab") as log:
        subprocess.run([*java, "kafka.tools.StorageTool", "format", "--standalone", "-t", CLUSTER, "-c", properties],
                       stdout=log, stderr=log, check=True)
        return server_process.Server([*wrapper, *java, "kafka.Kafka", properties], dict(os.environ), listens, log)
