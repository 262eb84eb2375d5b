#!/usr/bin/env python3
"""Record batches as clients' own libraries build them, one hex line per file beside this script.

Needs: pip install aiokafka kafka-python cramjam lz4 zstandard python-snappy
"""
import pathlib

import cramjam
from aiokafka.record.default_records import DefaultRecordBatchBuilder as AioBuilder
from kafka.record.default_records import DefaultRecordBatchBuilder as KafkaBuilder

HERE = pathlib.Path(__file__).parent
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
BASE = 1767225600000


def fill(builder):
    for i in range(20):
        key = None if i == 5 else b"key"
        value = None if i == 6 else b"value %d" % i + b"x" * i
        headers = [("h", b"1")] if i % 3 == 0 else []
        builder.append(i, BASE + i, key, value, headers)
    return bytes(builder.build())


for library, builder in (("kafka_python", KafkaBuilder), ("aiokafka", AioBuilder)):
    for name, number in CODECS.items():
        made = builder(magic=2, compression_type=number, is_transactional=0, producer_id=-1,
                       producer_epoch=-1, base_sequence=-1, batch_size=1 << 20)
        (HERE / f"{library}_{name}.hex").write_text(fill(made).hex() + "\n")
raw = bytes(cramjam.snappy.compress_raw(b"raw snappy, without the framing of snappy-java"))
(HERE / "raw_snappy.hex").write_text(raw.hex() + "\n")
