"""SeaweedFS as the peer: one process with all its parts on loopback, the bytes of every acknowledged object synced.

install_seaweedfs.sh installs it. By default it syncs nothing before it answers. The rule `fsync` on /buckets/ makes it
sync the volume file (groups of requests share one fsync, as ours share a journal write); the entry that names the
bytes goes to its LevelDB, whose log it does not sync at this version: seen with strace, one fsync of the .dat file for
a PUT of one client and none of another file. Sluice syncs both, so that what is left of a difference in durability is
in the peer's favour.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import server_process  # noqa: E402

# S3, and the ports of its parts; each part takes its port + 10000 too.
PORTS = {"s3": 19400, "master": 19401, "volume": 19402, "filer": 19403}
SHELL_SECONDS = 60


def start(binary, folder, secret, wrapper=(), memory_mb=None):
    """A Server on `folder`, its writes not synced yet, root with `secret` its only user. `memory_mb`: what its heap
    is told to stay below."""
    data, identities = Path(folder, "weed"), Path(folder, "weed-identities.json")
    data.mkdir()
    identities.write_text(json.dumps({"identities": [{
        "name": "root", "credentials": [{"accessKey": "root", "secretKey": secret}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"]}]}))
    words = [binary, "-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}", "-filer",
             "-s3", f"-s3.config={identities}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false",
             "-volume.max=0", "-volume.preStopSeconds=0", f"-filer.localSocket={folder}/weed-filer.sock",
             f"-s3.localSocket={folder}/weed-s3.sock"]
    words += [f"-{part}.port={port}" for part, port in PORTS.items()]
    environment = dict(os.environ, **({} if memory_mb is None else {"GOMEMLIMIT": f"{memory_mb}MiB"}))
    with open(f"{folder}/weed.log", "ab") as log:
        return server_process.Server([*wrapper, *words], environment,
                                     server_process.answers(f"http://127.0.0.1:{PORTS['s3']}/healthz"), log)


def shell(binary, *lines):
    words = [binary, "shell", f"-master=127.0.0.1:{PORTS['master']}", f"-filer=127.0.0.1:{PORTS['filer']}"]
    done = subprocess.run(words, input="\n".join(lines) + "\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=SHELL_SECONDS, check=True)
    return done.stdout


def sync_every_write(binary):
    told = shell(binary, "fs.configure -locationPrefix=/buckets/ -fsync -apply", "fs.configure")
    if '"fsync":true' not in told.replace(" ", ""):
        raise SystemExit(f"SeaweedFS does not take the rule to sync: {told}")


def version(binary):
    return subprocess.run([binary, "version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout.strip()
