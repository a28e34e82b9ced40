package sim

import (
	"fmt"
	"strings"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/canary"
	"github.com/redferry/redferry/testkit/pair"
)

// checkSecrets searches everything that a program showed, stored or sent to where
// it does not belong for the secrets of the world: what it printed and returned,
// the URLs of its requests, its disk, the SQL that either warehouse got, the names
// of the objects on either side and the manifests among them.
func (w *World) checkSecrets() error {
	var set canary.Set
	if err := set.Watch(w.Secrets()...); err != nil {
		return err
	}
	for kind, text := range w.scenario.Watch {
		if err := set.Watch(canary.Secret{Kind: kind, Text: creds.NewSecret(text)}); err != nil {
			return err
		}
	}
	for _, s := range append(w.observer.surfaces, w.shown()...) {
		for _, hit := range set.Scan(s.name, []byte(s.text)) {
			w.observer.violation("a secret came out: %s", hit)
		}
	}
	return nil
}

// shown are the surfaces that are still there at the end.
func (w *World) shown() []surface {
	var list []surface
	for _, p := range w.born {
		p.mu.Lock()
		list = append(list, surface{"the output of " + p.name, strings.Join(p.output, "\n")})
		p.mu.Unlock()
	}
	for runner, d := range w.disks {
		for path, content := range d.Files() {
			list = append(list, surface{fmt.Sprintf("the file %s of runner %d", path, runner), content})
		}
	}
	for _, a := range []*pair.Account{w.A, w.B} {
		var b strings.Builder
		for _, q := range a.Warehouse.History() {
			b.WriteString(q.SQL + "\n" + q.Label + "\n" + q.Error + "\n")
		}
		list = append(list, surface{"the SQL of warehouse " + a.Side, b.String()}, surface{"the bucket of " + a.Side, w.bucket(a)})
	}
	return list
}

// bucket is the text of a bucket: the names, and the manifests.
func (w *World) bucket(a *pair.Account) string {
	var b strings.Builder
	for _, o := range a.S3.Objects(a.Stage) {
		b.WriteString(o.URI.Key + "\n")
		if strings.HasSuffix(o.URI.Key, "manifest") {
			if content, err := a.S3.Content(o.URI); err == nil {
				b.Write(content)
			}
		}
	}
	return b.String()
}

// rotate replaces the key that a request uses, or the password of a login.
func (w *World) rotate(k *ticket) {
	var err error
	switch about := k.about.(type) {
	case *message:
		_, err = w.account(about.server).RotateLogin()
	case *request:
		if w.account(about.server) == w.A {
			_, err = w.RotateReader()
		} else {
			_, err = w.RotateWriter()
		}
	}
	if err != nil {
		panic(err) // the world is broken
	}
}
