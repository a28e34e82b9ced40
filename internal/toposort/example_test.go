package toposort_test

import (
	"fmt"
	"strings"

	"github.com/redferry/redferry/internal/toposort"
)

func ExampleSort() {
	references := map[string][]string{"fact_sales": {"dim_store", "dim_date"}}
	order, _ := toposort.Sort(
		[]string{"dim_store", "fact_sales", "dim_date"},
		func(table string) []string { return references[table] },
		strings.Compare,
	)
	fmt.Println(order)
	// Output: [dim_date dim_store fact_sales]
}
