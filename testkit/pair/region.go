package pair

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// regions finds the S3 server of a region, as the endpoints of AWS do. A
// warehouse needs it for a bucket in another region (UNLOAD with REGION).
type regions struct{ pair *Pair }

var _ s3.EndpointResolverV2 = regions{}

func (r regions) ResolveEndpoint(ctx context.Context, p s3.EndpointParameters) (smithyendpoints.Endpoint, error) {
	for _, a := range []*Account{r.pair.A, r.pair.B} {
		if a != nil && a.Region == aws.ToString(p.Region) {
			p.Endpoint, p.ForcePathStyle = aws.String(a.S3Endpoint), aws.Bool(true)
			return s3.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, p)
		}
	}
	return smithyendpoints.Endpoint{}, fmt.Errorf("pair: no S3 in region %s", aws.ToString(p.Region))
}
