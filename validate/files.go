package validate

import (
	"context"
	"fmt"

	"github.com/redferry/redferry"
)

// compareFiles holds the manifest against what lies under the move's prefix:
// each file is there with its size, and nothing else is.
func (r *Report) compareFiles(ctx context.Context, files Lister, m *Move) error {
	if files == nil {
		r.add(Check{Name: TargetFile, NotMade: "no key may list the target's bucket"})
		return nil
	}
	if m.Manifest == nil {
		r.add(Check{Name: TargetFile, NotMade: "there is no manifest that names the files"})
		return nil
	}
	moved, err := m.Manifest.Rebase(m.From, m.To)
	if err != nil {
		return err
	}
	missing := make(map[redferry.URI]int64, len(moved.Entries))
	for _, entry := range moved.Entries {
		missing[entry.URL] = entry.Size
	}
	c := Check{Name: TargetFile, Value: fmt.Sprint(len(moved.Entries))}
	folder := m.To.Join("") // ends in a slash: stage/1 is a prefix of stage/10, too
	for file, err := range files.List(ctx, folder) {
		if err != nil {
			return err
		}
		size, listed := missing[file.URI]
		delete(missing, file.URI)
		switch {
		case !listed && file.URI == folder.Join("manifest"):
		case !listed:
			c.found(file.URI, "no such file in the manifest", number(file.Size, "bytes"))
		case size >= 0 && size != file.Size:
			c.found(file.URI, number(size, "bytes in the manifest"), number(file.Size, "bytes"))
		}
	}
	for _, entry := range moved.Entries { // in order, for a report that does not change
		if _, ok := missing[entry.URL]; ok {
			c.found(entry.URL, number(entry.Size, "bytes in the manifest"), "no file")
		}
	}
	r.add(c)
	return nil
}

func (c *Check) found(subject redferry.URI, want, got string) {
	c.Findings = append(c.Findings, Finding{Subject: subject.String(), Want: want, Got: got})
}
