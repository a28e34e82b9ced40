package mem

import (
	"sync"

	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// maxParsed is how many queries an engine remembers. Programs ask the same few
// again and again.
const maxParsed = 500

// parsed are queries by their text, so that each is read once. A query does not
// change when it runs.
type parsed struct {
	mu      sync.Mutex // guards queries
	queries map[spelling]*query.Query
}

// A spelling is the text of a query and how names in it are read.
type spelling struct {
	sql       string
	keepsCase bool
}

func (p *parsed) query(sql string, keepsCase bool) (*query.Query, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := spelling{sql, keepsCase}
	if q, ok := p.queries[key]; ok {
		return q, nil
	}
	q, err := query.Parse(sql, &rsql.Options{CaseSensitive: keepsCase})
	if err != nil {
		return nil, err
	}
	if p.queries == nil || len(p.queries) >= maxParsed {
		p.queries = make(map[spelling]*query.Query)
	}
	p.queries[key] = q
	return q, nil
}
