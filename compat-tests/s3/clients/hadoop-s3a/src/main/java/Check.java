import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileNotFoundException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Abortable;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileRange;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.apache.hadoop.io.IntWritable;
import org.apache.hadoop.io.LongWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.JobID;
import org.apache.hadoop.mapreduce.Mapper;
import org.apache.hadoop.mapreduce.Reducer;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.TaskAttemptID;
import org.apache.hadoop.mapreduce.TaskID;
import org.apache.hadoop.mapreduce.TaskType;
import org.apache.hadoop.mapreduce.lib.input.FileInputFormat;
import org.apache.hadoop.mapreduce.lib.output.FileOutputFormat;
import org.apache.hadoop.mapreduce.lib.output.PathOutputCommitter;
import org.apache.hadoop.mapreduce.lib.output.PathOutputCommitterFactory;
import org.apache.hadoop.mapreduce.task.JobContextImpl;
import org.apache.hadoop.mapreduce.task.TaskAttemptContextImpl;

/** Hadoop's S3A file system: files, renames, ranges read in parallel, and the magic committer. */
final class Check {
    static final int MEBIBYTE = 1 << 20;
    static final Path ROOT = new Path("s3a://" + Steps.env("S3A_BUCKET") + "/");
    static final Configuration CONF = configuration();
    static FileSystem fs;

    static Configuration configuration() {
        var out = new Configuration();
        out.set("fs.s3a.endpoint", Steps.env("S3_ENDPOINT"));
        out.set("fs.s3a.endpoint.region", Steps.env("S3_REGION"));
        out.set("fs.s3a.access.key", Steps.env("S3_ACCESS_KEY"));
        out.set("fs.s3a.secret.key", Steps.env("S3_SECRET_KEY"));
        out.setBoolean("fs.s3a.path.style.access", true);
        out.setBoolean("fs.s3a.connection.ssl.enabled", Steps.env("S3_ENDPOINT").startsWith("https:"));
        out.setInt("fs.s3a.attempts.maximum", 1);
        out.set("fs.s3a.multipart.size", "5M");
        out.set("fs.s3a.multipart.threshold", "5M");
        out.setBoolean("fs.s3a.etag.checksum.enabled", true);
        out.set("fs.s3a.committer.name", "magic");
        out.set("mapreduce.outputcommitter.factory.scheme.s3a",
                "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory");
        out.set("hadoop.tmp.dir", Steps.env("WORK") + "/tmp");
        out.set("mapreduce.framework.name", "local");
        return out;
    }

    static Path at(String name) {
        return new Path(ROOT, name);
    }

    static void write(Path path, byte[] body) throws Exception {
        try (var out = fs.create(path, true)) {
            out.write(body);
        }
    }

    static byte[] read(Path path) throws Exception {
        try (var in = fs.open(path)) {
            return in.readAllBytes();
        }
    }

    static List<String> names(Path folder) throws Exception {
        var out = new ArrayList<String>();
        for (var files = fs.listFiles(folder, true); files.hasNext();)
            out.add(folder.toUri().relativize(files.next().getPath().toUri()).getPath());
        out.sort(null);
        return out;
    }

    static <T extends Exception> void fails(Class<T> how, Steps.Work call) throws Exception {
        try {
            call.run();
        } catch (Exception failure) {
            if (how.isInstance(failure)) return;
            throw failure;
        }
        throw new AssertionError("expected " + how.getSimpleName() + ", but it succeeded");
    }

    public static void main(String[] arguments) throws Exception {
        fs = FileSystem.get(URI.create(ROOT.toString()), CONF);
        Steps.step("folders and files: make, list, status, delete", Check::folders);
        Steps.step("a file written in parts, read by seeks, positions and vectors", Check::reads);
        Steps.step("create without overwriting, checked and conditional", Check::creates);
        Steps.step("rename of a folder of 60 files, one of them in parts", Check::renames);
        Steps.step("an aborted stream leaves neither file nor upload", Check::aborts);
        Steps.step("magic committer: nothing before the commit, all after it", Check::commits);
        Steps.step("magic committer: an aborted job leaves nothing", Check::abortsJob);
        Steps.step("a MapReduce job commits through the magic committer", Check::mapReduce);
        Steps.step("1,200 files deleted with their folder", Check::deletes);
        fs.close();
        System.exit(0);
    }

    static void folders() throws Exception {
        Steps.same("mkdirs", fs.mkdirs(at("a/b c/ü")), true);
        Steps.same("folder", fs.getFileStatus(at("a/b c/ü")).isDirectory(), true);
        for (var name : List.of("plain", "with space", "plus+percent%41", "日本語", "empty")) {
            var body = name.equals("empty") ? new byte[0] : Steps.pattern(10000, name);
            write(at("a/b c/" + name), body);
            Steps.sameBytes(name, read(at("a/b c/" + name)), body);
            Steps.same("length", fs.getFileStatus(at("a/b c/" + name)).getLen(), (long) body.length);
        }
        Steps.same("entries", fs.listStatus(at("a/b c")).length, 6);
        Steps.same("parent", fs.getFileStatus(at("a")).isDirectory(), true);
        Steps.same("glob", fs.globStatus(at("a/*/p*")).length, 2);
        Steps.same("checksum", fs.getFileChecksum(at("a/b c/plain")).getAlgorithmName(), "etag");
        Steps.same("summary", fs.getContentSummary(at("a")).getFileCount(), 5L);
        fails(java.io.IOException.class, () -> fs.delete(at("a/b c"), false));
        Steps.same("delete", fs.delete(at("a/b c/plain"), false), true);
        Steps.same("gone", fs.exists(at("a/b c/plain")), false);
        fails(FileNotFoundException.class, () -> fs.open(at("a/b c/plain")).read());
        fails(FileNotFoundException.class, () -> fs.listStatus(at("not there")));
    }

    static void reads() throws Exception {
        var body = Steps.pattern(23 * MEBIBYTE + 7, "big");
        write(at("big"), body);
        Steps.same("length", fs.getFileStatus(at("big")).getLen(), (long) body.length);
        Steps.sameBytes("whole", read(at("big")), body);
        for (var policy : List.of("random", "sequential", "vector", "parquet")) {
            try (var in = fs.openFile(at("big")).opt("fs.option.openfile.read.policy", policy).build().get()) {
                var piece = new byte[100000];
                for (var where : new int[] {20 * MEBIBYTE, 5 * MEBIBYTE - 50000, 0, body.length - piece.length}) {
                    in.seek(where);
                    in.readFully(piece);
                    Steps.sameBytes(policy + " seek", piece, Arrays.copyOfRange(body, where, where + piece.length));
                    in.readFully(where, piece);
                    Steps.sameBytes(policy + " position", piece,
                                    Arrays.copyOfRange(body, where, where + piece.length));
                }
                var ranges = new ArrayList<FileRange>();
                for (int number = 0; number < 20; ++number)
                    ranges.add(FileRange.createFileRange(number * 1000003L, 50000));
                in.readVectored(ranges, ByteBuffer::allocate);
                for (var range : ranges) {
                    var got = new byte[range.getLength()];
                    range.getData().get(1, TimeUnit.MINUTES).get(got);
                    Steps.sameBytes(policy + " vector", got, Arrays.copyOfRange(
                                        body, (int) range.getOffset(), (int) range.getOffset() + got.length));
                }
            }
        }
    }

    static void creates() throws Exception {
        write(at("once"), "one".getBytes(UTF_8));
        fails(FileAlreadyExistsException.class, () -> fs.create(at("once"), false).close());
        fails(java.io.IOException.class, () -> {
            try (var out = (FSDataOutputStream) fs.createFile(at("once")).overwrite(true)
                               .must("fs.option.create.conditional.overwrite", true).build()) {
                out.write("two".getBytes(UTF_8));
            }
        });
        Steps.sameBytes("kept", read(at("once")), "one".getBytes(UTF_8));
        try (var out = (FSDataOutputStream) fs.createFile(at("new")).overwrite(true)
                           .must("fs.option.create.conditional.overwrite", true).build()) {
            out.write("two".getBytes(UTF_8));
        }
        Steps.sameBytes("new", read(at("new")), "two".getBytes(UTF_8));
    }

    static void renames() throws Exception {
        for (int number = 0; number < 59; ++number)
            write(at("from/%d/file %d".formatted(number % 5, number)), Steps.pattern(number * 100, "r" + number));
        Steps.same("rename into", fs.rename(at("big"), at("from/big")), true);
        var before = names(at("from/"));
        Steps.same("files", before.size(), 60);
        Steps.same("rename", fs.rename(at("from"), at("to")), true);
        Steps.same("names", names(at("to/")), before);
        Steps.same("gone", fs.exists(at("from")), false);
        for (int number = 0; number < 59; ++number)
            Steps.sameBytes("file " + number, read(at("to/%d/file %d".formatted(number % 5, number))),
                            Steps.pattern(number * 100, "r" + number));
        Steps.sameBytes("big", read(at("to/big")), Steps.pattern(23 * MEBIBYTE + 7, "big"));
    }

    static void aborts() throws Exception {
        var out = fs.create(at("aborted"));
        out.write(Steps.pattern(11 * MEBIBYTE, "aborted"));
        ((Abortable) out).abort();
        out.close();
        Steps.same("file", fs.exists(at("aborted")), false);
        noUploads();
    }

    static void noUploads() throws Exception {
        var uploads = ((S3AFileSystem) fs).listUploads("");
        if (uploads.hasNext()) throw new AssertionError("an upload of " + uploads.next().key() + " is left");
    }

    static JobContext job(Configuration conf) {
        return new JobContextImpl(conf, new JobID("check", 1));
    }

    static TaskAttemptContext task(Configuration conf, int number) {
        return new TaskAttemptContextImpl(
            conf, new TaskAttemptID(new TaskID(new JobID("check", 1), TaskType.MAP, number), 0));
    }

    static PathOutputCommitter committer(Path output, TaskAttemptContext context) throws Exception {
        return PathOutputCommitterFactory.getCommitterFactory(output, CONF).createOutputCommitter(output, context);
    }

    static void commits() throws Exception {
        var output = at("table");
        var conf = new Configuration(CONF);
        conf.set("fs.s3a.committer.uuid", "11111111-2222-3333-4444-555555555555");
        var whole = committer(output, task(conf, 0));
        whole.setupJob(job(conf));
        for (int number = 0; number < 3; ++number) {
            var context = task(conf, number);
            var committer = committer(output, context);
            committer.setupTask(context);
            var size = number == 0 ? 12 * MEBIBYTE : 1000;
            write(new Path(committer.getWorkPath(), "part " + number), Steps.pattern(size, "part" + number));
            Steps.same("needs a commit", committer.needsTaskCommit(context), true);
            Steps.same("not visible", fs.exists(new Path(output, "part " + number)), false);
            // The last task is given up.
            if (number < 2) committer.commitTask(context);
            else committer.abortTask(context);
            Steps.same("still not visible", fs.exists(new Path(output, "part " + number)), false);
        }
        whole.commitJob(job(conf));
        Steps.same("files", names(new Path(output + "/")), List.of("_SUCCESS", "part 0", "part 1"));
        Steps.sameBytes("in parts", read(new Path(output, "part 0")), Steps.pattern(12 * MEBIBYTE, "part0"));
        Steps.sameBytes("small", read(new Path(output, "part 1")), Steps.pattern(1000, "part1"));
        noUploads();
    }

    static void abortsJob() throws Exception {
        var output = at("given-up");
        var conf = new Configuration(CONF);
        conf.set("fs.s3a.committer.uuid", "66666666-2222-3333-4444-555555555555");
        var context = task(conf, 0);
        var committer = committer(output, context);
        committer.setupJob(job(conf));
        committer.setupTask(context);
        write(new Path(committer.getWorkPath(), "part 0"), Steps.pattern(6 * MEBIBYTE, "given-up"));
        committer.commitTask(context);
        committer.abortJob(job(conf), org.apache.hadoop.mapreduce.JobStatus.State.FAILED);
        Steps.same("files", fs.exists(new Path(output, "part 0")), false);
        noUploads();
    }

    /** Emits every word of a line. */
    public static final class Words extends Mapper<LongWritable, Text, Text, IntWritable> {
        @Override
        protected void map(LongWritable at, Text line, Context out) throws java.io.IOException, InterruptedException {
            for (var word : line.toString().split(" ")) out.write(new Text(word), new IntWritable(1));
        }
    }

    /** Adds up. */
    public static final class Sum extends Reducer<Text, IntWritable, Text, IntWritable> {
        @Override
        protected void reduce(Text word, Iterable<IntWritable> counts, Context out)
            throws java.io.IOException, InterruptedException {
            int sum = 0;
            for (var count : counts) sum += count.get();
            out.write(word, new IntWritable(sum));
        }
    }

    static void mapReduce() throws Exception {
        for (int number = 0; number < 4; ++number)
            write(at("text/" + number), "red green blue\nred\n".repeat(1000).getBytes(UTF_8));
        var job = Job.getInstance(CONF, "words");
        job.setJarByClass(Check.class);
        job.setMapperClass(Words.class);
        job.setReducerClass(Sum.class);
        job.setNumReduceTasks(2);
        job.setOutputKeyClass(Text.class);
        job.setOutputValueClass(IntWritable.class);
        FileInputFormat.addInputPath(job, at("text"));
        FileOutputFormat.setOutputPath(job, at("counted"));
        Steps.same("job", job.waitForCompletion(false), true);
        var counts = new TreeMap<String, Integer>();
        for (var name : names(at("counted/")))
            if (name.startsWith("part-"))
                for (var line : new String(read(at("counted/" + name)), UTF_8).lines().toList())
                    counts.put(line.split("\t")[0], Integer.valueOf(line.split("\t")[1]));
        Steps.same("counts", counts, new TreeMap<>(java.util.Map.of("red", 8000, "green", 4000, "blue", 4000)));
        var success = new String(read(at("counted/_SUCCESS")), UTF_8);
        if (!success.matches("(?s).*\"committer\"\\s*:\\s*\"magic\".*"))
            throw new AssertionError("not committed by magic: " + success);
        noUploads();
    }

    static void deletes() throws Exception {
        var folder = Files.createDirectories(java.nio.file.Path.of("many"));
        for (int number = 0; number < 1200; ++number)
            Files.writeString(folder.resolve("file" + number), "x" + number);
        fs.copyFromLocalFile(new Path(folder.toUri()), at("many"));
        Steps.same("files", names(at("many/")).size(), 1200);
        Steps.same("delete", fs.delete(at("many"), true), true);
        Steps.same("gone", fs.exists(at("many")), false);
        Steps.same("root", fs.delete(at("to"), true), true);
    }
}
