package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestSizes: a number alone is bytes.
func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"5": 5, "5K": 5 << 10, "5k": 5 << 10, "64M": 64 << 20, "2G": 2 << 30} {
		var n size
		if err := n.Set(text); err != nil || int64(n) != want {
			t.Errorf("%s: %d, %v", text, n, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "M", "1.5M", "5MB", "9223372036854775807K"} {
		var n size
		if err := n.Set(text); err == nil || n != 0 {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
}

// putSource writes an object of so many bytes at the source.
func putSource(t *testing.T, admin *s3.Client, key string, size int) {
	t.Helper()
	if _, err := admin.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("source"), Key: &key, Body: strings.NewReader(strings.Repeat("x", size)), ChecksumAlgorithm: "CRC64NVME",
	}); err != nil {
		t.Fatal(err)
	}
}

// putText writes a source object without a checksum of the caller's choice.
func putText(t *testing.T, admin *s3.Client, key, content string) {
	t.Helper()
	if _, err := admin.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("source"), Key: &key, Body: strings.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
}

// openUploads is how many uploads are open at the target.
func openUploads(t *testing.T, admin *s3.Client) int {
	t.Helper()
	uploads, err := admin.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("target")})
	if err != nil {
		t.Fatal(err)
	}
	return len(uploads.Uploads)
}

// TestFlagsReachS3: what the flags say of objects at the target is so, be they sent whole
// or in parts.
func TestFlagsReachS3(t *testing.T) {
	server, admin, run := ends(t, nil)
	const key = "arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555"
	if err := server.SetKey(fakes3.Key{ARN: key}); err != nil {
		t.Fatal(err)
	}
	putSource(t, admin, "p/small", 1000)
	putSource(t, admin, "p/large", 5000)
	for _, tt := range []struct{ flags, class, algorithm, key string }{
		{"-storage-class STANDARD_IA", "STANDARD_IA", "AES256", ""},
		{"-storage-class keep -sse aws:kms -kms-key " + key, "", "aws:kms", key},
	} {
		flags := append(strings.Fields(tt.flags), "-part-size", "2K", "-write-only", "-state", filepath.Join(t.TempDir(), "state"))
		if out, err := run(flags...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", tt.flags, err, out)
		}
		for _, key := range []string{"q/small", "q/large"} {
			head, err := admin.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("target"), Key: &key})
			if err != nil {
				t.Fatal(err)
			}
			got := []string{string(head.StorageClass), string(head.ServerSideEncryption), aws.ToString(head.SSEKMSKeyId)}
			if diff := cmp.Diff([]string{tt.class, tt.algorithm, tt.key}, got); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", tt.flags, key, diff)
			}
		}
	}
}

// TestConcurrencyOfOne: one object after the other.
func TestConcurrencyOfOne(t *testing.T) {
	server, admin, run := ends(t, nil)
	for n := range 40 {
		putSource(t, admin, fmt.Sprintf("p/%02d", n), 100)
	}
	before := len(server.Requests())
	if out, err := run("-concurrency", "1", "-write-only").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got, want []string
	for _, r := range server.Requests()[before:] {
		if r.Op == "GetObject" || r.Op == "PutObject" {
			got = append(got, r.Op+" "+path.Base(r.Key))
		}
	}
	for n := range 40 {
		want = append(want, fmt.Sprintf("GetObject %02d", n), fmt.Sprintf("PutObject %02d", n))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestAdopt: an upload that a state has known which is lost goes on with -adopt, and begins
// anew without.
func TestAdopt(t *testing.T) {
	for flag, want := range map[string]string{"-adopt": "4096 bytes were in place", "-v": "0 bytes were in place"} {
		server, admin, run := ends(t, nil)
		putSource(t, admin, "p/k", 5000)
		server.Inject(fakes3.Fault{Op: "UploadPart", Part: 3, Status: 403, Code: "AccessDenied"})
		args := []string{"-part-size", "2K", "-concurrency", "1", "-write-only", "-state"}
		if out, err := run(append(args, filepath.Join(t.TempDir(), "lost"))...).CombinedOutput(); err == nil {
			t.Fatalf("it had no right:\n%s", out)
		}
		out, err := run(append(args, filepath.Join(t.TempDir(), "new"), flag)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, it does not say %q:\n%s", flag, err, want, out)
		}
	}
}

// TestFailuresAndProofs: if not only proofs have failed, the exit code is that of a failure.
func TestFailuresAndProofs(t *testing.T) {
	server, admin, run := ends(t, nil)
	putSource(t, admin, "p/refused", 10)
	if _, err := admin.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("source"), Key: aws.String("p/unproven"), Body: strings.NewReader("x"), ChecksumAlgorithm: "SHA256",
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 3} {
		if want == 1 {
			server.Inject(fakes3.Fault{Op: "PutObject", Key: "q/refused", Status: 403, Code: "AccessDenied"})
		}
		c := run("-verify", "stored", "-write-only")
		out, _ := c.CombinedOutput() // the exit code is looked at
		if code := c.ProcessState.ExitCode(); code != want {
			t.Errorf("exit code %d, want %d:\n%s", code, want, out)
		}
	}
}

// TestUnknownAuthority: the error says with which flag one names the certificates.
func TestUnknownAuthority(t *testing.T) {
	_, _, run := ends(t, nil)
	_, other := serve(t, func(l net.Listener, _ *tls.Config) { t.Cleanup(func() { _ = l.Close() }) }) // of another authority
	c := run("-ca", other)
	out, err := c.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "with -ca") {
		t.Errorf("%v:\n%s", err, out)
	}
}

// TestDryRunLeavesNothing: no state, either.
func TestDryRunLeavesNothing(t *testing.T) {
	_, admin, run := ends(t, nil)
	putSource(t, admin, "p/k", 1)
	for _, flag := range []string{"-state", "-journal"} {
		name := filepath.Join(t.TempDir(), "state")
		out, err := run("-dry-run", flag, name).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "1 objects of 1 bytes would be copied: 1 are new") {
			t.Errorf("%v:\n%s", err, out)
		}
		if _, err := os.Lstat(name); !os.IsNotExist(err) {
			t.Errorf("a dry run leaves %s %s: %v", flag, name, err)
		}
	}
}

// TestAges: a number of days is one, too.
func TestAges(t *testing.T) {
	for text, want := range map[string]time.Duration{"72h": 72 * time.Hour, "3d": 72 * time.Hour, "1ns": 1} {
		var a age
		if err := a.Set(text); err != nil || time.Duration(a) != want {
			t.Errorf("%s: %v, %v", text, a, err)
		}
	}
	for _, text := range []string{"", "0", "-1h", "3", "d", "-3d", "0d", "3 d"} {
		var a age
		if err := a.Set(text); err == nil || a != 0 {
			t.Errorf("%q: %v, %v", text, a, err)
		}
	}
}

// TestStopsWhereAllWouldFail: a key that is not known copies nothing, and says so once.
func TestStopsWhereAllWouldFail(t *testing.T) {
	server, admin, run := ends(t, nil)
	for n := range 200 {
		putSource(t, admin, fmt.Sprintf("p/%03d", n), 100)
	}
	for _, fault := range []fakes3.Fault{
		{Status: 404, Code: "NoSuchBucket"},
		{Status: 400, Code: "AuthorizationHeaderMalformed"},
		{Status: 400, Code: "ExpiredToken", Skip: 20}, // after some were copied
	} {
		server.ClearFaults()
		fault.Op, fault.Times = "PutObject", -1
		server.Inject(fault)
		c := run("-write-only", "-concurrency", "2")
		out, _ := c.CombinedOutput() // the exit code is looked at
		if code := c.ProcessState.ExitCode(); code != 1 || strings.Count(string(out), fault.Code) > 12 || !strings.Contains(string(out), "stopped: 5 objects failed with "+fault.Code) {
			t.Errorf("exit code %d:\n%s", code, out)
		}
	}
}

// TestCommonFaults: of what lies at the way there, and not at the object.
func TestCommonFaults(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "a certificate that is not trusted"},
		{fmt.Errorf("put: %w", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), "no connection"},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, ""},
		{&smithy.GenericAPIError{Code: "AccessDenied"}, ""},
		{bridge.ErrChecksum, ""},
	} {
		if got, lasting := commonFault(tt.err); got != tt.want || lasting {
			t.Errorf("%v is %q, %t", tt.err, got, lasting)
		}
	}
}

// TestOneOddKey: what fails for one object stops no others, whatever it looks like.
func TestOneOddKey(t *testing.T) {
	server, admin, run := ends(t, nil)
	for n := range 30 {
		putSource(t, admin, fmt.Sprintf("p/%03d", n), 100)
	}
	server.Inject(fakes3.Fault{Op: "PutObject", Key: "q/000", Times: -1, Status: 403, Code: "SignatureDoesNotMatch"})
	out, err := run("-write-only").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "29 objects of") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestReportStays: a run that cannot begin leaves the report of the one before.
func TestReportStays(t *testing.T) {
	server, admin, run := ends(t, nil)
	putSource(t, admin, "p/k", 1)
	report := filepath.Join(t.TempDir(), "report")
	for n, fault := range []*fakes3.Fault{nil, {Op: "ListObjectsV2", Times: -1, Status: 403, Code: "AccessDenied"}, nil} {
		server.ClearFaults()
		if fault != nil {
			server.Inject(*fault)
		}
		_ = run("-report", report).Run() // what it leaves is looked at
		content, err := os.ReadFile(report)
		if want := []string{"copied", "copied", "unchanged"}[n]; err != nil || !strings.Contains(string(content), want) || strings.Count(string(content), "\n") != 2 {
			t.Errorf("run %d: %v, the report is no report of what was %s:\n%s", n, err, want, content)
		}
	}
}

// TestListingsAreToldOf: with -v, why a page of a listing is asked for again.
func TestListingsAreToldOf(t *testing.T) {
	server, admin, run := ends(t, nil)
	putSource(t, admin, "p/k", 1)
	server.Inject(fakes3.Fault{Op: "ListObjectsV2", Bucket: "source", Status: 500, Code: "InternalError"})
	out, err := run("-v", "-write-only").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "s3://source/p/: again in") || !strings.Contains(string(out), "1 requests repeated") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestListings: ranges are listed by themselves, each with requests of its own.
func TestListings(t *testing.T) {
	server, admin, run := ends(t, nil)
	for n := range 60 {
		putSource(t, admin, fmt.Sprintf("p/%c/%d", 'a'+n%6, n), 1)
	}
	asked := func(listings string) int {
		before := len(server.Requests())
		if out, err := run("-dry-run", "-write-only", "-listings", listings).CombinedOutput(); err != nil || !strings.Contains(string(out), "60 objects") {
			t.Fatalf("%v\n%s", err, out)
		}
		n := 0
		for _, r := range server.Requests()[before:] {
			if r.Op == "ListObjectsV2" {
				n++
			}
		}
		return n
	}
	if one, four := asked("1"), asked("4"); one != 1 || four < 5 { // one finds out where to cut
		t.Errorf("%d requests for one range, %d for four", one, four)
	}
}
