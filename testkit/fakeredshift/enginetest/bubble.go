package enginetest

import (
	"testing"
	"testing/synctest"
	"time"
)

func testEverythingRunsInABubble(t *testing.T, open opener) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStorage(t)
		u := Connect(t, open(t), 7, s)
		u.Do("CREATE TABLE a (id INT, at TIMESTAMP DEFAULT getdate())", "CREATE TABLE b (id INT, at TIMESTAMP)", "INSERT INTO a (id) VALUES (1), (2), (3)",
			s.With(`UNLOAD ('SELECT id, at FROM a') TO 's3://bucket/x/' {role} FORMAT PARQUET MANIFEST`),
			s.With(`COPY b FROM 's3://bucket/x/manifest' {role} FORMAT PARQUET MANIFEST`))
		if got := u.One("SELECT count(*), min(at) FROM b"); got != "3|2000-01-01 00:00:00" {
			t.Errorf("the engine does not keep the bubble's time: %s", got)
		}
		start := time.Now()
		time.Sleep(time.Hour)
		if time.Since(start) != time.Hour {
			t.Error("time stands still")
		}
		s.CloseIdleConnections()
	})
}
