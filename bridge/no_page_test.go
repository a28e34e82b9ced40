package bridge_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
)

// TestEmptyPage: what is no page does not end a listing, whoever reads it.
func TestEmptyPage(t *testing.T) {
	const first = `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><Contents><Key>a</Key><ETag>"e"</ETag><Size>1</Size></Contents></ListBucketResult>`
	for name, second := range map[string]string{"empty": "", "declaration": `<?xml version="1.0" encoding="UTF-8"?>`, "another document": `<html></html>`, "an error": `<Error><Code>InternalError</Code></Error>`} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("continuation-token") == "" {
					fmt.Fprint(w, first)
					return
				}
				fmt.Fprint(w, second)
			}))
			defer server.Close()
			client := must(bridge.NewClient(bridge.Access{Region: "r", Endpoint: server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}))(t)
			for _, l := range []bridge.Listing{client, s3.New(client.Options(), func(o *s3.Options) { o.HTTPClient = http.DefaultClient })} {
				objects, err := collect(t, bridge.NewLister(l, &bridge.Options{Retries: -1}), src(""))
				if err == nil {
					t.Errorf("%d objects, and no error: the page that goes on is %q", len(objects), second)
				}
			}
		})
	}
}
