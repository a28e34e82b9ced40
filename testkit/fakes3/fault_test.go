package fakes3_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakes3"
)

func (w *world) putSDK(key, content string) error {
	_, err := w.client(w.admin).PutObject(w.t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(content), ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme})
	return err
}

func (w *world) getSDK(key string) (string, error) {
	out, err := w.client(w.admin).GetObject(w.t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	if err != nil {
		return "", err
	}
	content, err := readAll(out)
	return string(content), err
}

func (w *world) has(key string) bool {
	_, ok := w.server.Object(uri(key))
	return ok
}

func TestFaultStatus(t *testing.T) {
	w := start(t, nil)
	w.server.Inject(fakes3.Fault{Op: "PutObject", Key: "run/*", Skip: 1, Times: 2, Status: 503, Code: "SlowDown", RetryAfter: 1500 * time.Millisecond})
	noError(t, w.putSDK("elsewhere", "x"))
	noError(t, w.putSDK("run/1", "x"))
	for range 2 {
		err := w.putSDK("run/2", "x")
		refused(t, err, "SlowDown", 503)
		var response *awshttp.ResponseError
		if errors.As(err, &response) && response.Response.Header.Get("Retry-After") != "2" {
			t.Errorf("got Retry-After %q, want 2", response.Response.Header.Get("Retry-After"))
		}
	}
	if w.has("run/2") {
		t.Error("a refused request had an effect")
	}
	noError(t, w.putSDK("run/2", "x"))
}

func TestFaultErrorInABodyThatBeganWell(t *testing.T) {
	w := start(t, nil)
	id := w.upload("key")
	w.server.Inject(fakes3.Fault{Op: "CompleteMultipartUpload", Status: 200, Code: "InternalError"})
	parts := []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: aws.String("d41d8cd98f00b204e9800998ecf8427e")}}
	_, err := w.client(w.admin).CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String("key"), UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	if err == nil || !strings.Contains(err.Error(), "InternalError") {
		t.Errorf("got %v, want InternalError", err)
	}
}

func TestFaultDrop(t *testing.T) {
	for moment, effect := range map[fakes3.Moment]bool{fakes3.BeforeEffect: false, fakes3.AfterEffect: true} {
		t.Run(string(moment), func(t *testing.T) {
			w := start(t, nil)
			w.server.Inject(fakes3.Fault{Op: "PutObject", Drop: moment})
			err := w.putSDK("key", "x")
			var response *awshttp.ResponseError
			if err == nil || errors.As(err, &response) && response.HTTPStatusCode() != 0 {
				t.Errorf("got %v, want a broken connection", err)
			}
			if got := w.has("key"); got != effect {
				t.Errorf("the object is there: got %t, want %t", got, effect)
			}
		})
	}
}

func TestFaultCutRequest(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		w := start(t, &fakes3.Options{Dir: dir})
		w.server.Inject(fakes3.Fault{Op: "PutObject", CutRequest: 100})
		if err := w.putSDK("key", strings.Repeat("x", 1000)); err == nil {
			t.Error("got no error")
		}
		if w.has("key") {
			t.Error("there is an object")
		}
		if got := w.server.Requests()[0]; got.Received != 100 || got.Status != 0 {
			t.Errorf("got %d bytes received, status %d", got.Received, got.Status)
		}
	}
}

func TestFaultCutResponse(t *testing.T) {
	w := start(t, nil)
	_, err := w.server.Put(uri("key"), strings.NewReader(strings.Repeat("x", 1<<20)), nil)
	noError(t, err)
	w.server.Inject(fakes3.Fault{Op: "GetObject", CutResponse: 100_000})
	content, err := w.getSDK("key")
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(content) != 100_000 {
		t.Errorf("got %d bytes, %v, want 100000 and an unexpected end", len(content), err)
	}
}

func TestFaultFlipRequestIsFoundByTheChecksum(t *testing.T) {
	w := startTLS(t, nil)
	w.server.Inject(fakes3.Fault{Op: "PutObject", FlipRequest: 2})
	refused(t, w.putSDK("key", "content"), "BadDigest", 400)
}

func TestFaultFlipResponse(t *testing.T) {
	w := start(t, nil)
	_, err := w.server.Put(uri("key"), strings.NewReader("content"), nil)
	noError(t, err)
	w.server.Inject(fakes3.Fault{Op: "GetObject", FlipResponse: 1})
	if got, err := w.getSDK("key"); got != "bontent" || err != nil {
		t.Errorf("got %q, %v, want a flipped bit", got, err)
	}
	if got, err := w.getSDK("key"); got != "content" || err != nil {
		t.Errorf("got %q, %v: the object itself changed", got, err)
	}
}

func TestFaultReplace(t *testing.T) {
	w := start(t, nil)
	old, err := w.server.Put(uri("key"), strings.NewReader("old"), nil)
	noError(t, err)
	w.server.Inject(fakes3.Fault{Op: "GetObject", Skip: 1, Replace: []byte("new")})
	get := func() error {
		out, err := w.client(w.admin).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("key"), IfMatch: &old.ETag})
		if err == nil {
			_, err = readAll(out)
		}
		return err
	}
	noError(t, get())
	refused(t, get(), "PreconditionFailed", 412)
}

func TestFaultDelayTakesVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startInMemory(t, nil)
		w.server.Inject(fakes3.Fault{Op: "PutObject", Delay: 20 * time.Minute})
		begin := time.Now()
		noError(t, w.putSDK("key", "x"))
		if took := time.Since(begin); took != 20*time.Minute {
			t.Errorf("took %s, want 20m", took)
		}
	})
}

// TestFaultStall: bytes stop in the middle of a body, in either direction, and
// come on after a while.
func TestFaultStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startInMemory(t, nil)
		w.server.Inject(
			fakes3.Fault{Op: "PutObject", StallRequest: 100, Stall: time.Hour},
			fakes3.Fault{Op: "GetObject", StallResponse: 100, Stall: 2 * time.Hour})
		content := strings.Repeat("x", 1000)
		begin := time.Now()
		noError(t, w.putSDK("key", content))
		if took := time.Since(begin); took != time.Hour {
			t.Errorf("the upload took %s, want 1h", took)
		}
		begin = time.Now()
		out, err := w.client(w.admin).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("key")})
		noError(t, err)
		early := make([]byte, 100)
		if _, err := io.ReadFull(out.Body, early); err != nil || time.Since(begin) != 0 {
			t.Errorf("the first bytes came after %s, %v", time.Since(begin), err)
		}
		late, err := readAll(out)
		if got := string(early) + string(late); got != content || err != nil || time.Since(begin) != 2*time.Hour {
			t.Errorf("got %d bytes after %s, %v", len(got), time.Since(begin), err)
		}
	})
}

// TestFaultStallAndTheClientGoes: a client that has no patience ends the stall.
func TestFaultStallAndTheClientGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startInMemory(t, nil)
		_, err := w.server.Put(uri("key"), strings.NewReader(strings.Repeat("x", 1000)), nil)
		noError(t, err)
		w.server.Inject(fakes3.Fault{Op: "GetObject", StallResponse: 1, Stall: 24 * time.Hour})
		begin := time.Now()
		out, err := w.client(w.admin).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("key")})
		noError(t, err)
		time.Sleep(time.Minute)
		noError(t, out.Body.Close())
		synctest.Wait()
		if log := w.server.Requests(); len(log) != 1 || log[0].Sent != 1 || time.Since(begin) != time.Minute {
			t.Errorf("got %+v after %s", log, time.Since(begin))
		}
	})
}

func TestCloseEndsADelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startInMemory(t, nil)
		w.server.Inject(fakes3.Fault{Delay: time.Hour})
		failed := make(chan error)
		go func() { failed <- w.putSDK("key", "x") }()
		synctest.Wait()
		begin := time.Now()
		noError(t, w.server.Close())
		if err := <-failed; err == nil {
			t.Error("got no error")
		}
		if took := time.Since(begin); took >= time.Hour {
			t.Errorf("took %s", took)
		}
	})
}

func TestMeddleIsAskedAboutEachRequest(t *testing.T) {
	var seen []string
	w := start(t, &fakes3.Options{Meddle: func(r fakes3.Request) fakes3.Fault {
		seen = append(seen, fmt.Sprintf("%s %s %d", r.Op, r.Key, r.Part))
		if r.Part == 1 {
			return fakes3.Fault{Status: 500, Code: "InternalError"}
		}
		return fakes3.Fault{}
	}})
	noError(t, w.putSDK("key", "x"))
	_, err := w.client(w.admin).UploadPart(t.Context(), &s3.UploadPartInput{Bucket: aws.String(bucket), Key: aws.String("key"), UploadId: aws.String("id"), PartNumber: aws.Int32(1)})
	refused(t, err, "InternalError", 500)
	if diff := cmp.Diff([]string{"PutObject key 0", "UploadPart key 1"}, seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// failures counts what a test would have failed with.
type failures struct{ messages []string }

func (f *failures) Helper() {}

func (f *failures) Errorf(format string, args ...any) {
	f.messages = append(f.messages, fmt.Sprintf(format, args...))
}

func TestCheckFailsOnAFaultThatWasNeverHit(t *testing.T) {
	w := start(t, nil)
	w.server.Inject(fakes3.Fault{Op: "PutObject", Status: 500}, fakes3.Fault{Op: "UploadPart", Key: "run/*", Part: 3, Skip: 2, Status: 500})
	refused(t, w.putSDK("key", "x"), "InternalError", 500)
	var f failures
	w.server.Check(&f)
	want := []string{"fakes3: the fault on UploadPart of s3://*/run/* part 3 after 2 requests was never hit"}
	if diff := cmp.Diff(want, f.messages); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	w.server.ClearFaults()
}

func TestRequestsAreLogged(t *testing.T) {
	w := start(t, &fakes3.Options{LogSize: 2})
	reader := w.user("reader", allow("s3:GetObject"))
	noError(t, w.putSDK("dropped from the log", "x"))
	noError(t, w.putSDK("key", "content"))
	_, err := w.client(reader).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("key")})
	refused(t, err, "AccessDenied", 403)
	log := w.server.Requests()
	if len(log) != 2 {
		t.Fatalf("got %d requests, want 2", len(log))
	}
	for i := range log {
		if log[i].ID == "" || log[i].Time.IsZero() {
			t.Errorf("request %d: got id %q, time %v", i, log[i].ID, log[i].Time)
		}
		log[i].ID, log[i].Time, log[i].Sent = "", time.Time{}, 0
	}
	want := []fakes3.Request{
		{Op: "PutObject", Bucket: bucket, Key: "key", Identity: "arn:aws:iam::111111111111:user/admin", Status: 200, Received: 7},
		{Op: "PutObject", Bucket: bucket, Key: "key", Identity: "arn:aws:iam::111111111111:user/reader", Status: 403, Code: "AccessDenied"},
	}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}
