// The AWS SDK for Go, version 2, with its defaults: checksums in trailers over TLS, in headers without, and the
// transfer manager's parallel parts and ranges.
package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	. "sluice/compat/gosteps"
)

const mebibyte = 1 << 20

var (
	ctx    = context.Background()
	bucket = aws.String(NewBucketName())
	client = newClient(os.Getenv("S3_SECRET_KEY"))
)

func newClient(secret string) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint:     aws.String(os.Getenv("S3_ENDPOINT")),
		Region:           os.Getenv("S3_REGION"),
		UsePathStyle:     true,
		RetryMaxAttempts: 1,
		Credentials:      credentials.NewStaticCredentialsProvider(os.Getenv("S3_ACCESS_KEY"), secret, ""),
	})
}

func put(key string, body []byte) *s3.PutObjectOutput {
	return Must(client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: bytes.NewReader(body)}))
}

func get(input s3.GetObjectInput) []byte {
	input.Bucket = bucket
	got := Must(client.GetObject(ctx, &input))
	defer got.Body.Close()
	return Must(io.ReadAll(got.Body))
}

func read(key string) []byte { return get(s3.GetObjectInput{Key: &key}) }

// refused ends the step unless the error has S3's code.
func refused(code string, err error) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		Fail("expected %s, got %v", code, err)
	}
	Same("error", api.ErrorCode(), code)
}

func main() {
	Step("make a bucket and find it", makeBucket)
	Step("put and get: names, types, metadata, empty", putGet)
	Step("every checksum, and wrong ones", checksums)
	Step("three parts, listed, completed, read by part and range", parts)
	Step("transfer manager: a stream up in parts, down in ranges", transfers)
	Step("copy, with new metadata, and parts copied from a range", copies)
	Step("conditional writes and reads", conditions)
	Step("presigned get and put", presigned)
	Step("2,500 keys listed in pages, with folders, deleted in batches", listing)
	Step("versions, tags, attributes", versions)
	Step("errors have S3's names", refusals)
	Step("everything removed", remove)
}

func makeBucket() {
	Must(client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket}))
	Done(s3.NewBucketExistsWaiter(client).Wait(ctx, &s3.HeadBucketInput{Bucket: bucket}, 5*time.Second))
	found := Must(client.ListBuckets(ctx, &s3.ListBucketsInput{Prefix: bucket}))
	Same("buckets", len(found.Buckets), 1)
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("Not_A_Name")})
	refused("InvalidBucketName", err)
}

func putGet() {
	for _, key := range []string{"plain", "a b/ü+&=;.txt", "日本語/🚰", "dots/../x", "trailing/", "%41"} {
		body := Pattern(1000, key)
		sent := Must(client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: bucket, Key: &key, Body: bytes.NewReader(body), ContentType: aws.String("text/x-sluice"),
			CacheControl: aws.String("no-cache"), Metadata: map[string]string{"colour": "blue"}}))
		Same("ETag", *sent.ETag, fmt.Sprintf("\"%x\"", md5.Sum(body)))
		got := Must(client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: &key}))
		SameBytes(key, Must(io.ReadAll(got.Body)), body)
		Same("type", *got.ContentType, "text/x-sluice")
		Same("cache control", *got.CacheControl, "no-cache")
		Same("metadata", got.Metadata["colour"], "blue")
	}
	put("empty", nil)
	SameBytes("empty", read("empty"), nil)
}

func checksums() {
	body := Pattern(300000, "sum")
	for _, algorithm := range []types.ChecksumAlgorithm{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
		Must(client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: bucket, Key: aws.String("sum"), Body: bytes.NewReader(body), ChecksumAlgorithm: algorithm}))
		got := Must(client.GetObject(ctx, &s3.GetObjectInput{
			Bucket: bucket, Key: aws.String("sum"), ChecksumMode: types.ChecksumModeEnabled}))
		SameBytes("content", Must(io.ReadAll(got.Body)), body)
		Same("type", got.ChecksumType, types.ChecksumTypeFullObject)
		algorithms := map[types.ChecksumAlgorithm]*string{
			"CRC32": got.ChecksumCRC32, "CRC32C": got.ChecksumCRC32C, "CRC64NVME": got.ChecksumCRC64NVME,
			"SHA1": got.ChecksumSHA1, "SHA256": got.ChecksumSHA256}
		if algorithms[algorithm] == nil {
			Fail("no %s came back", algorithm)
		}
	}
	_, err := client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: aws.String("wrong"), Body: bytes.NewReader(body), ChecksumCRC32: aws.String("AAAAAA==")})
	refused("BadDigest", err)
	_, err = client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("wrong")})
	refused("NotFound", err)
}

func parts() {
	key := aws.String("parts")
	body := Pattern(11*mebibyte, "parts")
	pieces := [][]byte{body[:5*mebibyte], body[5*mebibyte : 10*mebibyte], body[10*mebibyte:]}
	upload := Must(client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})).UploadId
	completed := make([]types.CompletedPart, len(pieces))
	for _, at := range []int{1, 0, 2} {
		number := aws.Int32(int32(at + 1))
		sent := Must(client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: bucket, Key: key, UploadId: upload, PartNumber: number, Body: bytes.NewReader(pieces[at])}))
		completed[at] = types.CompletedPart{ETag: sent.ETag, PartNumber: number, ChecksumCRC32: sent.ChecksumCRC32}
	}
	listed := Must(client.ListParts(ctx, &s3.ListPartsInput{Bucket: bucket, Key: key, UploadId: upload}))
	Same("parts", len(listed.Parts), 3)
	done := Must(client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: key, UploadId: upload,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: completed}}))
	Same("ETag of parts", strings.HasSuffix(*done.ETag, "-3\""), true)
	SameBytes("whole", read("parts"), body)
	SameBytes("part", get(s3.GetObjectInput{Key: key, PartNumber: aws.Int32(2)}), pieces[1])
	SameBytes("range", get(s3.GetObjectInput{Key: key, Range: aws.String("bytes=5242870-5242890")}),
		body[5242870:5242891])
	SameBytes("end", get(s3.GetObjectInput{Key: key, Range: aws.String("bytes=-17")}), body[len(body)-17:])
	_, err := client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: bucket, Key: key, Range: aws.String(fmt.Sprintf("bytes=%d-", len(body)))})
	refused("InvalidRange", err)
}

// Hides everything but Read, so that the length is not known.
type stream struct{ io.Reader }

func transfers() {
	manager := transfermanager.New(client, func(options *transfermanager.Options) {
		options.PartSizeBytes = 5 * mebibyte
		options.Concurrency = 4
	})
	body := Pattern(23*mebibyte+3, "stream")
	Must(manager.UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: bucket, Key: aws.String("streamed"), Body: stream{bytes.NewReader(body)}}))
	SameBytes("uploaded", read("streamed"), body)
	got := Must(manager.GetObject(ctx, &transfermanager.GetObjectInput{Bucket: bucket, Key: aws.String("streamed")}))
	SameBytes("downloaded in order", Must(io.ReadAll(got.Body)), body)
	file := Must(os.Create("downloaded"))
	defer file.Close()
	Must(manager.DownloadObject(ctx, &transfermanager.DownloadObjectInput{
		Bucket: bucket, Key: aws.String("streamed"), WriterAt: file}))
	SameBytes("downloaded in parallel", Must(os.ReadFile("downloaded")), body)
}

func copies() {
	copied := aws.String("copy")
	Must(client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: bucket, Key: copied, CopySource: aws.String(*bucket + "/a%20b/%C3%BC%2B%26%3D%3B.txt")}))
	SameBytes("copy", read("copy"), Pattern(1000, "a b/ü+&=;.txt"))
	Must(client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: bucket, Key: copied, CopySource: aws.String(*bucket + "/plain"),
		MetadataDirective: types.MetadataDirectiveReplace, Metadata: map[string]string{"colour": "red"}}))
	head := Must(client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: copied}))
	Same("new metadata", head.Metadata["colour"], "red")
	key := aws.String("part-copy")
	upload := Must(client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})).UploadId
	part := Must(client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
		Bucket: bucket, Key: key, UploadId: upload, PartNumber: aws.Int32(1),
		CopySource: aws.String(*bucket + "/parts"), CopySourceRange: aws.String("bytes=7-5242893")}))
	Must(client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: key, UploadId: upload, MultipartUpload: &types.CompletedMultipartUpload{
			Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.CopyPartResult.ETag}}}}))
	SameBytes("copied range", read("part-copy"), Pattern(11*mebibyte, "parts")[7:5242894])
}

func conditions() {
	key := aws.String("if")
	write := func(body string, match, noneMatch *string) (*s3.PutObjectOutput, error) {
		return client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: bucket, Key: key, Body: strings.NewReader(body), IfMatch: match, IfNoneMatch: noneMatch})
	}
	first := Must(write("one", nil, aws.String("*")))
	_, err := write("two", nil, aws.String("*"))
	refused("PreconditionFailed", err)
	Must(write("two", first.ETag, nil))
	_, err = write("three", first.ETag, nil)
	refused("PreconditionFailed", err)
	SameBytes("content", read("if"), []byte("two"))
	_, err = client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key, IfMatch: first.ETag})
	refused("PreconditionFailed", err)
}

func presigned() {
	signer := s3.NewPresignClient(client)
	key := aws.String("signed ü")
	body := Pattern(50000, "signed")
	put := Must(signer.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key}))
	status, text := Fetch("PUT", put.URL, body)
	Same("put "+string(text), status, 200)
	url := Must(signer.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})).URL
	status, got := Fetch("GET", url, nil)
	Same("get", status, 200)
	SameBytes("signed", got, body)
	status, _ = Fetch("GET", strings.Replace(url, "signed", "singed", 1), nil)
	Same("another key", status, 403)
}

func listing() {
	var names []string
	for number := range 2500 {
		names = append(names, fmt.Sprintf("list/%d/%05d", number%25, number))
	}
	done := make(chan error)
	for worker := range 10 {
		go func() {
			var failure error
			for at := worker; at < len(names); at += 10 {
				_, err := client.PutObject(ctx, &s3.PutObjectInput{
					Bucket: bucket, Key: &names[at], Body: strings.NewReader(names[at])})
				failure = errors.Join(failure, err)
			}
			done <- failure
		}()
	}
	for range 10 {
		Done(<-done)
	}
	slices.Sort(names)
	var listed []string
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String("list/")})
	count := 0
	for ; pages.HasMorePages(); count++ {
		for _, each := range Must(pages.NextPage(ctx)).Contents {
			listed = append(listed, *each.Key)
		}
	}
	Same("pages", count, 3)
	Same("keys in order", slices.Equal(listed, names), true)
	folders := Must(client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: bucket, Prefix: aws.String("list/"), Delimiter: aws.String("/")}))
	Same("folders", len(folders.CommonPrefixes), 25)
	for batch := range slices.Chunk(names, 1000) {
		removed := Must(client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: identified(batch)}))
		Same("errors", len(removed.Errors), 0)
		Same("deleted", len(removed.Deleted), len(batch))
	}
	left := Must(client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String("list/")}))
	Same("left", *left.KeyCount, 0)
}

func identified(keys []string) *types.Delete {
	out := &types.Delete{}
	for at := range keys {
		out.Objects = append(out.Objects, types.ObjectIdentifier{Key: &keys[at]})
	}
	return out
}

func versions() {
	Must(client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  bucket,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}}))
	first := Must(client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: aws.String("v"), Body: strings.NewReader("one"), Tagging: aws.String("team=blue")}))
	put("v", []byte("two"))
	Must(client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("v")}))
	SameBytes("old", get(s3.GetObjectInput{Key: aws.String("v"), VersionId: first.VersionId}), []byte("one"))
	tags := Must(client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{
		Bucket: bucket, Key: aws.String("v"), VersionId: first.VersionId}))
	Same("tag", *tags.TagSet[0].Value, "blue")
	all := Must(client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: bucket, Prefix: aws.String("v")}))
	Same("versions", len(all.Versions), 2)
	Same("markers", len(all.DeleteMarkers), 1)
	attributes := Must(client.GetObjectAttributes(ctx, &s3.GetObjectAttributesInput{
		Bucket: bucket, Key: aws.String("parts"), ObjectAttributes: []types.ObjectAttributes{
			types.ObjectAttributesObjectParts, types.ObjectAttributesObjectSize}}))
	Same("size", *attributes.ObjectSize, 11*mebibyte)
	Same("parts", *attributes.ObjectParts.TotalPartsCount, 3)
}

func refusals() {
	_, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("not there")})
	var noSuchKey *types.NoSuchKey
	Same("NoSuchKey", errors.As(err, &noSuchKey), true)
	_, err = client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(*bucket + "-no")})
	var noSuchBucket *types.NoSuchBucket
	Same("NoSuchBucket", errors.As(err, &noSuchBucket), true)
	_, err = newClient("wrong").ListBuckets(ctx, &s3.ListBucketsInput{})
	refused("SignatureDoesNotMatch", err)
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket})
	refused("BucketNotEmpty", err)
}

func remove() {
	pages := s3.NewListObjectVersionsPaginator(client, &s3.ListObjectVersionsInput{Bucket: bucket})
	for pages.HasMorePages() {
		page := Must(pages.NextPage(ctx))
		all := &types.Delete{}
		for _, each := range page.Versions {
			all.Objects = append(all.Objects, types.ObjectIdentifier{Key: each.Key, VersionId: each.VersionId})
		}
		for _, each := range page.DeleteMarkers {
			all.Objects = append(all.Objects, types.ObjectIdentifier{Key: each.Key, VersionId: each.VersionId})
		}
		Must(client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: all}))
	}
	Must(client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket}))
	Done(s3.NewBucketNotExistsWaiter(client).Wait(ctx, &s3.HeadBucketInput{Bucket: bucket}, 5*time.Second))
}
