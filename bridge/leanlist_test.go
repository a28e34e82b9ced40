package bridge_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// TestPagesOfOthers: a page that is no plain list is read by the SDK, and one that is
// cut is asked for again.
func TestPagesOfOthers(t *testing.T) {
	const body = `<ListBucketResult><Contents><Key>%s</Key><ETag>"e"</ETag><Size>7</Size></Contents><IsTruncated>%v</IsTruncated><NextContinuationToken>n</NextContinuationToken></ListBucketResult>`
	pages := []string{
		fmt.Sprintf(body, "a", true),
		fmt.Sprintf(body, "<![CDATA[b&]]>", true),
		fmt.Sprintf(body, "c", true)[:60],
		strings.Replace(fmt.Sprintf(body, "c", true), "<Size>", "<!-- a comment --><Size>", 1),
		fmt.Sprintf(body, "&#x64;", false),
	}
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		if asked == 3 {
			w.Header().Set("Content-Length", "200")
		}
		_, _ = w.Write([]byte(pages[asked-1]))
	}))
	defer server.Close()
	client := must(bridge.NewClient(bridge.Access{Region: "us-east-1", Endpoint: server.URL, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")}))(t)
	got, err := collect(t, bridge.NewLister(client, nil), redferry.URI{Bucket: "bucket"})
	check(t, err)
	var want []bridge.Object
	for _, key := range []string{"a", "b&", "c", "d"} {
		want = append(want, bridge.Object{URI: redferry.URI{Bucket: "bucket", Key: key}, ETag: `"e"`, Size: 7})
	}
	if diff := cmp.Diff(want, got); diff != "" || asked != len(pages) {
		t.Errorf("%d pages were asked for (-want +got):\n%s", asked, diff)
	}
}
