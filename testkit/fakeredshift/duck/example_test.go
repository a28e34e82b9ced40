//go:build cgo

package duck_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
)

// An engine is usually given to fakeredshift.New; this is what the warehouse
// does with it.
func Example() {
	ctx := context.Background()
	engine, err := duck.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = engine.Close() }()
	session, err := engine.Connect(ctx, fakeredshift.Session{PID: 1, User: "admin", Database: "dev"})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = session.Close() }()

	if _, err := session.Run(ctx, `CREATE TABLE cities (id INT IDENTITY(1, 1), name VARCHAR(10) NOT NULL) DISTSTYLE ALL SORTKEY (name)`, nil); err != nil {
		log.Fatal(err)
	}
	rows, err := engine.LoadCSV(ctx, redferry.Table{Schema: "public", Name: "cities"}, strings.NewReader("name\nUlm\nBonn\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows, "rows")

	result, err := session.Run(ctx, `SELECT id, name FROM cities WHERE name LIKE $1 ORDER BY name`, []*string{new("%n%")})
	if err != nil {
		log.Fatal(err)
	}
	row := make([][]byte, len(result.Columns))
	for result.Read(row) != io.EOF {
		fmt.Printf("%s %s\n", row[0], row[1])
	}

	_, err = session.Run(ctx, `INSERT INTO cities (name) VALUES ('Gelsenkirchen')`, nil)
	var refusal *fakeredshift.Error
	if errors.As(err, &refusal) {
		fmt.Println(refusal.SQLState, refusal.Message)
	}
	// Output:
	// 2 rows
	// 2 Bonn
	// 22001 value too long for type character varying(10)
}
