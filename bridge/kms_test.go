package bridge_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

const (
	sourceKey = "arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555"
	targetKey = "arn:aws:kms:eu-west-1:222222222222:key/66666666-7777-8888-9999-000000000000"
	absentKey = "arn:aws:kms:eu-west-1:222222222222:key/00000000-0000-0000-0000-000000000000"
)

// inKMS runs test in a bubble, over HTTPS, which KMS needs. Both accounts have a key,
// which nobody but the administrators may use.
func inKMS(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		check(t, w.a.s3.SetKey(fakes3.Key{ARN: sourceKey}))
		check(t, w.b.s3.SetKey(fakes3.Key{ARN: targetKey, Alias: "alias/data"}))
		test(t, w)
	})
}

// useKeys gives the reader and the writer these actions on all keys of their accounts.
func (w *world) useKeys(t *testing.T, reader, writer string) {
	t.Helper()
	use := func(policy, actions string) string {
		return strings.Replace(policy, `"Statement":[`, `"Statement":[{"Effect":"Allow","Action":"`+actions+`","Resource":"arn:aws:kms:*:*:*"},`, 1)
	}
	w.reader, w.writer = w.client(t, w.a, use(readOnly, reader)), w.client(t, w.b, use(writeOnly, writer))
}

func withKey(key string) *bridge.Encryption {
	return &bridge.Encryption{Algorithm: types.ServerSideEncryptionAwsKms, KeyID: key}
}

// TestKeyAtTheTarget: what is encrypted with a key of the target arrives, and says so.
func TestKeyAtTheTarget(t *testing.T) {
	for _, key := range []string{"", targetKey, "alias/data", targetKey[len(targetKey)-36:]} {
		t.Run(key, func(t *testing.T) {
			inKMS(t, func(t *testing.T, w *world) {
				w.useKeys(t, "kms:None", "kms:*")
				encryption := withKey(key)
				if key == "" {
					encryption = nil
					check(t, w.b.s3.SetBucketKey("target", targetKey))
				}
				for _, size := range []int{0, 100, 5000} {
					content := random(size)
					w.put(t, "k", content, nil)
					_ = must(w.copier(func(o *bridge.Options) { o.Carry.Encryption = encryption }).Copy(t.Context(), dst("k"), unknown("k")))(t)
					if o, _ := w.b.s3.Object(dst("k")); o.Key != targetKey || !bytes.Equal(w.got(t, "k"), content) {
						t.Errorf("%d bytes are encrypted with %q", size, o.Key)
					}
				}
			})
		})
	}
}

// A keyRefusal is something wrong with a key at one side.
type keyRefusal struct {
	name   string
	spoil  func(*testing.T, *world) *bridge.Encryption
	is     error
	small  []string // what the error says about a small object
	large  []string // about a large one
	reader string   // rights of the keys
	writer string
}

func disabled(t *testing.T, w *world) *bridge.Encryption {
	check(t, w.b.s3.SetKey(fakes3.Key{ARN: targetKey, State: fakes3.KeyDisabled}))
	return withKey(targetKey)
}

func bucketDisabled(t *testing.T, w *world) *bridge.Encryption {
	check(t, w.b.s3.SetBucketKey("target", targetKey))
	_ = disabled(t, w)
	return nil
}

func deleted(t *testing.T, w *world) *bridge.Encryption {
	check(t, w.b.s3.SetKey(fakes3.Key{ARN: targetKey, Alias: "alias/data", State: fakes3.KeyPendingDeletion}))
	return withKey("alias/data")
}

func absent(key string) func(*testing.T, *world) *bridge.Encryption {
	return func(*testing.T, *world) *bridge.Encryption { return withKey(key) }
}

func bucketKey(t *testing.T, w *world) *bridge.Encryption {
	check(t, w.b.s3.SetBucketKey("target", targetKey))
	return nil
}

// sealedSource encrypts the source with its own key, in state.
func sealedSource(state fakes3.KeyState) func(*testing.T, *world) *bridge.Encryption {
	return func(t *testing.T, w *world) *bridge.Encryption {
		check(t, w.a.s3.SetBucketKey("source", sourceKey))
		w.put(t, "k", w.content(t), nil)
		check(t, w.a.s3.SetKey(fakes3.Key{ARN: sourceKey, State: state}))
		return nil
	}
}

func (w *world) content(t *testing.T) []byte { return must(w.a.s3.Content(src("k")))(t) }

// TestKeyRefused: a key that refuses gives one error that names the side, the action, the
// key and what to do. Nothing is tried twice, and nothing is left at the target.
func TestKeyRefused(t *testing.T) {
	put, create, part := "target: put s3://target/k", "target: create upload to s3://target/k", "target: upload part 1 of s3://target/k"
	dataKey, decrypt := "the action kms:GenerateDataKey on "+targetKey, "the action kms:Decrypt on "+targetKey
	for _, tt := range []keyRefusal{
		{"disabled", disabled, nil, []string{put, "KMS.DisabledException", "kms:GenerateDataKey on " + targetKey, "enable the key"}, []string{create, "kms:GenerateDataKey on " + targetKey, "enable the key"}, "", "kms:*"},
		{"that of the bucket, disabled", bucketDisabled, nil, []string{put, "kms:GenerateDataKey on " + targetKey, "enable the key"}, []string{create, "enable the key"}, "", "kms:*"},
		{"pending deletion", deleted, nil, []string{put, "KMS.KMSInvalidStateException", "kms:GenerateDataKey on " + targetKey, "cancel"}, []string{create, "cancel"}, "", "kms:*"},
		{"not there", absent(absentKey), nil, []string{put, "KMS.NotFoundException", "kms:GenerateDataKey on " + absentKey, "check that there is such a key in the region of the bucket"}, []string{create, "check that there is such a key"}, "", "kms:*"},
		{"not there by its alias", absent("alias/none"), nil, []string{put, "kms:GenerateDataKey on arn:aws:kms:eu-west-1:222222222222:alias/none"}, []string{create, "alias/none"}, "", "kms:*"},
		{"not there by no name", absent("nonsense"), nil, []string{put, "kms:GenerateDataKey on nonsense"}, []string{create, "on nonsense"}, "", "kms:*"},
		{"of another account", absent(strings.Replace(targetKey, "2222", "3333", 1)), fs.ErrPermission, []string{put, "the action kms:GenerateDataKey on " + strings.Replace(targetKey, "2222", "3333", 1), "check that there is such a key", "its own policy"}, []string{create, "its own policy"}, "", "kms:*"},
		{"no right to it", absent("alias/data"), fs.ErrPermission, []string{put, "allow access key AKIA", dataKey}, []string{create, dataKey}, "", "kms:Decrypt"},
		{"no right to that of the bucket", bucketKey, fs.ErrPermission, []string{put, dataKey}, []string{create, dataKey}, "", "kms:Decrypt"},
		{"no right to decrypt", absent("alias/data"), fs.ErrPermission, nil, []string{part, "allow access key AKIA", decrypt}, "", "kms:GenerateDataKey"},
		{"no right to decrypt with that of the bucket", bucketKey, fs.ErrPermission, nil, []string{part, decrypt}, "", "kms:GenerateDataKey"},
		{"no right to the source's", sealedSource(""), fs.ErrPermission, []string{"source: head s3://source/k", "allow access key AKIA", "the action kms:Decrypt on the KMS key of the object"}, []string{"source: head", "kms:Decrypt on the KMS key of the object"}, "kms:None", ""},
		{"the source's is disabled", sealedSource(fakes3.KeyDisabled), nil, []string{"source: head s3://source/k", "KMS.DisabledException", "kms:Decrypt on " + sourceKey, "enable the key"}, []string{"source: head", "kms:Decrypt on " + sourceKey}, "kms:*", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for size, want := range map[int][]string{100: tt.small, 5000: tt.large} {
				if want != nil {
					inKMS(t, func(t *testing.T, w *world) { tt.test(t, w, size, want) })
				}
			}
		})
	}
}

func (r *keyRefusal) test(t *testing.T, w *world, size int, want []string) {
	w.useKeys(t, cmp.Or(r.reader, "kms:None"), cmp.Or(r.writer, "kms:None"))
	w.put(t, "k", random(size), nil)
	encryption := r.spoil(t, w)
	c := w.copier(func(o *bridge.Options) {
		o.Carry.Encryption, o.Concurrency = encryption, 1
		o.Trace.Retry = func(_ redferry.URI, part int, err error, _ time.Duration) {
			t.Errorf("part %d is tried again after %v", part, err)
		}
	})
	result, err := c.Copy(t.Context(), dst("k"), unknown("k"))
	says(t, err, r.is, want)
	if result != nil || w.open(t) != 0 || len(w.b.s3.Objects(dst(""))) != 0 {
		t.Errorf("the result is %+v, %d uploads are open", result, w.open(t))
	}
}

// TestKeyDisabledMeanwhile: a key that is disabled while parts are sent ends the copy at
// once. Once it is enabled, the next copy goes on.
func TestKeyDisabledMeanwhile(t *testing.T) {
	inKMS(t, func(t *testing.T, w *world) {
		w.useKeys(t, "kms:None", "kms:*")
		w.put(t, "k", random(5000), nil)
		journal := new(bridge.MemJournal)
		c := w.copier(func(o *bridge.Options) {
			o.Carry.Encryption, o.Concurrency, o.Journal = withKey(targetKey), 1, journal
			o.Trace.Part = func(_ redferry.URI, part int, _ int64) {
				if part == 2 {
					check(t, w.b.s3.SetKey(fakes3.Key{ARN: targetKey, State: fakes3.KeyDisabled}))
				}
			}
			o.Trace.Retry = func(_ redferry.URI, part int, err error, _ time.Duration) {
				t.Errorf("part %d is tried again after %v", part, err)
			}
		})
		_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
		says(t, err, nil, []string{"target: upload part 3 of s3://target/k", "kms:Decrypt on " + targetKey, "enable the key", "copy it again to go on"})
		if !bridge.Resumable(err) {
			t.Error("it is not to be resumed")
		}
		_, err = c.Copy(t.Context(), dst("k"), unknown("k"))
		says(t, err, nil, []string{"target: list parts", "kms:Decrypt on " + targetKey, "enable the key"})
		check(t, w.b.s3.SetKey(fakes3.Key{ARN: targetKey}))
		if result := must(c.Copy(t.Context(), dst("k"), unknown("k")))(t); result.Resumed != 2 {
			t.Errorf("the result is %+v, want two parts resumed", result)
		}
	})
}

// TestKeyThrottled: KMS is asked again when it is asked too much, and if that does not
// end, the error says what helps.
func TestKeyThrottled(t *testing.T) {
	for _, tt := range []struct {
		code   string
		status int
	}{{"ThrottlingException", 400}, {"KMS.ThrottlingException", 400}, {"SlowDown", 503}, {"KMS.KMSInternalException", 400}, {"KMS.DependencyTimeoutException", 400}, {"KMS.KeyUnavailableException", 400}} {
		for op, size := range map[string]int{"PutObject": 100, "UploadPart": 3000} {
			t.Run(tt.code+" "+op, func(t *testing.T) {
				inKMS(t, func(t *testing.T, w *world) {
					w.useKeys(t, "kms:None", "kms:*")
					w.put(t, "k", random(size), nil)
					w.b.s3.Inject(fakes3.Fault{Op: op, Times: 3, Status: tt.status, Code: tt.code})
					c := w.copier(func(o *bridge.Options) { o.Carry.Encryption = withKey(targetKey) })
					_ = must(c.Copy(t.Context(), dst("k"), unknown("k")))(t)
					w.b.s3.Check(t)
					if !strings.HasSuffix(tt.code, "ThrottlingException") {
						return
					}
					w.b.s3.Inject(fakes3.Fault{Op: op, Times: -1, Status: tt.status, Code: tt.code})
					_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
					says(t, err, nil, []string{"target: ", tt.code, targetKey, "a higher quota", "Encryption.BucketKey"})
				})
			})
		}
	}
}

// TestKeyRefusedInARun: a run reports what a key refused as failed, and nothing as
// copied; the ledger has none of it.
func TestKeyRefusedInARun(t *testing.T) {
	inKMS(t, func(t *testing.T, w *world) {
		w.useKeys(t, "kms:None", "kms:GenerateDataKey")
		for i := range 3 {
			w.put(t, fmt.Sprintf("p/%d", i), random(5000), nil)
		}
		var ledger bridge.MemLedger
		c := w.copier(func(o *bridge.Options) { o.Carry.Encryption = withKey(targetKey) })
		failed := 0
		summary, err := c.Sync(t.Context(), w.writeOnly(&ledger), func(e *bridge.Event) error {
			if !errors.Is(e.Err, fs.ErrPermission) || e.Result != nil {
				t.Errorf("told of %+v", e)
			}
			failed++
			return nil
		})
		if err != nil || failed != 3 || summary.Copied != 0 || summary.Failed != 3 {
			t.Errorf("%d failed, the summary is %+v, %v", failed, summary, err)
		}
		for entry, err := range ledger.List(t.Context(), dst("q/"), "") {
			t.Errorf("the ledger has %+v, %v", entry, err)
		}
	})
}

// TestKeyUnexplained: a refusal that says nothing is read in the light of what is known
// of the key.
func TestKeyUnexplained(t *testing.T) {
	inKMS(t, func(t *testing.T, w *world) {
		w.useKeys(t, "kms:None", "kms:*")
		check(t, w.b.s3.SetBucketKey("target", targetKey))
		w.put(t, "k", random(5000), nil)
		w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Status: 403, Code: "AccessDenied"})
		_, err := w.copier(nil).Copy(t.Context(), dst("k"), unknown("k"))
		says(t, err, fs.ErrPermission, []string{"the action s3:PutObject on arn:aws:s3:::target/k, and kms:Decrypt on " + targetKey})
	})
}

// TestPreflightKey: the rights to the key that a copy will encrypt with are found to be
// missing, one at a time.
func TestPreflightKey(t *testing.T) {
	for writer, want := range map[string]string{"kms:None": "kms:GenerateDataKey on " + targetKey, "kms:GenerateDataKey": "kms:Decrypt on the KMS key of the bucket", "kms:*": ""} {
		t.Run(writer, func(t *testing.T) {
			inKMS(t, func(t *testing.T, w *world) {
				w.useKeys(t, "kms:None", writer)
				_, err := w.preflight().Run(t.Context(), &bridge.Options{Carry: bridge.Carry{Encryption: withKey("alias/data")}})
				if errors.Is(err, bridge.ErrRights) != (want != "") || want != "" && (!strings.Contains(err.Error(), want) || strings.Count(err.Error(), "the action") != 1) {
					t.Errorf("error %v, want it to say %q", err, want)
				}
				if open := w.open(t); open != 0 {
					t.Errorf("%d uploads are open", open)
				}
			})
		})
	}
}

// TestPreflightKeyDisabled: a key that is not in use is no question of rights.
func TestPreflightKeyDisabled(t *testing.T) {
	inKMS(t, func(t *testing.T, w *world) {
		w.useKeys(t, "kms:None", "kms:*")
		check(t, w.b.s3.SetBucketKey("target", targetKey))
		_ = disabled(t, w)
		_, err := w.preflight().Run(t.Context(), nil)
		says(t, err, nil, []string{"target: create upload to", "kms:GenerateDataKey on " + targetKey, "enable the key"})
	})
}

// TestWriteTargetIsEncrypted: a manifest is encrypted like the objects it names.
func TestWriteTargetIsEncrypted(t *testing.T) {
	inKMS(t, func(t *testing.T, w *world) {
		w.useKeys(t, "kms:None", "kms:*")
		c := w.copier(func(o *bridge.Options) { o.Carry.Encryption = withKey("alias/data") })
		check(t, c.WriteTarget(t.Context(), dst("k"), []byte("{}")))
		if o, _ := w.b.s3.Object(dst("k")); o.Key != targetKey {
			t.Errorf("it is encrypted with %q", o.Key)
		}
	})
}

// TestNotEncrypted: a target that does not say that it encrypts as it was told to has not
// done so, as far as anybody knows.
func TestNotEncrypted(t *testing.T) {
	for name, answer := range map[string]func(*s3.CreateMultipartUploadOutput, *s3.PutObjectOutput){
		"not at all": func(c *s3.CreateMultipartUploadOutput, p *s3.PutObjectOutput) {
			c.ServerSideEncryption, p.ServerSideEncryption = "", ""
		},
		"with another key": func(c *s3.CreateMultipartUploadOutput, p *s3.PutObjectOutput) {
			c.SSEKMSKeyId, p.SSEKMSKeyId = aws.String(absentKey), aws.String(absentKey)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inKMS(t, func(t *testing.T, w *world) {
				w.useKeys(t, "kms:None", "kms:*")
				for size, want := range map[int][]string{0: {"target: put", "delete the object"}, 100: {"target: put", "delete the object"}, 5000: {"target: create upload to"}} {
					w.put(t, "k", random(size), nil)
					c := bridge.New(&unsealing{w.writer, answer}, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: new(bridge.MemJournal), Carry: bridge.Carry{Encryption: withKey(targetKey)}})
					result, err := c.Copy(t.Context(), dst("k"), unknown("k"))
					says(t, err, nil, append(want, "does not encrypt as it was told to", targetKey))
					if result != nil || w.open(t) != 0 || bridge.Resumable(err) {
						t.Errorf("%d bytes: the result is %+v, %d uploads are open", size, result, w.open(t))
					}
				}
			})
		})
	}
}

// TestNotEncryptedStaysRefused: what was refused as not encrypted is not unchanged the
// next time.
func TestNotEncryptedStaysRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "p/k", []byte("in clear"), nil)
		c := bridge.New(&unsealing{w.writer, func(_ *s3.CreateMultipartUploadOutput, p *s3.PutObjectOutput) { p.ServerSideEncryption = "" }}, w.reader,
			&bridge.Options{Carry: bridge.Carry{Encryption: &bridge.Encryption{Algorithm: types.ServerSideEncryptionAes256}}})
		for run := range 2 {
			summary, err := c.Sync(t.Context(), w.sync(nil), ignore)
			check(t, err)
			if summary.Failed != 1 {
				t.Errorf("run %d: %+v, and the object lies there as the first run left it, which failed for that", run, summary)
			}
		}
	})
}
