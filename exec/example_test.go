package exec_test

import (
	"context"
	"fmt"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
)

// warehouse stands for direct.Open or dataapi.New.
func warehouse() *exectest.Executor {
	return exectest.New(func(_ context.Context, s exec.Statement) (*exectest.Answer, error) {
		if s.SQL == "SELECT count(*) FROM sales.orders" {
			return exectest.Table([]string{"count int8"}, []exec.Value{int64(3)}), nil
		}
		return exectest.Table([]string{"id int4", "name varchar"}, []exec.Value{int64(1), "Ada"}, []exec.Value{int64(2), nil}), nil
	})
}

func ExampleCollect() {
	ctx := context.Background()
	rows, err := warehouse().Query(ctx, exec.Statement{SQL: "SELECT id, name FROM people WHERE team = $1", Args: []any{"a"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	type person struct {
		id   int
		name *string // NULL is nil
	}
	people, err := exec.Collect(rows, func(r *exec.Rows) (p person, err error) {
		err = r.Scan(&p.id, &p.name)
		return p, err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range people {
		if p.name == nil {
			fmt.Println(p.id, "has no name")
			continue
		}
		fmt.Println(p.id, *p.name)
	}
	// Output:
	// 1 Ada
	// 2 has no name
}

func ExampleScalar() {
	ctx := context.Background()
	rows, err := warehouse().Query(ctx, exec.Statement{SQL: "SELECT count(*) FROM sales.orders"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(exec.Scalar[int64](rows))
	// Output: 3 <nil>
}

// Statements that are expected to end soon go over the direct connection, all
// others through the Data API; what never started is tried again.
func ExampleAuto() {
	direct, dataAPI := warehouse(), warehouse()
	e := exec.Retry(exec.Auto(direct, dataAPI, nil), nil)
	ctx := context.Background()
	for _, s := range []exec.Statement{
		{SQL: "SELECT 1", Expect: 1e9},
		{SQL: "UNLOAD ('SELECT 1') TO 's3://bucket/prefix/' IAM_ROLE default"},
	} {
		if _, err := e.Exec(ctx, s); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(len(direct.Statements()), "direct,", len(dataAPI.Statements()), "through the Data API")
	// Output: 1 direct, 1 through the Data API
}

func ExampleAtomically() {
	e := warehouse()
	results, err := exec.Atomically(context.Background(), e,
		exec.Statement{SQL: "DELETE FROM sales.orders WHERE day = $1", Args: []any{"2001-01-31"}},
		exec.Statement{SQL: "INSERT INTO sales.orders SELECT * FROM stage.orders"},
	)
	fmt.Println(len(results), err)
	// Output: 2 <nil>
}
