import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.*;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

/** The AWS SDK for Java, version 2: the blocking client, the asynchronous one and the transfer manager. */
final class Check {
    static final int MEBIBYTE = 1 << 20;
    static final String BUCKET = Steps.newBucketName();
    static final StaticCredentialsProvider CREDENTIALS = credentials(Steps.env("S3_SECRET_KEY"));
    static final S3Client CLIENT = client(CREDENTIALS);
    static final S3AsyncClient ASYNC =
        S3AsyncClient.builder().endpointOverride(URI.create(Steps.env("S3_ENDPOINT")))
            .region(Region.of(Steps.env("S3_REGION"))).forcePathStyle(true).credentialsProvider(CREDENTIALS)
            .multipartEnabled(true)
            .multipartConfiguration(c -> c.minimumPartSizeInBytes(5L * MEBIBYTE).thresholdInBytes(5L * MEBIBYTE))
            .build();

    static StaticCredentialsProvider credentials(String secret) {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(Steps.env("S3_ACCESS_KEY"), secret));
    }

    static S3Client client(StaticCredentialsProvider credentials) {
        return S3Client.builder().endpointOverride(URI.create(Steps.env("S3_ENDPOINT")))
            .region(Region.of(Steps.env("S3_REGION"))).forcePathStyle(true).credentialsProvider(credentials)
            .overrideConfiguration(c -> c.retryStrategy(r -> r.maxAttempts(1))).build();
    }

    static byte[] read(String key) {
        return CLIENT.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)).asByteArray();
    }

    static void refused(String code, Steps.Work call) throws Exception {
        try {
            call.run();
        } catch (S3Exception failure) {
            Steps.same("error", failure.awsErrorDetails().errorCode(), code);
            return;
        }
        throw new AssertionError("expected " + code + ", but it succeeded");
    }

    public static void main(String[] arguments) {
        Steps.step("make a bucket and find it", Check::makeBucket);
        Steps.step("put and get: names, types, metadata, empty", Check::putGet);
        Steps.step("every checksum, declared and trailing, and wrong ones", Check::checksums);
        Steps.step("three parts, listed, completed, read by part and range", Check::parts);
        Steps.step("the asynchronous client's parallel parts, up and down", Check::asynchronous);
        Steps.step("the transfer manager: folder up, folder down, copy", Check::transfers);
        Steps.step("copy, with new metadata, and parts copied from a range", Check::copies);
        Steps.step("conditional writes and reads", Check::conditions);
        Steps.step("presigned get and put", Check::presigned);
        Steps.step("2,500 keys listed in pages, with folders, deleted in batches", Check::listing);
        Steps.step("versions and tags", Check::versions);
        Steps.step("errors have S3's names", Check::refusals);
        Steps.step("everything removed", Check::remove);
        System.exit(0);
    }

    static void makeBucket() throws Exception {
        CLIENT.createBucket(r -> r.bucket(BUCKET));
        CLIENT.waiter().waitUntilBucketExists(r -> r.bucket(BUCKET));
        Steps.same("buckets", CLIENT.listBuckets(r -> r.prefix(BUCKET)).buckets().size(), 1);
    }

    static void putGet() throws Exception {
        for (var key : List.of("plain", "a b/ü+&=;.txt", "日本語/🚰", "trailing/", "%41")) {
            var body = Steps.pattern(1000, key);
            var put = CLIENT.putObject(
                r -> r.bucket(BUCKET).key(key).contentType("text/x-sluice").metadata(Map.of("colour", "blue")),
                RequestBody.fromBytes(body));
            Steps.same("ETag", put.eTag(), "\"" + Steps.md5(body) + "\"");
            var got = CLIENT.getObjectAsBytes(r -> r.bucket(BUCKET).key(key));
            Steps.sameBytes(key, got.asByteArray(), body);
            Steps.same("type", got.response().contentType(), "text/x-sluice");
            Steps.same("metadata", got.response().metadata(), Map.of("colour", "blue"));
        }
        CLIENT.putObject(r -> r.bucket(BUCKET).key("empty"), RequestBody.empty());
        Steps.sameBytes("empty", read("empty"), new byte[0]);
    }

    static void checksums() throws Exception {
        var body = Steps.pattern(300000, "sum");
        for (var algorithm : List.of(ChecksumAlgorithm.CRC32, ChecksumAlgorithm.CRC32_C, ChecksumAlgorithm.SHA1,
                                     ChecksumAlgorithm.SHA256)) {
            CLIENT.putObject(r -> r.bucket(BUCKET).key("sum").checksumAlgorithm(algorithm),
                             RequestBody.fromBytes(body));
            var head = CLIENT.headObject(r -> r.bucket(BUCKET).key("sum").checksumMode(ChecksumMode.ENABLED));
            Steps.same("type", head.checksumType(), ChecksumType.FULL_OBJECT);
            Steps.same("kept " + algorithm,
                       algorithm == ChecksumAlgorithm.CRC32 ? head.checksumCRC32() != null
                       : algorithm == ChecksumAlgorithm.CRC32_C ? head.checksumCRC32C() != null
                       : algorithm == ChecksumAlgorithm.SHA1 ? head.checksumSHA1() != null
                                                             : head.checksumSHA256() != null, true);
            Steps.sameBytes("content", read("sum"), body);
            CLIENT.putObject(r -> r.bucket(BUCKET).key("sum").checksumAlgorithm(algorithm),
                             RequestBody.fromInputStream(new ByteArrayInputStream(body), body.length));
            Steps.sameBytes("streamed", read("sum"), body);
        }
        refused("BadDigest", () -> CLIENT.putObject(
            r -> r.bucket(BUCKET).key("wrong").checksumCRC32("AAAAAA=="), RequestBody.fromBytes(body)));
    }

    static void parts() throws Exception {
        var body = Steps.pattern(11 * MEBIBYTE, "parts");
        var bounds = new int[] {0, 5 * MEBIBYTE, 10 * MEBIBYTE, body.length};
        var upload = CLIENT.createMultipartUpload(
            r -> r.bucket(BUCKET).key("parts").checksumAlgorithm(ChecksumAlgorithm.CRC32)).uploadId();
        var completed = new CompletedPart[3];
        for (int at : new int[] {1, 0, 2}) {
            var piece = Arrays.copyOfRange(body, bounds[at], bounds[at + 1]);
            var sent = CLIENT.uploadPart(
                r -> r.bucket(BUCKET).key("parts").uploadId(upload).partNumber(at + 1)
                         .checksumAlgorithm(ChecksumAlgorithm.CRC32), RequestBody.fromBytes(piece));
            completed[at] = CompletedPart.builder().partNumber(at + 1).eTag(sent.eTag())
                                .checksumCRC32(sent.checksumCRC32()).build();
        }
        Steps.same("listed", CLIENT.listParts(r -> r.bucket(BUCKET).key("parts").uploadId(upload)).parts().size(), 3);
        var done = CLIENT.completeMultipartUpload(
            r -> r.bucket(BUCKET).key("parts").uploadId(upload).multipartUpload(m -> m.parts(completed)));
        Steps.same("ETag of parts", done.eTag().endsWith("-3\""), true);
        Steps.sameBytes("whole", read("parts"), body);
        Steps.sameBytes("part", CLIENT.getObjectAsBytes(r -> r.bucket(BUCKET).key("parts").partNumber(2)).asByteArray(),
                        Arrays.copyOfRange(body, bounds[1], bounds[2]));
        Steps.sameBytes("range", CLIENT.getObjectAsBytes(
                            r -> r.bucket(BUCKET).key("parts").range("bytes=5242870-5242890")).asByteArray(),
                        Arrays.copyOfRange(body, 5242870, 5242891));
        refused("InvalidRange", () -> CLIENT.getObjectAsBytes(
            r -> r.bucket(BUCKET).key("parts").range("bytes=" + body.length + "-")));
    }

    static void asynchronous() throws Exception {
        var body = Steps.pattern(17 * MEBIBYTE + 3, "async");
        ASYNC.putObject(r -> r.bucket(BUCKET).key("async"), AsyncRequestBody.fromBytes(body)).join();
        Steps.same("parts", CLIENT.headObject(r -> r.bucket(BUCKET).key("async")).eTag().endsWith("-4\""), true);
        Steps.sameBytes("whole", read("async"), body);
        var got = ASYNC.getObject(r -> r.bucket(BUCKET).key("async"), AsyncResponseTransformer.toBytes()).join();
        Steps.sameBytes("read in parts", got.asByteArray(), body);
        // Of unknown length: a publisher without one.
        var unknown = AsyncRequestBody.forBlockingInputStream(null);
        var put = ASYNC.putObject(r -> r.bucket(BUCKET).key("unknown"), unknown);
        unknown.writeInputStream(new ByteArrayInputStream(body));
        put.join();
        Steps.sameBytes("of unknown length", read("unknown"), body);
    }

    static void transfers() throws Exception {
        try (var manager = S3TransferManager.builder().s3Client(ASYNC).build()) {
            var folder = Files.createDirectories(Path.of("up", "deep"));
            for (int number = 0; number < 20; ++number)
                Files.write(folder.resolve("file " + number), Steps.pattern(number * 5000, "file" + number));
            var up = manager.uploadDirectory(r -> r.source(Path.of("up")).bucket(BUCKET).s3Prefix("dir"))
                         .completionFuture().join();
            Steps.same("failures", up.failedTransfers().size(), 0);
            var down = manager.downloadDirectory(r -> r.destination(Path.of("down")).bucket(BUCKET)
                                                          .listObjectsV2RequestTransformer(l -> l.prefix("dir/")))
                           .completionFuture().join();
            Steps.same("failures", down.failedTransfers().size(), 0);
            for (int number = 0; number < 20; ++number)
                Steps.sameBytes("file " + number, Files.readAllBytes(Path.of("down", "deep", "file " + number)),
                                Steps.pattern(number * 5000, "file" + number));
            manager.copy(r -> r.copyObjectRequest(
                             c -> c.sourceBucket(BUCKET).sourceKey("async").destinationBucket(BUCKET)
                                      .destinationKey("managed-copy"))).completionFuture().join();
            Steps.sameBytes("copy", read("managed-copy"), Steps.pattern(17 * MEBIBYTE + 3, "async"));
        }
    }

    static void copies() throws Exception {
        CLIENT.copyObject(r -> r.sourceBucket(BUCKET).sourceKey("a b/ü+&=;.txt").destinationBucket(BUCKET)
                                   .destinationKey("copy"));
        Steps.sameBytes("copy", read("copy"), Steps.pattern(1000, "a b/ü+&=;.txt"));
        CLIENT.copyObject(r -> r.sourceBucket(BUCKET).sourceKey("plain").destinationBucket(BUCKET)
                                   .destinationKey("copy").metadataDirective(MetadataDirective.REPLACE)
                                   .metadata(Map.of("colour", "red")));
        Steps.same("metadata", CLIENT.headObject(r -> r.bucket(BUCKET).key("copy")).metadata(),
                   Map.of("colour", "red"));
        var upload = CLIENT.createMultipartUpload(r -> r.bucket(BUCKET).key("part-copy")).uploadId();
        var part = CLIENT.uploadPartCopy(
            r -> r.sourceBucket(BUCKET).sourceKey("parts").destinationBucket(BUCKET).destinationKey("part-copy")
                     .uploadId(upload).partNumber(1).copySourceRange("bytes=7-5242893"));
        CLIENT.completeMultipartUpload(
            r -> r.bucket(BUCKET).key("part-copy").uploadId(upload).multipartUpload(
                m -> m.parts(p -> p.partNumber(1).eTag(part.copyPartResult().eTag()))));
        Steps.sameBytes("copied range", read("part-copy"),
                        Arrays.copyOfRange(Steps.pattern(11 * MEBIBYTE, "parts"), 7, 5242894));
    }

    static void conditions() throws Exception {
        var first = CLIENT.putObject(r -> r.bucket(BUCKET).key("if").ifNoneMatch("*"),
                                     RequestBody.fromString("one")).eTag();
        refused("PreconditionFailed", () -> CLIENT.putObject(r -> r.bucket(BUCKET).key("if").ifNoneMatch("*"),
                                                             RequestBody.fromString("two")));
        CLIENT.putObject(r -> r.bucket(BUCKET).key("if").ifMatch(first), RequestBody.fromString("two"));
        refused("PreconditionFailed", () -> CLIENT.putObject(r -> r.bucket(BUCKET).key("if").ifMatch(first),
                                                             RequestBody.fromString("three")));
        Steps.sameBytes("content", read("if"), "two".getBytes(UTF_8));
        refused("PreconditionFailed", () -> CLIENT.getObjectAsBytes(
            r -> r.bucket(BUCKET).key("if").ifMatch(first)));
    }

    static void presigned() throws Exception {
        var body = Steps.pattern(50000, "signed");
        var http = HttpClient.newHttpClient();
        try (var signer = S3Presigner.builder().endpointOverride(URI.create(Steps.env("S3_ENDPOINT")))
                              .region(Region.of(Steps.env("S3_REGION"))).credentialsProvider(CREDENTIALS)
                              .serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build())
                              .build()) {
            var put = signer.presignPutObject(r -> r.signatureDuration(Duration.ofMinutes(1))
                                                       .putObjectRequest(p -> p.bucket(BUCKET).key("signed ü")));
            var sent = http.send(HttpRequest.newBuilder(put.url().toURI())
                                     .PUT(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
                                 HttpResponse.BodyHandlers.ofString());
            Steps.same("put " + sent.body(), sent.statusCode(), 200);
            var get = signer.presignGetObject(r -> r.signatureDuration(Duration.ofMinutes(1))
                                                       .getObjectRequest(p -> p.bucket(BUCKET).key("signed ü")));
            var got = http.send(HttpRequest.newBuilder(get.url().toURI()).build(),
                                HttpResponse.BodyHandlers.ofByteArray());
            Steps.sameBytes("signed", got.body(), body);
        }
    }

    static void listing() throws Exception {
        var names = new ArrayList<String>();
        IntStream.range(0, 2500).forEach(number -> names.add("list/%d/%05d".formatted(number % 25, number)));
        var workers = Executors.newFixedThreadPool(10);
        var puts = names.stream().map(name -> workers.submit(() -> CLIENT.putObject(
            r -> r.bucket(BUCKET).key(name), RequestBody.fromString(name)))).toList();
        for (var put : puts) put.get();
        workers.shutdown();
        names.sort(null);
        var listed = CLIENT.listObjectsV2Paginator(r -> r.bucket(BUCKET).prefix("list/")).contents().stream()
                         .map(S3Object::key).toList();
        Steps.same("keys in order", listed, names);
        Steps.same("folders", CLIENT.listObjectsV2(r -> r.bucket(BUCKET).prefix("list/").delimiter("/"))
                                  .commonPrefixes().size(), 25);
        for (int at = 0; at < names.size(); at += 1000) {
            var batch = names.subList(at, Math.min(at + 1000, names.size())).stream()
                            .map(name -> ObjectIdentifier.builder().key(name).build()).toList();
            var deleted = CLIENT.deleteObjects(r -> r.bucket(BUCKET).delete(d -> d.objects(batch)));
            Steps.same("errors", deleted.errors().size(), 0);
            Steps.same("deleted", deleted.deleted().size(), batch.size());
        }
        Steps.same("left", CLIENT.listObjectsV2(r -> r.bucket(BUCKET).prefix("list/")).keyCount(), 0);
    }

    static void versions() throws Exception {
        CLIENT.putBucketVersioning(r -> r.bucket(BUCKET).versioningConfiguration(
            v -> v.status(BucketVersioningStatus.ENABLED)));
        var first = CLIENT.putObject(r -> r.bucket(BUCKET).key("v").tagging("team=blue"),
                                     RequestBody.fromString("one")).versionId();
        CLIENT.putObject(r -> r.bucket(BUCKET).key("v"), RequestBody.fromString("two"));
        CLIENT.deleteObject(r -> r.bucket(BUCKET).key("v"));
        Steps.sameBytes("old", CLIENT.getObjectAsBytes(r -> r.bucket(BUCKET).key("v").versionId(first)).asByteArray(),
                        "one".getBytes(UTF_8));
        var tags = CLIENT.getObjectTagging(r -> r.bucket(BUCKET).key("v").versionId(first)).tagSet();
        Steps.same("tag", tags.get(0).value(), "blue");
        var all = CLIENT.listObjectVersions(r -> r.bucket(BUCKET).prefix("v"));
        Steps.same("versions", all.versions().size() + all.deleteMarkers().size(), 3);
    }

    static void refusals() throws Exception {
        refused("NoSuchKey", () -> read("not there"));
        refused("NoSuchBucket", () -> CLIENT.listObjectsV2(r -> r.bucket(BUCKET + "-no")));
        refused("SignatureDoesNotMatch", () -> client(credentials("wrong")).listBuckets());
        refused("BucketNotEmpty", () -> CLIENT.deleteBucket(r -> r.bucket(BUCKET)));
    }

    static void remove() throws Exception {
        for (var page : CLIENT.listObjectVersionsPaginator(r -> r.bucket(BUCKET))) {
            var all = new ArrayList<ObjectIdentifier>();
            page.versions().forEach(
                each -> all.add(ObjectIdentifier.builder().key(each.key()).versionId(each.versionId()).build()));
            page.deleteMarkers().forEach(
                each -> all.add(ObjectIdentifier.builder().key(each.key()).versionId(each.versionId()).build()));
            CLIENT.deleteObjects(r -> r.bucket(BUCKET).delete(d -> d.objects(all)));
        }
        CLIENT.deleteBucket(r -> r.bucket(BUCKET));
        CLIENT.waiter().waitUntilBucketNotExists(r -> r.bucket(BUCKET));
    }
}
