// minio-go, with checksums in trailers and its own parallel parts.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/tags"

	. "sluice/compat/gosteps"
)

const mebibyte = 1 << 20

var (
	ctx    = context.Background()
	bucket = NewBucketName()
	client = newClient(os.Getenv("S3_SECRET_KEY"))
)

func newClient(secret string) *minio.Client {
	authority, secure := Endpoint()
	return Must(minio.New(authority, &minio.Options{
		Creds:           credentials.NewStaticV4(os.Getenv("S3_ACCESS_KEY"), secret, ""),
		Region:          os.Getenv("S3_REGION"),
		Secure:          secure,
		BucketLookup:    minio.BucketLookupPath,
		TrailingHeaders: true,
		MaxRetries:      1,
	}))
}

func put(key string, body []byte, options minio.PutObjectOptions) minio.UploadInfo {
	return Must(client.PutObject(ctx, bucket, key, bytes.NewReader(body), int64(len(body)), options))
}

func get(key string, options minio.GetObjectOptions) []byte {
	object := Must(client.GetObject(ctx, bucket, key, options))
	defer object.Close()
	return Must(io.ReadAll(object))
}

func read(key string) []byte { return get(key, minio.GetObjectOptions{}) }

func refused(code string, err error) {
	if err == nil {
		Fail("expected %s, but it succeeded", code)
	}
	Same("error", minio.ToErrorResponse(err).Code, code)
}

func main() {
	Step("make a bucket and find it", makeBucket)
	Step("put and get: names, types, metadata, empty", putGet)
	Step("every checksum in a trailer", checksums)
	Step("parts in parallel, of a known and an unknown length", parts)
	Step("files up and down, seeking reads", files)
	Step("copy and compose", copies)
	Step("conditional writes and reads", conditions)
	Step("presigned get, put and form", presigned)
	Step("2,500 keys listed and removed", listing)
	Step("versions and tags", versions)
	Step("incomplete uploads are found and removed", incomplete)
	Step("errors have S3's names", refusals)
	Step("everything removed", remove)
}

func makeBucket() {
	Same("before", Must(client.BucketExists(ctx, bucket)), false)
	Done(client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{Region: os.Getenv("S3_REGION")}))
	Same("after", Must(client.BucketExists(ctx, bucket)), true)
	Same("location", Must(client.GetBucketLocation(ctx, bucket)), os.Getenv("S3_REGION"))
	named := func(info minio.BucketInfo) bool { return info.Name == bucket }
	Same("listed", slices.ContainsFunc(Must(client.ListBuckets(ctx)), named), true)
}

func putGet() {
	for _, key := range []string{"plain", "a b/ü+&=;.txt", "日本語/🚰", "trailing/", "%41"} {
		body := Pattern(1000, key)
		put(key, body, minio.PutObjectOptions{
			ContentType: "text/x-sluice", CacheControl: "no-cache", UserMetadata: map[string]string{"colour": "blue"}})
		SameBytes(key, read(key), body)
		info := Must(client.StatObject(ctx, bucket, key, minio.StatObjectOptions{}))
		Same("size", info.Size, 1000)
		Same("type", info.ContentType, "text/x-sluice")
		Same("metadata", info.UserMetadata["Colour"], "blue")
	}
	put("empty", nil, minio.PutObjectOptions{})
	SameBytes("empty", read("empty"), nil)
	body := Pattern(100000, "md5")
	put("md5", body, minio.PutObjectOptions{SendContentMd5: true})
	SameBytes("with an MD5", read("md5"), body)
	put("unsigned", body, minio.PutObjectOptions{DisableContentSha256: true})
	SameBytes("with no signed digest", read("unsigned"), body)
}

func checksums() {
	body := Pattern(300000, "sum")
	for _, kind := range []minio.ChecksumType{
		minio.ChecksumCRC32, minio.ChecksumCRC32C, minio.ChecksumCRC64NVME, minio.ChecksumSHA1,
		minio.ChecksumSHA256} {
		put("sum", body, minio.PutObjectOptions{Checksum: kind})
		SameBytes(kind.String(), read("sum"), body)
		info := Must(client.StatObject(ctx, bucket, "sum", minio.StatObjectOptions{Checksum: true}))
		hasher := kind.Hasher()
		hasher.Write(body)
		expected := minio.NewChecksum(kind, hasher.Sum(nil)).Encoded()
		got := map[minio.ChecksumType]string{
			minio.ChecksumCRC32: info.ChecksumCRC32, minio.ChecksumCRC32C: info.ChecksumCRC32C,
			minio.ChecksumCRC64NVME: info.ChecksumCRC64NVME, minio.ChecksumSHA1: info.ChecksumSHA1,
			minio.ChecksumSHA256: info.ChecksumSHA256}
		Same(kind.String(), got[kind], expected)
	}
}

type stream struct{ io.Reader }

func parts() {
	body := Pattern(17*mebibyte+3, "parts")
	options := minio.PutObjectOptions{PartSize: 5 * mebibyte, NumThreads: 4}
	sent := put("parts", body, options)
	Same("ETag of parts", strings.HasSuffix(sent.ETag, "-4"), true)
	SameBytes("whole", read("parts"), body)
	options.ConcurrentStreamParts = true
	Must(client.PutObject(ctx, bucket, "streamed", stream{bytes.NewReader(body)}, -1, options))
	SameBytes("stream", read("streamed"), body)
	SameBytes("part", get("parts", minio.GetObjectOptions{PartNumber: 2}), body[5*mebibyte:10*mebibyte])
	ranged := minio.GetObjectOptions{}
	Done(ranged.SetRange(5242870, 5242890))
	SameBytes("range", get("parts", ranged), body[5242870:5242891])
	options = minio.PutObjectOptions{PartSize: 5 * mebibyte, Checksum: minio.ChecksumFullObjectCRC32C}
	put("full-sum", body, options)
	SameBytes("full object checksum", read("full-sum"), body)
	attributes := Must(client.GetObjectAttributes(ctx, bucket, "parts", minio.ObjectAttributesOptions{MaxParts: 10}))
	Same("parts", attributes.ObjectParts.PartsCount, 4)
}

func files() {
	body := Pattern(12*mebibyte, "file")
	Done(os.WriteFile("up", body, 0o600))
	Must(client.FPutObject(ctx, bucket, "file", "up", minio.PutObjectOptions{PartSize: 5 * mebibyte}))
	Done(client.FGetObject(ctx, bucket, "file", "down", minio.GetObjectOptions{}))
	SameBytes("file", Must(os.ReadFile("down")), body)
	object := Must(client.GetObject(ctx, bucket, "file", minio.GetObjectOptions{}))
	defer object.Close()
	piece := make([]byte, 1000)
	for _, at := range []int64{7000000, 3, 12*mebibyte - 1000} {
		Same("read at", Must(object.ReadAt(piece, at)) == 1000, true)
		SameBytes("piece", piece, body[at:at+1000])
	}
	Must(object.Seek(-10, io.SeekEnd))
	SameBytes("after seek", Must(io.ReadAll(object)), body[len(body)-10:])
}

func copies() {
	to := minio.CopyDestOptions{Bucket: bucket, Object: "copy"}
	Must(client.CopyObject(ctx, to, minio.CopySrcOptions{Bucket: bucket, Object: "a b/ü+&=;.txt"}))
	SameBytes("copy", read("copy"), Pattern(1000, "a b/ü+&=;.txt"))
	to.ReplaceMetadata, to.UserMetadata = true, map[string]string{"colour": "red"}
	Must(client.CopyObject(ctx, to, minio.CopySrcOptions{Bucket: bucket, Object: "plain"}))
	info := Must(client.StatObject(ctx, bucket, "copy", minio.StatObjectOptions{}))
	Same("metadata", info.UserMetadata["Colour"], "red")
	Must(client.ComposeObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "composed"},
		minio.CopySrcOptions{Bucket: bucket, Object: "parts", MatchRange: true, Start: 1, End: 6 * mebibyte},
		minio.CopySrcOptions{Bucket: bucket, Object: "plain"}))
	SameBytes("composed", read("composed"),
		slices.Concat(Pattern(17*mebibyte+3, "parts")[1:6*mebibyte+1], Pattern(1000, "plain")))
}

func conditions() {
	options := minio.PutObjectOptions{}
	options.SetMatchETagExcept("*")
	first := put("if", []byte("one"), options)
	_, err := client.PutObject(ctx, bucket, "if", strings.NewReader("two"), 3, options)
	refused("PreconditionFailed", err)
	options = minio.PutObjectOptions{}
	options.SetMatchETag(first.ETag)
	put("if", []byte("two"), options)
	_, err = client.PutObject(ctx, bucket, "if", strings.NewReader("three"), 5, options)
	refused("PreconditionFailed", err)
	SameBytes("content", read("if"), []byte("two"))
	stale := minio.GetObjectOptions{}
	Done(stale.SetMatchETag(first.ETag))
	_, err = client.StatObject(ctx, bucket, "if", stale)
	refused("PreconditionFailed", err)
}

func presigned() {
	body := Pattern(50000, "signed")
	status, text := Fetch("PUT", Must(client.PresignedPutObject(ctx, bucket, "signed ü", time.Minute)).String(), body)
	Same("put "+string(text), status, 200)
	status, got := Fetch("GET", Must(client.PresignedGetObject(ctx, bucket, "signed ü", time.Minute, nil)).String(), nil)
	Same("get", status, 200)
	SameBytes("signed", got, body)

	policy := minio.NewPostPolicy()
	Done(policy.SetBucket(bucket))
	Done(policy.SetKey("form"))
	Done(policy.SetExpires(time.Now().Add(time.Minute)))
	Done(policy.SetContentType("text/x-form"))
	Done(policy.SetContentLengthRange(1, 100000))
	url, fields, err := client.PresignedPostPolicy(ctx, policy)
	Done(err)
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	for name, value := range fields {
		Done(writer.WriteField(name, value))
	}
	Must(Must(writer.CreateFormFile("file", "form")).Write(body))
	Done(writer.Close())
	answer := Must(http.Post(url.String(), writer.FormDataContentType(), &form))
	defer answer.Body.Close()
	Same("form "+string(Must(io.ReadAll(answer.Body))), answer.StatusCode, 204)
	SameBytes("form", read("form"), body)
}

func listing() {
	var names []string
	for number := range 2500 {
		names = append(names, fmt.Sprintf("list/%d/%05d", number%25, number))
	}
	done := make(chan error)
	for worker := range 10 {
		go func() {
			for at := worker; at < len(names); at += 10 {
				_, err := client.PutObject(ctx, bucket, names[at], strings.NewReader(names[at]),
					int64(len(names[at])), minio.PutObjectOptions{})
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	var failures []error
	for range 10 {
		if err := <-done; err != nil {
			failures = append(failures, err)
		}
	}
	Same("failures", len(failures), 0)
	slices.Sort(names)
	for _, old := range []bool{false, true} {
		listed := keys(minio.ListObjectsOptions{Prefix: "list/", Recursive: true, UseV1: old})
		Same("keys in order", slices.Equal(listed, names), true)
	}
	Same("folders", len(keys(minio.ListObjectsOptions{Prefix: "list/"})), 25)
	all := client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Prefix: "list/", Recursive: true})
	for failure := range client.RemoveObjects(ctx, bucket, all, minio.RemoveObjectsOptions{}) {
		Done(failure.Err)
	}
	Same("left", len(keys(minio.ListObjectsOptions{Prefix: "list/", Recursive: true})), 0)
}

func keys(options minio.ListObjectsOptions) (out []string) {
	for each := range client.ListObjects(ctx, bucket, options) {
		Done(each.Err)
		out = append(out, each.Key)
	}
	return out
}

func versions() {
	Done(client.EnableVersioning(ctx, bucket))
	first := put("v", []byte("one"), minio.PutObjectOptions{UserTags: map[string]string{"team": "blue"}})
	put("v", []byte("two"), minio.PutObjectOptions{})
	Done(client.RemoveObject(ctx, bucket, "v", minio.RemoveObjectOptions{}))
	SameBytes("old", get("v", minio.GetObjectOptions{VersionID: first.VersionID}), []byte("one"))
	found := Must(client.GetObjectTagging(ctx, bucket, "v", minio.GetObjectTaggingOptions{VersionID: first.VersionID}))
	Same("tag", found.ToMap()["team"], "blue")
	other := Must(tags.NewTags(map[string]string{"team": "red"}, true))
	Done(client.PutObjectTagging(ctx, bucket, "v", other, minio.PutObjectTaggingOptions{VersionID: first.VersionID}))
	Same("versions", len(keys(minio.ListObjectsOptions{Prefix: "v", WithVersions: true})), 3)
}

func incomplete() {
	core := minio.Core{Client: client}
	Must(core.NewMultipartUpload(ctx, bucket, "unfinished", minio.PutObjectOptions{}))
	count := 0
	for each := range client.ListIncompleteUploads(ctx, bucket, "", true) {
		Done(each.Err)
		Same("key", each.Key, "unfinished")
		count++
	}
	Same("uploads", count, 1)
	Done(client.RemoveIncompleteUpload(ctx, bucket, "unfinished"))
	for each := range client.ListIncompleteUploads(ctx, bucket, "", true) {
		Fail("%s is left", each.Key)
	}
}

func refusals() {
	_, err := client.StatObject(ctx, bucket, "not there", minio.StatObjectOptions{})
	refused("NoSuchKey", err)
	refused("NoSuchBucket", client.RemoveBucket(ctx, bucket+"-no"))
	_, err = newClient("wrong").ListBuckets(ctx)
	refused("SignatureDoesNotMatch", err)
	refused("BucketNotEmpty", client.RemoveBucket(ctx, bucket))
}

func remove() {
	all := client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Recursive: true, WithVersions: true})
	for failure := range client.RemoveObjects(ctx, bucket, all, minio.RemoveObjectsOptions{}) {
		Done(failure.Err)
	}
	Done(client.RemoveBucket(ctx, bucket))
	Same("gone", Must(client.BucketExists(ctx, bucket)), false)
}
