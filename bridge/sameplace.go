package bridge

import (
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// samePlace reports whether two clients say that buckets of one name are one bucket for
// them: no two have a name in one partition of AWS.
func samePlace(a, b any) bool {
	_, toldA := a.(interface{ Options() s3.Options })
	_, toldB := b.(interface{ Options() s3.Options })
	x, y := settings(a), settings(b)
	return toldA && toldB && endpointOf(x) == endpointOf(y) && partition(x.Region) == partition(y.Region)
}

// endpointOf is the endpoint of a client in one of the ways to write it; "" is that of AWS.
func endpointOf(o s3.Options) string {
	u, err := url.Parse(aws.ToString(o.BaseEndpoint))
	if err != nil {
		return *o.BaseEndpoint
	}
	host := strings.ToLower(u.Host)
	host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[strings.ToLower(u.Scheme)])
	return host + strings.TrimRight(u.Path, "/")
}

// partition is that of a region. Source: AWS Whitepaper "AWS Fault Isolation Boundaries",
// "Partitions".
func partition(region string) string {
	for _, prefix := range []string{"cn-", "us-gov-", "us-iso-", "us-isob-", "eu-isoe-", "us-isof-", "eusc-"} {
		if strings.HasPrefix(region, prefix) {
			return prefix
		}
	}
	return "aws"
}
