package mem

import "github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"

// A stamp is a transaction as its row versions know it.
type stamp struct {
	commit uint64 // the number of its commit, 0 before
}

// A version is one version of a row.
type version struct {
	values []query.Value // by attnum; never changed
	made   *stamp
	gone   *stamp // nil while nobody has deleted it
}

// A storage holds the rows of a table, in the order in which they came. It is
// used under Engine.mu.
type storage struct {
	made  *stamp // by whom the table was created
	rows  []*version
	added int64 // rows since the last VACUUM or TRUNCATE, deleted ones among them
}

// visible reports whether a transaction with this snapshot and stamp sees v.
func (v *version) visible(snapshot uint64, own *stamp) bool {
	return seen(v.made, snapshot, own) && (v.gone == nil || !seen(v.gone, snapshot, own))
}

func seen(s *stamp, snapshot uint64, own *stamp) bool {
	return s == own && own != nil || s.commit != 0 && s.commit <= snapshot
}

// versions are those that a transaction sees.
func (s *storage) versions(snapshot uint64, own *stamp) []*version {
	visible := make([]*version, 0, len(s.rows))
	for _, v := range s.rows {
		if v.visible(snapshot, own) {
			visible = append(visible, v)
		}
	}
	return visible
}

// undo takes back what a transaction did.
func (s *storage) undo(own *stamp) {
	kept := s.rows[:0]
	for _, v := range s.rows {
		if v.made == own {
			s.added--
			continue
		}
		if v.gone == own {
			v.gone = nil
		}
		kept = append(kept, v)
	}
	clear(s.rows[len(kept):])
	s.rows = kept
}

// sweep forgets versions that were deleted by the time of oldest, and reports
// whether others remain that are deleted.
func (s *storage) sweep(oldest uint64) (remain bool) {
	kept := s.rows[:0]
	for _, v := range s.rows {
		if v.gone != nil && v.gone.commit != 0 && v.gone.commit <= oldest {
			continue
		}
		remain = remain || v.gone != nil
		kept = append(kept, v)
	}
	clear(s.rows[len(kept):])
	s.rows = kept
	return remain
}

// live counts the rows that are committed and not deleted.
func (s *storage) live() int64 {
	n := int64(0)
	for _, v := range s.rows {
		if v.made.commit != 0 && (v.gone == nil || v.gone.commit == 0) {
			n++
		}
	}
	return n
}
