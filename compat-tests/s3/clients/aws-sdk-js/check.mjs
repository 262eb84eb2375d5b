// The AWS SDK for JavaScript, version 3, with its defaults: checksums in trailers, parallel parts.
import {Readable} from "node:stream";
import {assert, env, load, md5, new_bucket_name, pattern, refused, same, step} from "../steps.mjs";

const s3 = load("@aws-sdk/client-s3");
const {Upload} = load("@aws-sdk/lib-storage");
const {getSignedUrl} = load("@aws-sdk/s3-request-presigner");

const settings = {
    endpoint: env.S3_ENDPOINT, region: env.S3_REGION, forcePathStyle: true, maxAttempts: 1,
    credentials: {accessKeyId: env.S3_ACCESS_KEY, secretAccessKey: env.S3_SECRET_KEY},
};
const client = new s3.S3(settings);
const Bucket = new_bucket_name();
const read = async (Key, more = {}) =>
    Buffer.from(await (await client.getObject({Bucket, Key, ...more})).Body.transformToByteArray());
const mebibyte = 1 << 20;

await step("make a bucket and find it", async () => {
    await client.createBucket({Bucket});
    await s3.waitUntilBucketExists({client, maxWaitTime: 15}, {Bucket});
    const {Buckets} = await client.listBuckets({Prefix: Bucket});
    assert.deepEqual(Buckets.map(each => each.Name), [Bucket]);
    await refused("AuthorizationHeaderMalformed", () => new s3.S3({...settings, region: "eu-west-1"}).listBuckets());
});

await step("put and get: names, types, metadata, empty", async () => {
    for (const Key of ["plain", "a b/ü+&=;.txt", "日本語/🚰", "dots/../x", "trailing/"]) {
        const body = pattern(1000, Key);
        const put = await client.putObject({
            Bucket, Key, Body: body, ContentType: "text/x-sluice", CacheControl: "no-cache",
            Metadata: {colour: "blue"}});
        assert.equal(put.ETag, `"${md5(body)}"`);
        assert.ok(put.ChecksumCRC32);
        const got = await client.getObject({Bucket, Key});
        same(Buffer.from(await got.Body.transformToByteArray()), body);
        assert.equal(got.ContentType, "text/x-sluice");
        assert.equal(got.CacheControl, "no-cache");
        assert.deepEqual(got.Metadata, {colour: "blue"});
        assert.equal(got.ContentLength, 1000);
    }
    await client.putObject({Bucket, Key: "empty", Body: ""});
    same(await read("empty"), Buffer.alloc(0));
});

await step("every checksum, declared and trailing, and wrong ones", async () => {
    const body = pattern(300000);
    for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
        const put = await client.putObject({Bucket, Key: "sum", Body: body, ChecksumAlgorithm});
        const named = "Checksum" + ChecksumAlgorithm;
        const head = await client.headObject({Bucket, Key: "sum", ChecksumMode: "ENABLED"});
        assert.equal(head[named], put[named]);
        assert.equal(head.ChecksumType, "FULL_OBJECT");
        same(await read("sum"), body);
        // A stream's checksum follows it in a trailer.
        await client.putObject({
            Bucket, Key: "sum", Body: Readable.from([body]), ContentLength: body.length, ChecksumAlgorithm});
        same(await read("sum"), body);
    }
    await refused("BadDigest", () => client.putObject({Bucket, Key: "wrong", Body: body, ChecksumCRC32: "AAAAAA=="}));
    await refused("BadDigest", () => client.putObject(
        {Bucket, Key: "wrong", Body: body, ContentMD5: "1B2M2Y8AsgTpgAmY7PhCfg=="}));
    await refused(404, () => client.headObject({Bucket, Key: "wrong"}));
});

await step("three parts, listed, completed, read by part and range", async () => {
    const body = pattern(11 * mebibyte);
    const parts = [body.subarray(0, 5 * mebibyte), body.subarray(5 * mebibyte, 10 * mebibyte),
        body.subarray(10 * mebibyte)];
    const Key = "parts";
    const {UploadId} = await client.createMultipartUpload({Bucket, Key, ContentType: "text/parts"});
    const Parts = [];
    for (const number of [2, 1, 3]) {
        const sent = await client.uploadPart({Bucket, Key, UploadId, PartNumber: number, Body: parts[number - 1]});
        Parts[number - 1] = {PartNumber: number, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32};
    }
    const listed = await client.listParts({Bucket, Key, UploadId});
    assert.deepEqual(listed.Parts.map(each => each.Size), parts.map(each => each.length));
    const done = await client.completeMultipartUpload({Bucket, Key, UploadId, MultipartUpload: {Parts}});
    assert.match(done.ETag, /-3"$/);
    same(await read(Key), body);
    same(await read(Key, {PartNumber: 2}), parts[1]);
    const range = await client.getObject({Bucket, Key, Range: "bytes=5242870-5242890"});
    assert.equal(range.ContentRange, `bytes 5242870-5242890/${body.length}`);
    same(Buffer.from(await range.Body.transformToByteArray()), body.subarray(5242870, 5242891));
    same(await read(Key, {Range: "bytes=-17"}), body.subarray(-17));
    await refused("InvalidRange", () => read(Key, {Range: `bytes=${body.length}-`}));
    const {ObjectParts} = await client.getObjectAttributes(
        {Bucket, Key, ObjectAttributes: ["ObjectParts", "ETag", "ObjectSize", "Checksum"]});
    assert.equal(ObjectParts.TotalPartsCount, 3);
});

await step("upload of a stream of unknown length in parallel parts", async () => {
    const body = pattern(17 * mebibyte + 3, "stream");
    function* pieces() {
        for (let at = 0; at < body.length; at += 100000) yield body.subarray(at, at + 100000);
    }
    const upload = new Upload({
        client, params: {Bucket, Key: "streamed", Body: Readable.from(pieces())}, queueSize: 4});
    await upload.done();
    same(await read("streamed"), body);
});

await step("copy, with new metadata, and parts copied from a range", async () => {
    await client.copyObject({Bucket, Key: "copy", CopySource: encodeURI(`${Bucket}/a b/ü+&=;.txt`).replace("+", "%2B")});
    same(await read("copy"), pattern(1000, "a b/ü+&=;.txt"));
    assert.deepEqual((await client.headObject({Bucket, Key: "copy"})).Metadata, {colour: "blue"});
    await client.copyObject({
        Bucket, Key: "copy", CopySource: `${Bucket}/plain`, MetadataDirective: "REPLACE", Metadata: {colour: "red"}});
    assert.deepEqual((await client.headObject({Bucket, Key: "copy"})).Metadata, {colour: "red"});
    const Key = "part-copy";
    const {UploadId} = await client.createMultipartUpload({Bucket, Key});
    const {CopyPartResult} = await client.uploadPartCopy({
        Bucket, Key, UploadId, PartNumber: 1, CopySource: `${Bucket}/parts`, CopySourceRange: "bytes=7-5242893"});
    await client.completeMultipartUpload({
        Bucket, Key, UploadId, MultipartUpload: {Parts: [{PartNumber: 1, ETag: CopyPartResult.ETag}]}});
    same(await read(Key), pattern(11 * mebibyte).subarray(7, 5242894));
});

await step("conditional writes and reads", async () => {
    const {ETag} = await client.putObject({Bucket, Key: "if", Body: "one", IfNoneMatch: "*"});
    await refused("PreconditionFailed", () => client.putObject({Bucket, Key: "if", Body: "two", IfNoneMatch: "*"}));
    await client.putObject({Bucket, Key: "if", Body: "two", IfMatch: ETag});
    await refused("PreconditionFailed", () => client.putObject({Bucket, Key: "if", Body: "three", IfMatch: ETag}));
    same(await read("if"), "two");
    await refused("PreconditionFailed", () => read("if", {IfMatch: ETag}));
    await refused(304, () => read("if", {IfNoneMatch: `"${md5("two")}"`}));
});

await step("presigned get and put", async () => {
    const body = pattern(50000, "signed");
    const put = await getSignedUrl(client, new s3.PutObjectCommand({Bucket, Key: "signed ü"}), {expiresIn: 60});
    const sent = await fetch(put, {method: "PUT", body});
    assert.equal(sent.status, 200, await sent.text());
    const get = await getSignedUrl(client, new s3.GetObjectCommand(
        {Bucket, Key: "signed ü", ResponseContentType: "text/other"}), {expiresIn: 60});
    const got = await fetch(get);
    assert.equal(got.headers.get("content-type"), "text/other");
    same(Buffer.from(await got.arrayBuffer()), body);
    assert.equal((await fetch(get.replace("signed", "singed"))).status, 403);
});

await step("2,500 keys listed in pages, with folders, deleted in batches", async () => {
    const names = Array.from({length: 2500}, (_, number) => `list/${number % 25}/${String(number).padStart(5, "0")}`);
    for (let at = 0; at < names.length; at += 50)
        await Promise.all(names.slice(at, at + 50).map(Key => client.putObject({Bucket, Key, Body: Key})));
    const listed = [];
    let pages = 0;
    for await (const page of s3.paginateListObjectsV2({client}, {Bucket, Prefix: "list/"})) {
        ++pages;
        listed.push(...page.Contents.map(each => each.Key));
    }
    assert.equal(pages, 3);
    assert.deepEqual(listed, names.toSorted());
    const folders = await client.listObjectsV2({Bucket, Prefix: "list/", Delimiter: "/"});
    assert.equal(folders.CommonPrefixes.length, 25);
    const old = await client.listObjects({Bucket, Prefix: "list/", Marker: names.toSorted()[2400]});
    assert.equal(old.Contents.length, 99);
    const Objects = names.map(Key => ({Key}));
    for (let at = 0; at < names.length; at += 1000) {
        const {Deleted, Errors} = await client.deleteObjects(
            {Bucket, Delete: {Objects: Objects.slice(at, at + 1000)}});
        assert.equal(Errors, undefined);
        assert.equal(Deleted.length, Math.min(1000, names.length - at));
    }
    assert.equal((await client.listObjectsV2({Bucket, Prefix: "list/"})).KeyCount, 0);
});

await step("versions, tags, cors", async () => {
    await client.putBucketVersioning({Bucket, VersioningConfiguration: {Status: "Enabled"}});
    const first = await client.putObject({Bucket, Key: "v", Body: "one", Tagging: "team=blue&cost=1"});
    await client.putObject({Bucket, Key: "v", Body: "two"});
    await client.deleteObject({Bucket, Key: "v"});
    same(await read("v", {VersionId: first.VersionId}), "one");
    const {TagSet} = await client.getObjectTagging({Bucket, Key: "v", VersionId: first.VersionId});
    assert.deepEqual(TagSet.map(each => each.Value).sort(), ["1", "blue"]);
    const {Versions, DeleteMarkers} = await client.listObjectVersions({Bucket, Prefix: "v"});
    assert.deepEqual([Versions.length, DeleteMarkers.length], [2, 1]);
    const CORSRules = [{AllowedMethods: ["GET"], AllowedOrigins: ["https://a.example"], MaxAgeSeconds: 5}];
    await client.putBucketCors({Bucket, CORSConfiguration: {CORSRules}});
    assert.deepEqual((await client.getBucketCors({Bucket})).CORSRules, CORSRules);
});

await step("errors have S3's names", async () => {
    await refused("NoSuchKey", () => read("not there"));
    await refused("NoSuchBucket", () => client.listObjectsV2({Bucket: Bucket + "-no"}));
    await refused("NotFound", () => client.headObject({Bucket, Key: "not there"}));
    await refused("SignatureDoesNotMatch", () => new s3.S3({
        ...settings, credentials: {accessKeyId: env.S3_ACCESS_KEY, secretAccessKey: "wrong"}}).listBuckets());
    await refused("InvalidAccessKeyId", () => new s3.S3({
        ...settings, credentials: {accessKeyId: "nobody", secretAccessKey: "wrong"}}).listBuckets());
    await refused("BucketNotEmpty", () => client.deleteBucket({Bucket}));
});

await step("everything removed", async () => {
    for (let page = {IsTruncated: true}; page.IsTruncated;) {
        page = await client.listObjectVersions(
            {Bucket, KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker});
        const Objects = [...page.Versions ?? [], ...page.DeleteMarkers ?? []]
            .map(({Key, VersionId}) => ({Key, VersionId}));
        assert.ok(Objects.length > 0);
        await client.deleteObjects({Bucket, Delete: {Objects, Quiet: true}});
    }
    await client.deleteBucket({Bucket});
    await refused("NotFound", () => client.headBucket({Bucket}));
});
