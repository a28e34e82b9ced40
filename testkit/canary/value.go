package canary

import (
	"encoding/json"
	"fmt"
	"io/fs"
)

// verbs are those under which a value may get into a log.
var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"}

// ScanValue looks for the secrets in a value as fmt prints it under its verbs and
// as encoding/json writes it; of an error also in each error that it wraps, as
// each of them may be printed by itself. What only a debugger sees is not looked
// at: fmt does not follow pointers inside of a value.
func (s *Set) ScanValue(surface string, v any) []Hit {
	var hits []Hit
	for _, verb := range verbs {
		hits = append(hits, s.Scan(surface+" as "+verb, fmt.Appendf(nil, verb, v))...)
	}
	if text, err := json.Marshal(v); err == nil {
		hits = append(hits, s.Scan(surface+" as JSON", text)...)
	}
	switch wrapper := v.(type) {
	case interface{ Unwrap() error }:
		if err := wrapper.Unwrap(); err != nil {
			hits = append(hits, s.ScanValue(surface+", unwrapped", err)...)
		}
	case interface{ Unwrap() []error }:
		for i, err := range wrapper.Unwrap() {
			hits = append(hits, s.ScanValue(fmt.Sprintf("%s, unwrapped %d", surface, i), err)...)
		}
	}
	return hits
}

// CheckValue fails the test for each hit of [Set.ScanValue], and if s watches
// nothing.
func (s *Set) CheckValue(t TB, surface string, v any) {
	t.Helper()
	s.report(t, surface, s.ScanValue(surface, v))
}

// ScanFiles looks for the secrets in the names and the contents of all files of
// fsys. A file that cannot be read is an error, with what was found so far.
func (s *Set) ScanFiles(surface string, fsys fs.FS) ([]Hit, error) {
	var hits []Hit
	err := fs.WalkDir(fsys, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hits = append(hits, s.Scan(surface+", a name", []byte(path))...)
		if entry.IsDir() {
			return nil
		}
		content, err := fs.ReadFile(fsys, path)
		hits = append(hits, s.Scan(surface+", "+path, content)...)
		return err
	})
	if err != nil {
		return hits, fmt.Errorf("canary: %s: %w", surface, err)
	}
	return hits, nil
}

// CheckFiles fails the test for each hit of [Set.ScanFiles], for a file that it
// cannot read, and if s watches nothing.
func (s *Set) CheckFiles(t TB, surface string, fsys fs.FS) {
	t.Helper()
	hits, err := s.ScanFiles(surface, fsys)
	if err != nil {
		t.Errorf("%v", err)
	}
	s.report(t, surface, hits)
}
