package bridge

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
)

// advise says what to do about err, as far as that is known. The client is asked
// for the region and the key that it used, if it is an *s3.Client.
func advise(ctx context.Context, client any, err error, action string, object redferry.URI) string {
	r := answer(err)
	switch r.code {
	case "NoSuchBucket":
		return fmt.Sprintf("check that bucket %s exists and that the endpoint is the right one", object.Bucket)
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "MovedPermanently", "TemporaryRedirect":
		return adviseRegion(client, r, object.Bucket)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken":
		return fmt.Sprintf("check the access key%s: it is unknown, its secret does not fit or it has expired", keyID(ctx, client))
	case "RequestTimeTooSkewed":
		return "set the clock of this machine"
	case "EntityTooSmall":
		return "copy with a part size of at least 5 MiB"
	}
	switch {
	case r.elsewhere(settings(client).Region):
		return adviseRegion(client, r, object.Bucket)
	case r.forbidden() && action != "":
		return adviseRight(ctx, client, r, action, object)
	}
	return adviseNetwork(client, err)
}

// elsewhere reports whether the answer says that the bucket is in another region
// than the one of the client. An answer may name the region also when something
// else is wrong.
func (r reply) elsewhere(used string) bool {
	actual := r.header.Get("X-Amz-Bucket-Region")
	return actual != "" && actual != used && used != "" && (r.status == 301 || r.status == 400)
}

func adviseRegion(client any, r reply, bucket string) string {
	used := settings(client).Region
	if actual := r.header.Get("X-Amz-Bucket-Region"); actual != "" {
		return fmt.Sprintf("bucket %s is in region %s, the client is made for %s: give it %s", bucket, actual, used, actual)
	}
	return fmt.Sprintf("the client is made for region %s: give it the region of bucket %s", used, bucket)
}

// adviseNetwork is for requests that got no answer.
func adviseNetwork(client any, err error) string {
	endpoint := "the endpoint"
	if base := settings(client).BaseEndpoint; base != nil {
		endpoint += " " + *base
	}
	var lookup *net.DNSError
	var dial *net.OpError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return fmt.Sprintf("check %s and the region: there is no host of that name", endpoint)
	case errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Sprintf("check that %s is up and reachable from here", endpoint)
	case errors.As(err, &authority):
		return fmt.Sprintf("trust the authority that signed the certificate of %s", endpoint)
	case errors.As(err, &host):
		return fmt.Sprintf("use a name for %s that its certificate holds", endpoint)
	}
	return ""
}

// allow is the advice for an action that is refused.
func allow(ctx context.Context, client any, action, resource string) string {
	return fmt.Sprintf("allow access key%s the action %s on %s", keyID(ctx, client), action, resource)
}

// adviseRight is the advice for an action that is refused, or for the one that S3 names
// in its place. Who may not list the bucket is told of an object that is not there as if
// he might not read it.
func adviseRight(ctx context.Context, client any, r reply, action string, object redferry.URI) string {
	named, resource := r.denial(), arn(action, object)
	if named.action == actionList && action != actionList {
		return fmt.Sprintf("check that there is an object %s; S3 says so only to who is allowed the action %s on %s, which access key%s is not", object, named.action, named.resource, keyID(ctx, client))
	}
	if named.action != "" {
		action, resource = named.action, cmp.Or(named.resource, resource)
	}
	advice := allow(ctx, client, action, resource)
	if r.explicitly() {
		advice += changePolicy
	}
	return advice
}

// arn names what the action must be allowed on: listing is a right on the bucket.
func arn(action string, object redferry.URI) string {
	if action == actionList || action == actionUploads {
		return "arn:aws:s3:::" + object.Bucket
	}
	return "arn:aws:s3:::" + object.Bucket + "/" + object.Key
}

// settings returns what an *s3.Client was made with; nothing for other clients.
func settings(client any) s3.Options {
	if c, ok := client.(interface{ Options() s3.Options }); ok {
		return c.Options()
	}
	return s3.Options{}
}

// keyID returns " AKIA...", and nothing if it cannot be known.
func keyID(ctx context.Context, client any) string {
	provider := settings(client).Credentials
	if provider == nil {
		return ""
	}
	credentials, err := provider.Retrieve(ctx)
	if err != nil {
		return ""
	}
	return " " + credentials.AccessKeyID
}
