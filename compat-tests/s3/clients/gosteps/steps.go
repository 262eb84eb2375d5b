// Package gosteps is what the checks written in Go share: steps that print one line each and go on after one
// that failed, bytes that do not repeat, comparisons that end the step.
package gosteps

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

type stop struct{ why string }

// Step runs the work and prints how it went. The checks below end it by panicking.
func Step(title string, work func()) {
	defer func() {
		switch failure := recover().(type) {
		case nil:
			fmt.Printf("ok %s %s\n", os.Getenv("CLIENT"), title)
		case stop:
			fmt.Printf("FAIL %s %s\n    %s\n", os.Getenv("CLIENT"), title, failure.why)
		default:
			fmt.Printf("FAIL %s %s\n    %v\n", os.Getenv("CLIENT"), title, failure)
		}
	}()
	work()
}

// Fail ends the step.
func Fail(format string, values ...any) {
	panic(stop{fmt.Sprintf(format, values...)})
}

// Must is the value of a call that may not fail.
func Must[T any](value T, err error) T {
	Done(err)
	return value
}

// Done ends the step on an error.
func Done(err error) {
	if err != nil {
		Fail("%v", err)
	}
}

// Same ends the step unless both are equal.
func Same[T comparable](what string, got, expected T) {
	if got != expected {
		Fail("%s: expected %v, got %v", what, expected, got)
	}
}

// SameBytes compares content.
func SameBytes(what string, got, expected []byte) {
	if !bytes.Equal(got, expected) {
		Fail("%s: expected %d bytes %x, got %d bytes %x", what, len(expected), sha256.Sum256(expected), len(got),
			sha256.Sum256(got))
	}
}

// Pattern is the same bytes for the same size and seed.
func Pattern(size int, seed string) []byte {
	out := make([]byte, 0, size+32)
	for number := 0; len(out) < size; number++ {
		block := sha256.Sum256(fmt.Appendf(nil, "%s/%d", seed, number))
		out = append(out, block[:]...)
	}
	return out[:size]
}

// NewBucketName is of no bucket yet.
func NewBucketName() string {
	var random [10]byte
	rand.Read(random[:])
	return "clients-" + hex.EncodeToString(random[:])
}

// Fetch does a plain HTTP request, as whoever was handed a presigned URL would.
func Fetch(method, url string, body []byte) (int, []byte) {
	request := Must(http.NewRequest(method, url, bytes.NewReader(body)))
	answer := Must(http.DefaultClient.Do(request))
	defer answer.Body.Close()
	return answer.StatusCode, Must(io.ReadAll(answer.Body))
}

// Endpoint is the server's authority and whether it speaks TLS.
func Endpoint() (string, bool) {
	scheme, authority, _ := strings.Cut(os.Getenv("S3_ENDPOINT"), "://")
	return authority, scheme == "https"
}
