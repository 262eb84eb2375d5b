"""Arrow's own S3 file system (of the AWS SDK for C++): files, folders and Parquet, read by ranges."""
import os
import random

import pandas
import pyarrow
import pyarrow.compute as compute
import pyarrow.dataset as dataset
import pyarrow.parquet as parquet
from pyarrow import fs

from steps import ACCESS_KEY, ENDPOINT, REGION, SECRET_KEY, refused, same, step

SCHEME, AUTHORITY = ENDPOINT.split("://")
BUCKET = os.environ["CLIENT_BUCKET"]
ROWS = 400_000


def file_system(secret=SECRET_KEY, **more):
    return fs.S3FileSystem(access_key=ACCESS_KEY, secret_key=secret, region=REGION, scheme=SCHEME,
                           endpoint_override=AUTHORITY, retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1),
                           **more)


s3 = file_system(allow_bucket_creation=True, allow_bucket_deletion=True)
source = random.Random(7)
table = pyarrow.table({
    "number": pyarrow.array(range(ROWS)),
    "city": pyarrow.array([("Oslo", "Lima", "Kyōto", "Accra")[number % 4] for number in range(ROWS)]),
    "value": pyarrow.array([source.random() for _ in range(ROWS)]),
    "payload": pyarrow.array([source.randbytes(40) for _ in range(ROWS)]),
})


@step("streams: written in parts, read whole, by position and by seek")
def _streams():
    body = random.Random(1).randbytes(23 * 1024 * 1024 + 5)
    path = f"{BUCKET}/files/a b ü+.bin"
    with s3.open_output_stream(path, metadata={"Content-Type": "text/x-arrow"}) as out:
        for at in range(0, len(body), 1_000_003):
            out.write(body[at:at + 1_000_003])
    with s3.open_input_stream(path) as stream:
        same(stream.read(), body)
    with s3.open_input_file(path) as file:
        same(file.size(), len(body))
        same(file.metadata()["Content-Type"], b"text/x-arrow")
        for at in (20_000_000, 5, len(body) - 100):
            same(file.read_at(100, at), body[at:at + 100])
        file.seek(12_345_678)
        same(file.read(1000), body[12_345_678:12_346_678])


@step("folders, listing, copy, move, delete")
def _folders():
    s3.create_dir(f"{BUCKET}/dir/deep")
    for number in range(30):
        with s3.open_output_stream(f"{BUCKET}/dir/deep/{number:02}") as out:
            out.write(b"x" * number)
    infos = s3.get_file_info(fs.FileSelector(f"{BUCKET}/dir", recursive=True))
    same(sorted(info.base_name for info in infos if info.is_file), [f"{number:02}" for number in range(30)])
    same(s3.get_file_info(f"{BUCKET}/dir/deep/07").size, 7)
    same(s3.get_file_info(f"{BUCKET}/dir").type, fs.FileType.Directory)
    same(s3.get_file_info(f"{BUCKET}/none").type, fs.FileType.NotFound)
    s3.copy_file(f"{BUCKET}/dir/deep/07", f"{BUCKET}/dir/copied")
    s3.move(f"{BUCKET}/dir/copied", f"{BUCKET}/dir/moved")
    same(s3.open_input_file(f"{BUCKET}/dir/moved").read(), b"x" * 7)
    same(s3.get_file_info(f"{BUCKET}/dir/copied").type, fs.FileType.NotFound)
    s3.delete_dir(f"{BUCKET}/dir")
    same(s3.get_file_info(f"{BUCKET}/dir").type, fs.FileType.NotFound)
    refused(FileNotFoundError, s3.open_input_file, f"{BUCKET}/dir/moved")


@step("Parquet: written, one column of one row group read back")
def _parquet():
    parquet.write_table(table, f"{BUCKET}/numbers.parquet", filesystem=s3, row_group_size=50_000)
    file = parquet.ParquetFile(f"{BUCKET}/numbers.parquet", filesystem=s3, pre_buffer=True)
    same(file.metadata.num_rows, ROWS)
    same(file.metadata.num_row_groups, 8)
    same(file.read_row_group(3, columns=["value"]), table.slice(150_000, 50_000).select(["value"]))
    same(parquet.read_table(f"{BUCKET}/numbers.parquet", filesystem=s3), table)


@step("Parquet dataset with partitions and a filter")
def _dataset():
    dataset.write_dataset(table, f"{BUCKET}/cities", filesystem=s3, format="parquet",
                          partitioning=["city"], partitioning_flavor="hive")
    stored = dataset.dataset(f"{BUCKET}/cities", filesystem=s3, format="parquet", partitioning="hive")
    same(len(stored.files), 4)
    same(stored.count_rows(), ROWS)
    found = stored.to_table(filter=(dataset.field("city") == "Kyōto") & (dataset.field("number") < 1000))
    same(sorted(found["number"].to_pylist()), list(range(2, 1000, 4)))
    same(compute.sum(stored.to_table(columns=["number"])["number"]).as_py(), ROWS * (ROWS - 1) // 2)


@step("pandas reads and writes Parquet and CSV")
def _pandas():
    frame = table.select(["number", "city", "value"]).slice(0, 5000).to_pandas()
    frame.to_parquet(f"{BUCKET}/frame.parquet", filesystem=s3)
    pandas.testing.assert_frame_equal(pandas.read_parquet(f"{BUCKET}/frame.parquet", filesystem=s3), frame)
    with s3.open_output_stream(f"{BUCKET}/frame.csv") as out:
        frame.to_csv(out, index=False)
    with s3.open_input_file(f"{BUCKET}/frame.csv") as file:
        pandas.testing.assert_frame_equal(pandas.read_csv(file), frame, check_dtype=False)


@step("a wrong key is refused, buckets are made and deleted")
def _buckets():
    refused(OSError, file_system("wrong").get_file_info, f"{BUCKET}/numbers.parquet")
    s3.create_dir(BUCKET + "-other")
    same(s3.get_file_info(BUCKET + "-other").type, fs.FileType.Directory)
    s3.delete_dir(BUCKET + "-other")
    s3.delete_dir(BUCKET)
    same(s3.get_file_info(BUCKET).type, fs.FileType.NotFound)
