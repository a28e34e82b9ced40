package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
)

// refusedWith is an answer of S3 with a message of its own.
func refusedWith(code, message string) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 403}},
		Err:      &smithy.GenericAPIError{Code: code, Message: message},
	}
}

// TestProbe: what each answer shows about rights.
func TestProbe(t *testing.T) {
	const user = "User: arn:aws:iam::1:user/u is not authorized to perform: "
	const kms = user + "kms:%s on resource: arn:aws:kms:eu-west-1:1:key/k because no identity-based policy allows the kms:%[1]s action"
	for _, tt := range []struct {
		name   string
		probe  probe
		err    error
		want   []string // nil for an error that is not about rights
		advice string   // of the last
	}{
		{"success", probe{action: actionParts}, nil, []string{"s3:ListMultipartUploadParts allowed"}, "take from access key the action s3:ListMultipartUploadParts on arn:aws:s3:::b/p/*"},
		{"a code that lies past the rights", probe{action: actionParts, past: []string{noSuchUpload}, needed: true}, answered(404, noSuchUpload), []string{"s3:ListMultipartUploadParts allowed"}, ""},
		{"refused, unexplained", probe{action: actionUploads, needed: true}, answered(403, "AccessDenied"), []string{"s3:ListBucketMultipartUploads denied"}, "allow access key the action s3:ListBucketMultipartUploads on arn:aws:s3:::b"},
		{"refused, without a document", probe{action: actionParts, needed: true}, answered(403, ""), []string{"s3:ListMultipartUploadParts denied"}, "allow access key"},
		{"refused, and not needed", probe{action: actionWrite}, answered(403, "AccessDenied"), []string{"s3:PutObject denied"}, ""},
		{"refused by a policy", probe{action: actionWrite, needed: true}, refusedWith("AccessDenied", user+`s3:PutObject on resource: "arn:aws:s3:::b/p/x" with an explicit deny in a resource-based policy`), []string{"s3:PutObject denied"}, "allow access key the action s3:PutObject on arn:aws:s3:::b/p/*, and change the policy that denies it"},
		{"refused by a policy, and not needed", probe{action: actionWrite}, refusedWith("AccessDenied", user+`s3:PutObject on resource: "arn:aws:s3:::b/p/x" with an explicit deny in a resource-based policy`), []string{"s3:PutObject denied"}, ""},
		{"an object that may not exist", probe{action: actionRead, blind: true, needed: true}, answered(403, "AccessDenied"), []string{"s3:GetObject unknown"}, "make sure that access key is allowed the action s3:GetObject on arn:aws:s3:::b/p/*"},
		{"that is known not to exist", probe{action: actionRead, blind: true}, refusedWith("AccessDenied", user+`s3:ListBucket on resource: "arn:aws:s3:::b" because`), []string{"s3:GetObject allowed"}, "take from"},
		{"and is refused itself", probe{action: actionRead, blind: true}, refusedWith("AccessDenied", user+`s3:GetObject on resource: "arn:aws:s3:::b/p/x" because`), []string{"s3:GetObject denied"}, ""},
		{"and what is refused is neither", probe{action: actionRead, blind: true, needed: true}, refusedWith("AccessDenied", user+`s3:GetObjectTagging on resource: "arn:aws:s3:::b/p/x" because`), []string{"s3:GetObject unknown", "s3:GetObjectTagging denied"}, "allow access key the action s3:GetObjectTagging"},
		{"to list, and it matters not whether it exists", probe{action: actionWrite, needed: true}, refusedWith("AccessDenied", user+`s3:ListBucket on resource: "arn:aws:s3:::b" because`), []string{"s3:PutObject unknown", "s3:ListBucket denied"}, "allow access key the action s3:ListBucket"},
		{"the key of KMS", probe{action: actionWrite, needed: true}, refusedWith("AccessDenied", fmt.Sprintf(kms, "GenerateDataKey")), []string{"s3:PutObject allowed", "kms:GenerateDataKey denied"}, "allow access key the action kms:GenerateDataKey on arn:aws:kms:eu-west-1:1:key/k"},
		{"the key of KMS, to list parts", probe{action: actionParts, needed: true}, refusedWith("AccessDenied", fmt.Sprintf(kms, "Decrypt")), []string{"s3:ListMultipartUploadParts allowed", "kms:Decrypt denied"}, "allow access key the action kms:Decrypt on arn:aws:kms"},
		{"the key of KMS, for a key that should not write", probe{action: actionWrite}, refusedWith("AccessDenied", fmt.Sprintf(kms, "GenerateDataKey")), []string{"s3:PutObject allowed"}, "take from"},
		{"some key of KMS", probe{action: actionParts, needed: true}, refusedWith("AccessDenied", "Access to the KMS key is denied"), []string{"s3:ListMultipartUploadParts unknown", "kms:Decrypt denied"}, "allow access key the action kms:Decrypt on the KMS key of the bucket"},
		{"some key of KMS, to write", probe{action: actionWrite, op: opCreate, needed: true}, refusedWith("AccessDenied", "Access to the KMS key is denied"), []string{"s3:PutObject unknown", "kms:GenerateDataKey denied"}, "the action kms:GenerateDataKey on"},
		{"a key of KMS that is not named", probe{action: actionParts, needed: true}, refusedWith("AccessDenied", user+"kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action"), []string{"s3:ListMultipartUploadParts allowed", "kms:Decrypt denied"}, "allow access key the action kms:Decrypt on the KMS key of the bucket"},
		{"a key of KMS in another account", probe{action: actionWrite, op: opCreate, needed: true}, refusedWith("AccessDenied", user+"kms:GenerateDataKey on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"), []string{"s3:PutObject allowed", "kms:GenerateDataKey denied"}, "the action kms:GenerateDataKey on the KMS key of the bucket"},
		{"another action", probe{action: actionWrite, needed: true}, refusedWith("AccessDenied", user+`s3:PutObjectTagging on resource: "arn:aws:s3:::b/p/x"`), []string{"s3:PutObject unknown", "s3:PutObjectTagging denied"}, "allow access key the action s3:PutObjectTagging on arn:aws:s3:::b/p/x"},
		{"an archived object", probe{action: actionRead, past: []string{"InvalidObjectState"}, needed: true}, refusedWith("InvalidObjectState", "m"), []string{"s3:GetObject allowed"}, ""},
		{"an unknown key", probe{action: actionRead}, refusedWith("InvalidAccessKeyId", "m"), nil, ""},
		{"a clock that is wrong", probe{action: actionRead}, refusedWith("RequestTimeTooSkewed", "m"), nil, ""},
		{"no bucket", probe{action: actionRead, past: []string{"NoSuchKey"}}, answered(404, "NoSuchBucket"), nil, ""},
		{"no answer", probe{action: actionRead}, errors.New("x"), nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := new(Findings)
			s := newProbes(found, SideTarget, nil, redferry.URI{Bucket: "b", Key: "p/"}, &Options{Rand: func() float64 { return 0.5 }})
			tt.probe.try = func(context.Context) error { return tt.err }
			err := s.run(t.Context(), tt.probe)
			if (err != nil) != (tt.want == nil) {
				t.Fatalf("error %v", err)
			}
			var got []string
			for _, f := range found.Rights {
				got = append(got, f.Action+" "+string(f.Allowed))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatalf("findings (-want +got):\n%s", diff)
			}
			if len(got) == 0 {
				return
			}
			if advice := found.Rights[len(got)-1].Advice; !strings.Contains(advice, tt.advice) || (advice == "") != (tt.advice == "") || strings.Contains(advice, changePolicy) != strings.Contains(tt.advice, changePolicy) {
				t.Errorf("advice %q, want %q", advice, tt.advice)
			}
		})
	}
}

// TestProbeKey: two preflights at the same time try different keys.
func TestProbeKey(t *testing.T) {
	for number, want := range map[float64]string{0: "p/.redferry-preflight-00000000000000", 0.5: "p/.redferry-preflight-10000000000000"} {
		s := newProbes(new(Findings), SideTarget, nil, redferry.URI{Bucket: "b", Key: "p/"}, &Options{Rand: func() float64 { return number }})
		if s.key.Key != want {
			t.Errorf("drawn was %v: the key is %s, want %s", number, s.key.Key, want)
		}
	}
}

// TestProbeKMSOnce: a right to the key of KMS that several probes miss is found once.
func TestProbeKMSOnce(t *testing.T) {
	found := new(Findings)
	s := newProbes(found, SideTarget, nil, redferry.URI{Bucket: "b"}, &Options{Rand: func() float64 { return 0 }})
	for _, action := range []string{actionParts, actionRead} {
		p := probe{action: action, needed: true, try: func(context.Context) error { return refusedWith("AccessDenied", "no access to KMS key") }}
		if err := s.run(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if len(found.Rights) != 3 {
		t.Errorf("findings: %+v, want one of each", found.Rights)
	}
}
