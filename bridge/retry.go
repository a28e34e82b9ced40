package bridge

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/redferry/redferry/internal/backoff"
)

// once makes the SDK try a request once. Whether it is repeated is decided here,
// because the body of a part cannot be rewound, and because the SDK's own budget
// for retries is shared by all requests of a client and runs dry in an overload.
func once(o *s3.Options) {
	o.Retryer = aws.NopRetryer{}
	o.RetryMaxAttempts = 0
	o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
}

// verdict says what an error means for the request that it ended.
type verdict uint8

const (
	final    verdict = iota // repeating it changes nothing
	passing                 // it may pass soon
	overload                // the service wants to be asked less
	refused                 // the key is refused; a new one may have been issued
)

func judge(err error) verdict {
	if r := answer(err); r.status != 0 || r.code != "" {
		return r.verdict()
	}
	if errors.Is(err, ErrSourceChanged) || errors.Is(err, ErrLevel) || errors.Is(err, ErrTags) || errors.Is(err, errPlain) || errors.Is(err, errUneven) {
		return final
	}
	var lookup *net.DNSError
	if errors.As(err, &lookup) && lookup.IsNotFound {
		return final
	}
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	if errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid) {
		return final
	}
	var serialization *smithy.SerializationError
	var parameters smithy.InvalidParamsError
	var empty *credentials.StaticCredentialsEmptyError
	var large *tooLarge
	if errors.As(err, &serialization) || errors.As(err, &parameters) || errors.As(err, &empty) || errors.As(err, &large) {
		return final
	}
	return passing
}

func (r reply) verdict() verdict {
	switch r.code {
	case "SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException", "KMS.ThrottlingException", "TooManyRequests", "RequestLimitExceeded", "BandwidthLimitExceeded":
		return overload
	case "RequestTimeout", "IncompleteBody", "BadDigest", "XAmzContentChecksumMismatch", "OperationAborted", "ConditionalRequestConflict", "InternalError",
		"KMS.KMSInternalException", "KMS.DependencyTimeoutException", "KMS.KeyUnavailableException":
		return passing
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired":
		return refused
	}
	switch {
	case r.status == http.StatusServiceUnavailable, r.status == http.StatusTooManyRequests:
		return overload
	case r.status == http.StatusNotImplemented:
		return final
	case r.status >= 500, r.status == http.StatusRequestTimeout, r.status == http.StatusOK:
		return passing
	}
	return final
}

// straining reports whether err says that S3 is asked too much, or cannot keep up.
func straining(err error) bool {
	r := answer(err)
	if r.status >= 500 && r.status != http.StatusNotImplemented || r.status != 0 && r.verdict() == overload {
		return true
	}
	timeout, ok := errors.AsType[net.Error](err)
	return errors.Is(err, errStalled) || errors.Is(err, errNoAnswer) || ok && timeout.Timeout()
}

// patience repeats requests. It is safe for concurrent use.
type patience struct {
	retries int
	rand    func() float64
}

// maxRetryAfter bounds what a Retry-After header can ask for.
const maxRetryAfter = 5 * time.Minute

// overloadBase is the first wait after SlowDown and its like: with ten repeats
// an overload of one to three minutes is sat out.
const overloadBase = 2 * time.Second

// do calls try until it succeeds, fails for good, or the repeats are used up. It
// tells waiting before each wait, and returns the last error of try.
func (p *patience) do(ctx context.Context, try func(context.Context) error, waiting func(error, time.Duration)) error {
	renewed := false
	for n := 1; ; n++ {
		err := try(ctx)
		if err == nil || ctx.Err() != nil || n > p.retries {
			return err
		}
		kind := judge(err)
		if kind == final || kind == refused && renewed {
			return err
		}
		renewed = renewed || kind == refused
		wait := p.wait(n, kind, err)
		waiting(err, wait)
		if backoff.Sleep(ctx, wait) != nil {
			return err
		}
	}
}

func (p *patience) wait(n int, kind verdict, err error) time.Duration {
	policy := backoff.Policy{Rand: p.rand}
	if kind == overload {
		policy.Base = overloadBase
	}
	return max(policy.Delay(n), retryAfter(answer(err)))
}

// retryAfter reads the header in seconds, the form that S3 sends.
func retryAfter(r reply) time.Duration {
	seconds, err := strconv.ParseUint(r.header.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
