package pair

import (
	"encoding/json"

	"github.com/redferry/redferry/testkit/fakeaws"
)

// A statement is one of an IAM policy.
type statement struct {
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

func policy(statements ...statement) fakeaws.Policy {
	for i := range statements {
		statements[i].Effect = "Allow"
	}
	document, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // strings and slices always marshal
	}
	return fakeaws.MustParsePolicy(string(document))
}

func (a *Account) bucketARN() string  { return "arn:aws:s3:::" + a.Stage.Bucket }
func (a *Account) objectsARN() string { return a.bucketARN() + "/" + a.Stage.Key + "*" }

// listStage allows listing the stage and nothing beside it.
func (a *Account) listStage(action string) statement {
	return statement{
		Action: []string{action}, Resource: []string{a.bucketARN()},
		Condition: map[string]map[string][]string{"StringLike": {"s3:prefix": {a.Stage.Key + "*"}}},
	}
}

// rolePolicy is what UNLOAD and COPY need on their own bucket.
// Source: Database Developer Guide, UNLOAD and COPY ("Permissions to access other AWS resources").
func rolePolicy(a *Account) fakeaws.Policy {
	return policy(
		statement{Action: []string{"s3:GetObject", "s3:PutObject"}, Resource: []string{a.objectsARN()}},
		statement{Action: []string{"s3:ListBucket", "s3:GetBucketLocation"}, Resource: []string{a.bucketARN()}},
	)
}

// readerPolicy is the bridge's in A: it reads the stage.
func readerPolicy(a *Account) fakeaws.Policy {
	return policy(
		statement{Action: []string{"s3:GetObject"}, Resource: []string{a.objectsARN()}},
		a.listStage("s3:ListBucket"),
	)
}

// writerPolicy is the bridge's in B: it can write the stage, but not read it.
func writerPolicy(b *Account) fakeaws.Policy {
	return policy(
		statement{Action: []string{"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}, Resource: []string{b.objectsARN()}},
		b.listStage("s3:ListBucketMultipartUploads"),
	)
}

// auditorPolicy is the validation's in B: names and sizes, no content.
func auditorPolicy(b *Account) fakeaws.Policy { return policy(b.listStage("s3:ListBucket")) }

// removerPolicy is for a sync that removes: it deletes below B's stage, and does not
// read or write there.
func removerPolicy(b *Account) fakeaws.Policy {
	return policy(statement{Action: []string{"s3:DeleteObject"}, Resource: []string{b.objectsARN()}})
}

// runnerPolicy calls the Data API with a login from Secrets Manager.
func runnerPolicy() fakeaws.Policy {
	return policy(statement{
		Action:   []string{"redshift-data:*", "secretsmanager:GetSecretValue", "redshift-serverless:GetCredentials"},
		Resource: []string{"*"},
	})
}

func adminPolicy() fakeaws.Policy {
	return policy(statement{Action: []string{"*"}, Resource: []string{"*"}})
}
