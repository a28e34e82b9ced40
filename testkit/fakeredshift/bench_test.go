package fakeredshift_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/memnet"
)

// BenchmarkPGRows is what the PostgreSQL wire adds to a result of 10,000 rows.
func BenchmarkPGRows(b *testing.B) {
	const rows = 10_000
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111122223333")
	if err != nil {
		b.Fatal(err)
	}
	w, err := fakeredshift.New(cloud, account, newToy(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	if err := w.CreateUser("awsuser", "Secret1", true); err != nil {
		b.Fatal(err)
	}
	network := new(memnet.Network)
	l, err := network.Listen(pgHost + ":5439")
	if err != nil {
		b.Fatal(err)
	}
	w.StartPG(l, nil)
	config, err := pgx.ParseConfig("postgres://awsuser:Secret1@" + pgHost + ":5439/dev?sslmode=disable")
	if err != nil {
		b.Fatal(err)
	}
	config.DialFunc, config.LookupFunc = network.DialContext, network.LookupHost
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(context.Background(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for b.Loop() {
		result, err := conn.Query(context.Background(), "SERIES 10000")
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for result.Next() {
			n++
		}
		if n != rows || result.Err() != nil {
			b.Fatalf("%d rows, %v", n, result.Err())
		}
	}
	b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkDataField is what the Data API adds to a value.
func BenchmarkDataField(b *testing.B) {
	text := []byte("a value with \"quotes\" and ümläuts")
	var field []byte
	for b.Loop() {
		field = fakeredshift.AppendField(field[:0], 1043, text)
	}
	b.SetBytes(int64(len(text)))
}
