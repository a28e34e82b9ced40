package fakeaws_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/redferry/redferry/testkit/fakeaws"
)

func TestParsePolicyRefuses(t *testing.T) {
	wrap := func(elements string) string { return `{"Version": "2012-10-17", "Statement": {` + elements + `}}` }
	tests := []struct {
		name, document, want string
	}{
		{"no JSON", `Allow`, "invalid character"},
		{"no object", `[]`, "want a JSON object"},
		{"rest", wrap(allowGet) + `{}`, "something follows"},
		{"no statement", `{"Version": "2012-10-17"}`, "no Statement"},
		{"empty list", `{"Version": "2012-10-17", "Statement": []}`, "no Statement"},
		{"null statement", `{"Statement": null}`, "want a JSON object"},
		{"version", `{"Version": "2020-01-01", "Statement": {` + allowGet + `}}`, `unknown Version "2020-01-01"`},
		{"element of the document", `{"Statment": {}}`, `unknown element "Statment"`},
		{"element of a statement", wrap(allowGet + `, "Ressource": "*"`), `unknown element "Ressource"`},
		{"case of an element", wrap(`"effect": "Allow", "Action": "*", "Resource": "*"`), `unknown element "effect"`},
		{"element twice", wrap(allowGet + `, "Effect": "Deny"`), `"Effect" stands twice`},
		{"NotPrincipal", wrap(allowGet + `, "NotPrincipal": "*"`), `unknown element "NotPrincipal"`},
		{"effect", wrap(`"Effect": "allow", "Action": "*", "Resource": "*"`), `the Effect is "allow"`},
		{"no effect", wrap(`"Action": "*", "Resource": "*"`), `the Effect is ""`},
		{"no action", wrap(`"Effect": "Allow", "Resource": "*"`), "no Action"},
		{"no resource", wrap(`"Effect": "Allow", "Action": "*"`), "no Resource"},
		{"empty action list", wrap(`"Effect": "Allow", "Action": [], "Resource": "*"`), "the list is empty"},
		{"both actions", wrap(allowGet + `, "NotAction": "*"`), "it has the opposite, too"},
		{"action without service", wrap(`"Effect": "Allow", "Action": "GetObject", "Resource": "*"`), `"GetObject" is malformed`},
		{"action is a number", wrap(`"Effect": "Allow", "Action": 7, "Resource": "*"`), "want a string"},
		{"resource without ARN", wrap(`"Effect": "Allow", "Action": "s3:*", "Resource": "stage/*"`), `"stage/*" is malformed`},
		{"policy variable", wrap(`"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:username}/*"`), "policy variables are not supported"},
		{"principal text", wrap(allowGet + `, "Principal": "111122223333"`), `want "*" or an object`},
		{"principal kind", wrap(allowGet + `, "Principal": {"Federated": "x"}`), `unknown element "Federated"`},
		{"principal name", wrap(allowGet + `, "Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}`), "names no account, user or role"},
		{"empty principal", wrap(allowGet + `, "Principal": {}`), "the object is empty"},
		{"operator", wrap(allowGet + `, "Condition": {"StringMatches": {"s3:prefix": "a"}}`), `unknown operator "StringMatches"`},
		{"set operator", wrap(allowGet + `, "Condition": {"ForAllValues:StringLike": {"s3:prefix": "a"}}`), `unknown operator "ForAllValues:StringLike"`},
		{"Null if exists", wrap(allowGet + `, "Condition": {"NullIfExists": {"s3:prefix": "true"}}`), `unknown operator "NullIfExists"`},
		{"condition variable", wrap(allowGet + `, "Condition": {"StringLike": {"s3:prefix": "${aws:username}"}}`), "policy variables are not supported"},
		{"condition key", wrap(allowGet + `, "Condition": {"StringLike": {"prefix": "a"}}`), `"prefix" has no prefix`},
		{"bool value", wrap(allowGet + `, "Condition": {"Bool": {"aws:SecureTransport": "yes"}}`), `"yes" is neither true nor false`},
		{"null value", wrap(allowGet + `, "Condition": {"StringLike": {"s3:prefix": null}}`), "want a string, a number or a bool"},
		{"sid", wrap(`"Sid": "a-b", ` + allowGet), `the Sid "a-b"`},
		{"sid twice", `{"Statement": [{"Sid": "a", ` + allowGet + `}, {"Sid": "a", ` + allowGet + `}]}`, `Sid "a" is used twice`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := fakeaws.ParsePolicy(test.document)
			if !errors.Is(err, fakeaws.ErrPolicy) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want one that wraps ErrPolicy and says %s", err, test.want)
			}
		})
	}
}

func TestCheckResource(t *testing.T) {
	tests := []struct {
		name, resource string
		want           bool
	}{
		{"the bucket", `"arn:aws:s3:::stage"`, true},
		{"its objects", `"arn:aws:s3:::stage/*"`, true},
		{"a prefix of them", `"arn:aws:s3:::stage/run/*"`, true},
		{"both", `["arn:aws:s3:::stage", "arn:aws:s3:::stage/*"]`, true},
		{"everything", `"*"`, true},
		{"a pattern of buckets", `"arn:aws:s3:::sta*"`, true},
		{"another bucket", `"arn:aws:s3:::other/*"`, false},
		{"a longer name", `"arn:aws:s3:::stage2/*"`, false},
		{"one of two", `["arn:aws:s3:::stage", "arn:aws:s3:::other"]`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := statement(`"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ` + test.resource)
			if err := p.CheckResource(bucketARN); (err == nil) != test.want {
				t.Errorf("CheckResource = %v, want fine: %t", err, test.want)
			}
		})
	}
	if err := statement(allowGet).CheckResource(bucketARN); err == nil {
		t.Error("a policy without a Principal was taken as a bucket's")
	}
}

// A policy that parses says the same when it is parsed again, decides without a
// panic, and allows nothing that a Deny of everything is added to.
func FuzzParsePolicy(f *testing.F) {
	for _, s := range []string{allowGet, denyGet, allowAll, listRun, onlyTLS, toUser, toID} {
		f.Add(`{"Version": "2012-10-17", "Statement": {`+s+`}}`, "s3:GetObject", objectARN)
	}
	f.Add(readSecrets, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ferry/x-AAAAAA")
	f.Add(`{"Statement": [{"Effect": "Allow", "NotAction": ["s3:?et*"], "NotResource": "*"}]}`, "a:b", "c")
	f.Fuzz(func(t *testing.T, document, action, resource string) {
		p, err := fakeaws.ParsePolicy(document)
		if err != nil {
			if !errors.Is(err, fakeaws.ErrPolicy) {
				t.Errorf("error %v does not wrap ErrPolicy", err)
			}
			return
		}
		again, err := fakeaws.ParsePolicy(p.String())
		if err != nil {
			t.Fatalf("parsing it again: %v", err)
		}
		cloud := fakeaws.NewCloud(nil)
		reader := user(t, account(t, cloud, accountA), "reader", statement(allowAll))
		req := fakeaws.Access{Identity: reader.Identity(), Action: action, Resource: resource, Owner: accountB, ResourcePolicy: &p}
		first := cloud.Authorize(req)
		req.ResourcePolicy = &again
		if second := cloud.Authorize(req); (first == nil) != (second == nil) {
			t.Errorf("decisions differ: %v and %v", first, second)
		}
		if err := reader.SetPolicies(statement(allowAll), statement(`"Effect": "Deny", "Action": "*", "Resource": "*"`)); err != nil {
			t.Fatal(err)
		}
		if cloud.Authorize(req) == nil {
			t.Error("a Deny of everything was passed over")
		}
	})
}
