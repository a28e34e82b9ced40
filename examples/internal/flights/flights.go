// Package flights fills a warehouse with what the examples move: real flights
// and airports of the United States, and tables that are meant to hurt.
//
// The data are works of the U.S. government, in the public domain, by way of the
// npm package vega-datasets.
package flights

import (
	"bytes"
	"context"
	_ "embed" // the data
	"fmt"
	"io"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

//go:embed data/airports.csv
var airportsCSV []byte

//go:embed data/flights-jan.parquet
var flightsParquet []byte

// InFile is the number of flights that are carried along.
const InFile = 245_522

// Schema is the schema of all tables.
const Schema = "air"

// A Loader brings files into a table without SQL; the fake warehouse's engine is one.
type Loader interface {
	LoadCSV(ctx context.Context, table redferry.Table, r io.Reader) (int64, error)
	LoadParquet(ctx context.Context, table redferry.Table, r io.Reader) (int64, error)
}

// Fill creates the tables and their rows, with rows flights: those of the file,
// as often as it takes.
func Fill(ctx context.Context, e exec.Executor, files Loader, rows int64) error {
	for _, sql := range definitions {
		if err := run(ctx, e, sql); err != nil {
			return err
		}
	}
	if _, err := files.LoadCSV(ctx, table("airports"), bytes.NewReader(airportsCSV)); err != nil {
		return fmt.Errorf("flights: airports: %w", err)
	}
	if _, err := files.LoadParquet(ctx, table("raw_flights"), bytes.NewReader(flightsParquet)); err != nil {
		return fmt.Errorf("flights: %w", err)
	}
	if err := multiply(ctx, e, rows); err != nil {
		return err
	}
	if err := run(ctx, e, "DROP TABLE air.raw_flights"); err != nil {
		return err
	}
	for _, row := range Hostile {
		_, err := e.Exec(ctx, exec.Statement{
			SQL:  "INSERT INTO " + HostileTable.String() + ` ("it's", "back\slash", "select") VALUES ($1, $2, $3)`,
			Args: []any{row.ID, row.Text, row.Amount}, Label: "hostile row",
		})
		if err != nil {
			return fmt.Errorf("flights: %w", err)
		}
	}
	return nil
}

// multiply copies the raw flights until there are rows of them, each round two
// weeks later.
func multiply(ctx context.Context, e exec.Executor, rows int64) error {
	for round := int64(0); round*InFile < rows; round++ {
		limit := min(rows-round*InFile, InFile)
		err := run(ctx, e, fmt.Sprintf(`INSERT INTO air.flights (date, delay, distance, origin, destination)
			SELECT dateadd(day, %d, date), delay, distance, origin, destination FROM air.raw_flights ORDER BY date, origin, destination, delay LIMIT %d`, 14*round, limit))
		if err != nil {
			return err
		}
	}
	return nil
}

func run(ctx context.Context, e exec.Executor, sql string) error {
	if _, err := e.Exec(ctx, exec.Statement{SQL: sql, Label: "fill"}); err != nil {
		return fmt.Errorf("flights: %w in %s", err, sql)
	}
	return nil
}

func table(name string) redferry.Table { return redferry.Table{Schema: Schema, Name: name} }
