package canary_test

import (
	"encoding/base64"
	"fmt"

	"github.com/redferry/redferry/testkit/canary"
)

// A password gets out in a header.
func ExampleSet_Scan() {
	password := canary.Text("password of the warehouse")
	var secrets canary.Set
	if err := secrets.Watch(canary.Secret{Kind: "password of the warehouse", Text: password}); err != nil {
		fmt.Println(err)
		return
	}
	header := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("ferry:"+password.Reveal()))
	for _, hit := range secrets.Scan("request log", []byte("GET / HTTP/1.1\r\n"+header+"\r\n")) {
		fmt.Println(hit)
	}
	// Output:
	// canary: request log: there is the password of the warehouse in it (base64) at byte 45
}
