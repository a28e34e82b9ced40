package mem

import (
	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
)

// Rows returns the rows of a table as they are committed at this moment, as text;
// a nil cell is NULL. Unlike a SELECT it waits for no lock, so a test may look at
// any moment. Ok is false if there is no such table.
func (e *Engine) Rows(name redferry.Table) (rows [][][]byte, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.catalog.names[tableName{name.Schema, name.Name}]
	if t == nil || t.data == nil {
		return nil, false
	}
	fields := t.fields()
	for _, v := range t.data.rows {
		if v.made.commit == 0 || v.gone != nil && v.gone.commit != 0 {
			continue
		}
		row := make([][]byte, len(fields))
		for i, value := range t.row(v.values) {
			if value != nil {
				row[i] = query.Text(value, fields[i].Type)
			}
		}
		rows = append(rows, row)
	}
	return rows, true
}
