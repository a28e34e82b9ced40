package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyauth "github.com/aws/smithy-go/auth"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A leanPath sends requests that move bytes with a fraction of what the SDK does
// about each: it resolves the endpoint of a bucket once, not each time, and leaves
// out what comes to nothing here (retries, which the copier owns, checksums, which
// the stream has, metrics, and a dozen steps for kinds of buckets that this one is
// not). What remains of the SDK reads the input, reads the answer and signs. Copying
// small objects is bound by this: docs/performance.md.
//
// It takes clients of [NewClient] alone: what somebody else has added to a client
// of his would be lost.
type leanPath struct {
	options s3.Options
	mu      sync.Mutex // guards places
	places  map[string]*place
}

// A place is where a bucket is, and the region to sign for.
type place struct {
	url    url.URL
	region string
}

// ownHTTP marks the clients of NewClient.
type ownHTTP struct {
	*awshttp.BuildableClient
	fresh *awshttp.BuildableClient // which keeps no connections
}

func newOwnHTTP(client *awshttp.BuildableClient) *ownHTTP {
	return &ownHTTP{client, client.WithTransportOptions(func(tr *http.Transport) { tr.DisableKeepAlives = true })}
}

// onNewConnection marks requests that shall have a connection of their own, which clients of
// NewClient give them.
type onNewConnection struct{}

// Do implements [aws.HTTPClient].
func (h *ownHTTP) Do(r *http.Request) (*http.Response, error) {
	if r.Context().Value(onNewConnection{}) != nil {
		return h.fresh.Do(r)
	}
	return h.BuildableClient.Do(r)
}

// isOwn reports whether NewClient made client, and nobody has added anything to it.
func isOwn(client any) bool {
	o := settings(client)
	_, own := o.HTTPClient.(*ownHTTP)
	return own && len(o.APIOptions) == 1
}

// newLeanPath returns nil if client is not one that it may be used for.
func newLeanPath(client any) *leanPath {
	if !isOwn(client) {
		return nil
	}
	return &leanPath{options: settings(client), places: make(map[string]*place)}
}

// shorten makes the request that options are for a short one, if the bucket is
// signed for in the common way.
func (l *leanPath) shorten(ctx context.Context, bucket string, options func(*s3.Options)) func(*s3.Options) {
	if l == nil {
		return options
	}
	at := l.place(ctx, bucket)
	if at == nil {
		return options
	}
	return func(o *s3.Options) {
		options(o)
		// The client's own comes first, then what clears the stack, then options'.
		o.APIOptions = append([]func(*middleware.Stack) error{o.APIOptions[0], l.clear(at)}, o.APIOptions[1:]...)
	}
}

// place returns where a bucket is; nil if the full way must be taken.
func (l *leanPath) place(ctx context.Context, bucket string) *place {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, known := l.places[bucket]
	if !known {
		at = l.resolve(ctx, bucket)
		l.places[bucket] = at
	}
	return at
}

// resolve asks the SDK's rules with the parameters that the SDK gives them.
func (l *leanPath) resolve(ctx context.Context, bucket string) *place {
	o := &l.options
	if strings.Contains(o.Region, "fips") {
		return nil // the SDK has other names for such regions
	}
	endpoint, err := o.EndpointResolverV2.ResolveEndpoint(ctx, s3.EndpointParameters{
		Bucket: &bucket, Region: &o.Region, Endpoint: o.BaseEndpoint, ForcePathStyle: &o.UsePathStyle,
		UseFIPS:      aws.Bool(o.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
		UseDualStack: aws.Bool(o.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
		Accelerate:   &o.UseAccelerate, UseArnRegion: &o.UseARNRegion,
		DisableMultiRegionAccessPoints: &o.DisableMultiRegionAccessPoints, DisableS3ExpressSessionAuth: o.DisableS3ExpressSessionAuth,
	}.WithDefaults())
	if err != nil || len(endpoint.Headers) > 0 {
		return nil
	}
	schemes, _ := smithyauth.GetAuthOptions(&endpoint.Properties)
	if len(schemes) != 1 || schemes[0].SchemeID != "sigv4" { // as the SDK's rules name it
		return nil
	}
	region, signed := smithyhttp.GetSigV4SigningRegion(&schemes[0].SignerProperties)
	name, _ := smithyhttp.GetSigV4SigningName(&schemes[0].SignerProperties)
	if !signed || name != "s3" {
		return nil
	}
	return &place{url: endpoint.URI, region: region}
}

// Steps that a short request takes, beside those that read the answer: the SDK's, and
// [renewal].
const (
	serializer = "OperationSerializer"
	renewer    = "redferry:RenewCredentials"
)

// clear takes the stack apart and puts together what is needed.
func (l *leanPath) clear(at *place) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		write, ok := stack.Serialize.Get(serializer)
		renew, renews := stack.Finalize.Get(renewer)
		if !ok || !renews {
			return fmt.Errorf("bridge: the SDK has no step %s any more", serializer)
		}
		stack.Initialize.Clear()
		stack.Serialize.Clear()
		stack.Build.Clear()
		stack.Finalize.Clear()
		for _, id := range []string{"RecordResponseTiming", "RequestResponseLogger", "AWSChecksum:ValidateOutputPayloadChecksum"} {
			_, _ = stack.Deserialize.Remove(id) // that it is not there is as well
		}
		return errors.Join(stack.Serialize.Add(write, middleware.After), stack.Finalize.Add(renew, middleware.After), stack.Finalize.Add(at, middleware.After), stack.Finalize.Add(&sign{l, at.region}, middleware.After))
	}
}

// ID implements [middleware.FinalizeMiddleware].
func (*place) ID() string { return "redferry:Place" }

// HandleFinalize implements [middleware.FinalizeMiddleware]: it sends a request, whose
// path is the key alone, to the place.
func (p *place) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	req, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return middleware.FinalizeOutput{}, middleware.Metadata{}, fmt.Errorf("bridge: unknown request type %T", in.Request)
	}
	raw := p.url.RawPath
	if raw == "" && req.URL.RawPath != "" {
		raw = p.url.Path
	}
	req.URL.Scheme, req.URL.Host = p.url.Scheme, p.url.Host
	req.URL.Path = smithyhttp.JoinPath(p.url.Path, req.URL.Path)
	req.URL.RawPath = smithyhttp.JoinPath(raw, req.URL.RawPath)
	return next.HandleFinalize(ctx, in)
}

// A sign signs a request as it is.
type sign struct {
	path   *leanPath
	region string
}

// ID implements [middleware.FinalizeMiddleware]. It is that of the SDK's step before
// which one puts what chooses the hash of a body.
func (*sign) ID() string { return "ComputePayloadHash" }

const (
	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // SHA-256 of nothing
	hashName  = "X-Amz-Content-Sha256"

	// continueSize is from which length in bytes on a body is sent only after the target
	// has agreed, as the SDK does it.
	continueSize = 2 << 20
)

// HandleFinalize implements [middleware.FinalizeMiddleware].
func (s *sign) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	req, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return middleware.FinalizeOutput{}, middleware.Metadata{}, fmt.Errorf("bridge: unknown request type %T", in.Request)
	}
	hash := v4.GetPayloadHash(ctx)
	if hash == "" {
		hash = emptyHash
	}
	req.Header.Set(hashName, hash)
	req.Header.Set("User-Agent", "redferry")
	req.Header.Set("Accept-Encoding", "identity")
	if req.ContentLength >= continueSize {
		req.Header.Set("Expect", "100-continue")
	}
	credentials, err := s.path.options.Credentials.Retrieve(ctx)
	if err != nil {
		return middleware.FinalizeOutput{}, middleware.Metadata{}, &v4.SigningError{Err: fmt.Errorf("retrieve credentials: %w", err)}
	}
	if err := s.path.options.HTTPSignerV4.SignHTTP(ctx, credentials, req.Request, hash, "s3", s.region, time.Now(), escapeOnce); err != nil {
		return middleware.FinalizeOutput{}, middleware.Metadata{}, &v4.SigningError{Err: err}
	}
	return next.HandleFinalize(ctx, in)
}

// escapeOnce signs the path as it is sent, as S3 alone wants it.
func escapeOnce(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }

var _ aws.HTTPClient = (*ownHTTP)(nil)
