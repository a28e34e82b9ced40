package fakeaws_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/redferry/redferry/testkit/fakeaws"
)

// statement writes a policy of one statement from its elements.
func statement(elements string) fakeaws.Policy {
	return fakeaws.MustParsePolicy(`{"Version": "2012-10-17", "Statement": [{` + elements + `}]}`)
}

const (
	bucketARN = "arn:aws:s3:::stage"
	objectARN = "arn:aws:s3:::stage/run/1/a.parquet"

	allowGet = `"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::stage/*"`
	denyGet  = `"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::stage/*"`
	allowAll = `"Effect": "Allow", "Action": "*", "Resource": "*"`
	listRun  = `"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::stage", "Condition": {"StringLike": {"s3:prefix": "run/*"}}`
	onlyTLS  = `"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::stage", "arn:aws:s3:::stage/*"], "Condition": {"Bool": {"aws:SecureTransport": false}}`
	toUser   = allowGet + `, "Principal": {"AWS": "arn:aws:iam::111122223333:user/reader"}`
	toRoot   = allowGet + `, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}`
	toID     = allowGet + `, "Principal": {"AWS": ["999900001111", "111122223333"]}`
	toAll    = allowGet + `, "Principal": "*"`
)

// The rows follow "Policy evaluation logic" of the IAM User Guide. The caller is
// user reader of account A; the default action is s3:GetObject on objectARN.
func TestAuthorize(t *testing.T) {
	tests := []struct {
		name     string
		identity []string
		resource []string
		owner    string
		action   string
		arn      string
		context  map[string][]string
		want     bool
	}{
		{name: "nothing allows: implicit deny"},
		{name: "identity allows", identity: []string{allowGet}, want: true},
		{name: "identity allows another action", identity: []string{allowGet}, action: "s3:PutObject"},
		{name: "identity allows another resource", identity: []string{allowGet}, arn: "arn:aws:s3:::other/a"},
		{name: "the bucket is not its objects", identity: []string{allowGet}, arn: bucketARN},
		{name: "explicit deny wins over allow", identity: []string{allowAll, denyGet}},
		{name: "order does not matter", identity: []string{denyGet, allowAll}},
		{name: "deny of something else", identity: []string{allowAll, denyGet}, action: "s3:PutObject", want: true},
		{name: "actions have no case", identity: []string{`"Effect": "Allow", "Action": "S3:getobject", "Resource": "*"`}, want: true},
		{name: "resources have case", identity: []string{`"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::stage/RUN/*"`}},
		{name: "action wildcard", identity: []string{`"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"`}, want: true},
		{name: "wildcard of another service", identity: []string{`"Effect": "Allow", "Action": "sqs:*", "Resource": "*"`}},
		{name: "question mark", identity: []string{`"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::stage/run/?/*"`}, want: true},
		{name: "question mark is one character", identity: []string{`"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::stage/run/??/*"`}},
		{name: "NotAction allows the rest", identity: []string{`"Effect": "Allow", "NotAction": "s3:DeleteObject", "Resource": "*"`}, want: true},
		{name: "NotAction leaves out", identity: []string{`"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"`}},
		{name: "NotResource in a deny", identity: []string{allowAll, `"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::other/*"`}},
		{name: "NotResource spares", identity: []string{allowAll, `"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::stage/*"`}, want: true},

		{name: "same account: resource policy alone", resource: []string{toUser}, want: true},
		{name: "same account: everyone", resource: []string{toAll}, want: true},
		{name: "same account: the account is not the user", resource: []string{toRoot}},
		{name: "same account: the account and the identity", identity: []string{allowGet}, resource: []string{toRoot}, want: true},
		{name: "same account: resource policy denies", identity: []string{allowGet}, resource: []string{denyGet + `, "Principal": "*"`}},
		{name: "same account: deny to the account", identity: []string{allowGet}, resource: []string{denyGet + `, "Principal": {"AWS": "111122223333"}`}},
		{name: "deny to another account", identity: []string{allowGet}, resource: []string{denyGet + `, "Principal": {"AWS": "999900001111"}`}, want: true},
		{name: "identity denies what the resource allows", identity: []string{denyGet}, resource: []string{toUser}},

		{name: "cross-account: identity alone", identity: []string{allowAll}, owner: accountB},
		{name: "cross-account: resource alone", resource: []string{toUser}, owner: accountB},
		{name: "cross-account: everyone alone", resource: []string{toAll}, owner: accountB},
		{name: "cross-account: both", identity: []string{allowGet}, resource: []string{toUser}, owner: accountB, want: true},
		{name: "cross-account: both, by account", identity: []string{allowGet}, resource: []string{toID}, owner: accountB, want: true},
		{name: "cross-account: the other account only", identity: []string{allowGet}, resource: []string{allowGet + `, "Principal": {"AWS": "444455556666"}`}, owner: accountB},
		{name: "cross-account: a service only", identity: []string{allowGet}, resource: []string{allowGet + `, "Principal": {"Service": "redshift.amazonaws.com"}`}, owner: accountB},
		{name: "cross-account: deny wins", identity: []string{allowGet}, resource: []string{toUser, denyGet + `, "Principal": {"AWS": "*"}`}, owner: accountB},

		{name: "prefix allowed", identity: []string{listRun}, action: "s3:ListBucket", arn: bucketARN, context: map[string][]string{"s3:prefix": {"run/1/"}}, want: true},
		{name: "prefix outside", identity: []string{listRun}, action: "s3:ListBucket", arn: bucketARN, context: map[string][]string{"s3:prefix": {"other/"}}},
		{name: "prefix absent", identity: []string{listRun}, action: "s3:ListBucket", arn: bucketARN},
		{name: "key names have no case", identity: []string{listRun}, action: "s3:ListBucket", arn: bucketARN, context: map[string][]string{"S3:Prefix": {"run/"}}, want: true},
		{name: "plain HTTP refused", identity: []string{allowGet}, resource: []string{onlyTLS}, context: map[string][]string{"aws:SecureTransport": {"false"}}},
		{name: "HTTPS let through", identity: []string{allowGet}, resource: []string{onlyTLS}, context: map[string][]string{"aws:SecureTransport": {"true"}}, want: true},
		{name: "all conditions must hold", identity: []string{allowGet + `, "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333", "s3:x": "y"}}`}},
		{name: "the cloud knows the caller", identity: []string{allowGet + `, "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/read*"}}`}, want: true},
		{name: "the cloud knows the owner", identity: []string{allowGet + `, "Condition": {"StringEquals": {"aws:ResourceAccount": "111122223333"}}`}, want: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cloud := fakeaws.NewCloud(nil)
			var policies []fakeaws.Policy
			for _, s := range test.identity {
				policies = append(policies, statement(s))
			}
			reader := user(t, account(t, cloud, accountA), "reader", policies...)
			req := fakeaws.Access{
				Identity: reader.Identity(),
				Action:   "s3:GetObject",
				Resource: objectARN,
				Owner:    test.owner,
				Context:  test.context,
			}
			if test.action != "" {
				req.Action = test.action
			}
			if test.arn != "" {
				req.Resource = test.arn
			}
			if test.resource != nil {
				policy := fakeaws.MustParsePolicy(`{"Version": "2012-10-17", "Statement": [{` + strings.Join(test.resource, "},{") + `}]}`)
				req.ResourcePolicy = &policy
			}
			checkDecision(t, cloud.Authorize(req), test.want)
		})
	}
}

func checkDecision(t *testing.T, err error, want bool) {
	t.Helper()
	if want {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	refused := (*fakeaws.Error)(nil)
	if !errors.As(err, &refused) || refused.Code != "AccessDenied" || refused.Status != http.StatusForbidden {
		t.Errorf("error = %v, want AccessDenied with status 403", err)
	}
}

func TestConditions(t *testing.T) {
	tests := []struct {
		condition string
		values    []string // of the key s3:k
		want      bool
	}{
		{`"StringEquals": {"s3:k": ["a", "b"]}`, []string{"b"}, true},
		{`"StringEquals": {"s3:k": "a*"}`, []string{"ab"}, false},
		{`"StringEqualsIgnoreCase": {"s3:k": "A"}`, []string{"a"}, true},
		{`"StringNotEquals": {"s3:k": ["a", "b"]}`, []string{"b"}, false},
		{`"StringNotEquals": {"s3:k": ["a", "b"]}`, []string{"c"}, true},
		{`"StringNotEquals": {"s3:k": "a"}`, nil, true},
		{`"StringLike": {"s3:k": "a*"}`, []string{"ab"}, true},
		{`"StringNotLike": {"s3:k": "a*"}`, []string{"ab"}, false},
		{`"StringNotLike": {"s3:k": "a*"}`, []string{"ba"}, true},
		{`"StringEqualsIfExists": {"s3:k": "a"}`, nil, true},
		{`"StringEqualsIfExists": {"s3:k": "a"}`, []string{"b"}, false},
		{`"StringLike": {"s3:k": ""}`, []string{""}, true},
		{`"Null": {"s3:k": true}`, nil, true},
		{`"Null": {"s3:k": "true"}`, []string{"a"}, false},
		{`"Null": {"s3:k": "false"}`, []string{"a"}, true},
		{`"Bool": {"s3:k": "true"}`, []string{"true"}, true},
		{`"Bool": {"s3:k": "true"}`, nil, false},
		{`"BoolIfExists": {"s3:k": true}`, nil, true},
		{`"NumericLessThanEquals": {"s3:k": 10}`, []string{"10"}, true},
		{`"NumericLessThan": {"s3:k": 10}`, []string{"10"}, false},
		{`"NumericGreaterThan": {"s3:k": "9"}`, []string{"10"}, true},
		{`"NumericGreaterThanEquals": {"s3:k": "11"}`, []string{"10"}, false},
		{`"NumericNotEquals": {"s3:k": "10"}`, []string{"10"}, false},
		{`"NumericEquals": {"s3:k": "10"}`, []string{"ten"}, false},
		{`"ArnLike": {"s3:k": "arn:aws:iam::*:role/x"}`, []string{"arn:aws:iam::1:role/x"}, true},
		{`"ArnLike": {"s3:k": "arn:aws:iam:*:role/x"}`, []string{"arn:aws:iam::1:role/x"}, false},
		{`"ArnNotLike": {"s3:k": "arn:aws:iam::1:role/*"}`, []string{"arn:aws:iam::2:role/x"}, true},
	}
	for _, test := range tests {
		t.Run(test.condition, func(t *testing.T) {
			cloud := fakeaws.NewCloud(nil)
			reader := user(t, account(t, cloud, accountA), "reader", statement(allowGet+`, "Condition": {`+test.condition+`}`))
			checkDecision(t, cloud.Authorize(fakeaws.Access{
				Identity: reader.Identity(),
				Action:   "s3:GetObject",
				Resource: objectARN,
				Context:  map[string][]string{"s3:k": test.values},
			}), test.want)
		})
	}
}

func TestRefusalWording(t *testing.T) {
	cloud := fakeaws.NewCloud(nil)
	reader := user(t, account(t, cloud, accountA), "reader", statement(denyGet))
	denyAll := fakeaws.MustParsePolicy(`{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}}`)
	const who = "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: "
	tests := []struct {
		name string
		req  fakeaws.Access
		want string
	}{
		{
			"implicit",
			fakeaws.Access{Action: "s3:PutObject", Resource: objectARN},
			who + `s3:PutObject on resource: "` + objectARN + `" because no identity-based policy allows the s3:PutObject action`,
		},
		{
			"explicit",
			fakeaws.Access{Action: "s3:GetObject", Resource: objectARN},
			who + `s3:GetObject on resource: "` + objectARN + `" with an explicit deny in an identity-based policy`,
		},
		{
			"bucket policy",
			fakeaws.Access{Action: "s3:PutObject", Resource: objectARN, ResourcePolicy: &denyAll},
			who + `s3:PutObject on resource: "` + objectARN + `" with an explicit deny in a resource-based policy`,
		},
		{
			"S3 of another account",
			fakeaws.Access{Action: "s3:PutObject", Resource: objectARN, Owner: accountB},
			"Access Denied",
		},
		{
			"other service",
			fakeaws.Access{Action: "secretsmanager:GetSecretValue", Resource: "arn:x"},
			who + `secretsmanager:GetSecretValue on resource: arn:x because no identity-based policy allows the secretsmanager:GetSecretValue action`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.req.Identity = reader.Identity()
			refused := (*fakeaws.Error)(nil)
			if err := cloud.Authorize(test.req); !errors.As(err, &refused) || refused.Message != test.want {
				t.Errorf("message = %v, want %s", err, test.want)
			}
		})
	}
}

func TestAnonymousNeedsEveryone(t *testing.T) {
	cloud := fakeaws.NewCloud(nil)
	for policy, want := range map[string]bool{toAll: true, toUser: false, toRoot: false} {
		p := statement(policy)
		err := cloud.Authorize(fakeaws.Access{Action: "s3:GetObject", Resource: objectARN, Owner: accountA, ResourcePolicy: &p})
		checkDecision(t, err, want)
	}
}

func TestSetPoliciesTakesEffectAtOnce(t *testing.T) {
	cloud := fakeaws.NewCloud(nil)
	reader := user(t, account(t, cloud, accountA), "reader", statement(allowGet))
	req := fakeaws.Access{Identity: reader.Identity(), Action: "s3:GetObject", Resource: objectARN}
	checkDecision(t, cloud.Authorize(req), true)
	if err := reader.SetPolicies(); err != nil {
		t.Fatal(err)
	}
	checkDecision(t, cloud.Authorize(req), false)
	if err := reader.SetPolicies(statement(toUser)); err == nil {
		t.Error("a policy with a Principal was taken as an identity's")
	}
}

func BenchmarkAuthorize(b *testing.B) {
	cloud := fakeaws.NewCloud(nil)
	a, err := cloud.Account(accountA)
	if err != nil {
		b.Fatal(err)
	}
	reader, err := a.CreateUser("reader", statement(allowGet), statement(listRun))
	if err != nil {
		b.Fatal(err)
	}
	policy := statement(onlyTLS)
	req := fakeaws.Access{
		Identity: reader.Identity(), Action: "s3:GetObject", Resource: objectARN, ResourcePolicy: &policy,
		Context: map[string][]string{"aws:SecureTransport": {"true"}},
	}
	for b.Loop() {
		if err := cloud.Authorize(req); err != nil {
			b.Fatal(err)
		}
	}
}
