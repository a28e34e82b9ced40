package bridge

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"
)

// answered is the error of an SDK call to which S3 answered.
func answered(status int, code string, header ...string) error {
	h := make(http.Header)
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &smithy.OperationError{ServiceID: "S3", OperationName: "Op", Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: h}},
		Err:      &smithy.GenericAPIError{Code: code, Message: "m"},
	}}
}

func TestJudge(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want verdict
	}{
		{"reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, passing},
		{"refused connection", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, passing},
		{"short body", io.ErrUnexpectedEOF, passing},
		{"stall", errStalled, passing},
		{"checksum", fmt.Errorf("x: %w", ErrChecksum), passing},
		{"no host", &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, final},
		{"source changed", ErrSourceChanged, final},
		{"level", ErrLevel, final},
		{"SlowDown", answered(503, "SlowDown"), overload},
		{"503", answered(503, ""), overload},
		{"429", answered(429, "x"), overload},
		{"500", answered(500, "InternalError"), passing},
		{"error in an answer of 200", answered(200, "InternalError"), passing},
		{"BadDigest", answered(400, "BadDigest"), passing},
		{"RequestTimeout", answered(400, "RequestTimeout"), passing},
		{"IncompleteBody", answered(400, "IncompleteBody"), passing},
		{"ExpiredToken", answered(400, "ExpiredToken"), refused},
		{"InvalidAccessKeyId", answered(403, "InvalidAccessKeyId"), refused},
		{"AccessDenied", answered(403, "AccessDenied"), final},
		{"NoSuchKey", answered(404, "NoSuchKey"), final},
		{"NoSuchUpload", answered(404, "NoSuchUpload"), final},
		{"EntityTooSmall", answered(400, "EntityTooSmall"), final},
		{"PermanentRedirect", answered(301, "PermanentRedirect"), final},
		{"NotImplemented", answered(501, "NotImplemented"), final},
		{"a key that is disabled", answered(400, "KMS.DisabledException"), final},
		{"a key that is not there", answered(400, "KMS.NotFoundException"), final},
		{"KMS is asked too much", answered(400, "ThrottlingException"), overload},
		{"KMS is asked too much, by its name", answered(400, "KMS.ThrottlingException"), overload},
		{"KMS has trouble", answered(400, "KMS.KMSInternalException"), passing},
		{"another encryption", fmt.Errorf("x: %w", errPlain), final},
		{"a code without a status", &smithy.GenericAPIError{Code: "SlowDown"}, overload},
		{"a status without a code", answered(502, ""), passing},
		{"the last status that is final", answered(499, ""), final},
		{"408", answered(408, ""), passing},
		{"an authority that is not trusted", x509.UnknownAuthorityError{}, final},
		{"another host's certificate", x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}, final},
		{"a certificate that has expired", x509.CertificateInvalidError{Reason: x509.Expired}, final},
		{"parameters that cannot be sent", smithy.InvalidParamsError{}, final},
		{"no keys", &credentials.StaticCredentialsEmptyError{}, final},
		{"an object too large", &tooLarge{2, 1}, final},
		{"a name server that gives no answer", &net.OpError{Op: "dial", Err: &net.DNSError{IsTimeout: true}}, passing},
		{"request that cannot be written", &smithy.SerializationError{Err: errors.New("x")}, final},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := judge(tt.err); got != tt.want {
				t.Errorf("judge(%v) = %d, want %d", tt.err, got, tt.want)
			}
		})
	}
}

func TestPatience(t *testing.T) {
	always := func() float64 { return 1 }
	tests := []struct {
		name    string
		retries int
		errs    []error
		want    []time.Duration // the waits
		fails   bool
	}{
		{"success", 3, nil, nil, false},
		{"passing errors", 3, []error{io.EOF, io.EOF, io.EOF}, []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond}, false},
		{"too many", 2, []error{io.EOF, io.EOF, io.EOF}, []time.Duration{100 * time.Millisecond, 200 * time.Millisecond}, true},
		{"never", 0, []error{io.EOF}, nil, true},
		{"final", 3, []error{ErrSourceChanged}, nil, true},
		{"overload", 3, []error{answered(503, "SlowDown"), answered(503, "SlowDown")}, []time.Duration{2 * time.Second, 4 * time.Second}, false},
		{"Retry-After", 3, []error{answered(503, "SlowDown", "Retry-After", "30")}, []time.Duration{30 * time.Second}, false},
		{"Retry-After without bound", 3, []error{answered(503, "SlowDown", "Retry-After", "86400")}, []time.Duration{maxRetryAfter}, false},
		{"Retry-After beyond all numbers", 3, []error{answered(503, "SlowDown", "Retry-After", "99999999999999999999")}, []time.Duration{2 * time.Second}, false},
		{"Retry-After in the past", 3, []error{answered(503, "SlowDown", "Retry-After", "-30")}, []time.Duration{2 * time.Second}, false},
		{"a new key", 3, []error{answered(403, "InvalidAccessKeyId")}, []time.Duration{100 * time.Millisecond}, false},
		{"a key that stays refused", 3, []error{answered(403, "InvalidAccessKeyId"), answered(403, "InvalidAccessKeyId")}, []time.Duration{100 * time.Millisecond}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := patience{retries: tt.retries, rand: always}
				var waits []time.Duration
				calls, begin := 0, time.Now()
				err := p.do(t.Context(), func(context.Context) error {
					calls++
					if calls <= len(tt.errs) {
						return tt.errs[calls-1]
					}
					return nil
				}, func(_ error, wait time.Duration) { waits = append(waits, wait) })
				if (err != nil) != tt.fails {
					t.Errorf("do = %v, want failure %v", err, tt.fails)
				}
				if diff := cmp.Diff(tt.want, waits); diff != "" {
					t.Errorf("waits differ (-want +got):\n%s", diff)
				}
				var sum time.Duration
				for _, w := range waits {
					sum += w
				}
				if got := time.Since(begin); got != sum {
					t.Errorf("do took %v, it said it waits %v", got, sum)
				}
			})
		})
	}
}
