package memnet_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/testkit/memnet"
)

// connect returns both ends of a connection.
func connect(t *testing.T) (client, server net.Conn) {
	t.Helper()
	var n memnet.Network
	l, err := n.Listen("somebody:1")
	if err != nil {
		t.Fatal(err)
	}
	var dialed error
	var dial sync.WaitGroup
	dial.Go(func() { client, dialed = n.DialContext(t.Context(), "tcp", "somebody:1") })
	server, err = l.Accept()
	dial.Wait()
	if err := errors.Join(err, dialed, l.Close()); err != nil {
		t.Fatal(err)
	}
	return client, server
}

func TestConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		if got := client.RemoteAddr().String(); got != "somebody:1" {
			t.Errorf("the client called %s", got)
		}
		if n, err := client.Write([]byte("hello")); n != 5 || err != nil {
			t.Errorf("Write without a reader = %d, %v", n, err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if got, err := io.ReadAll(server); string(got) != "hello" || err != nil {
			t.Errorf("read %q, %v, want what was written before the end", got, err)
		}
		for name, end := range map[string]net.Conn{"closed": client, "left": server} {
			if _, err := end.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("Write at the %s end = %v", name, err)
			}
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("Read after Close = %v", err)
		}
	})
}

// TestBytesInOrder: pieces of all sizes arrive as they were written, however they
// are read.
func TestBytesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		random := rand.New(rand.NewPCG(1, 2))
		var sent bytes.Buffer
		var write sync.WaitGroup
		write.Go(func() {
			for range 500 {
				piece := make([]byte, random.IntN(10_000))
				for i := range piece {
					piece[i] = byte(random.Uint32())
				}
				sent.Write(piece)
				if n, err := client.Write(piece); n != len(piece) || err != nil {
					t.Errorf("Write of %d bytes = %d, %v", len(piece), n, err)
				}
			}
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		})
		var got bytes.Buffer
		for size := 1; ; size = size*7%12_001 + 1 {
			piece := make([]byte, size)
			n, err := server.Read(piece)
			got.Write(piece[:n])
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		write.Wait()
		if !bytes.Equal(got.Bytes(), sent.Bytes()) {
			t.Errorf("read %d bytes that are not the %d bytes that were written", got.Len(), sent.Len())
		}
	})
}

// TestLargeWrite: what does not fit waits for the reader.
func TestLargeWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		sent := make([]byte, 1<<20)
		for i := range sent {
			sent[i] = byte(i * i)
		}
		var write sync.WaitGroup
		write.Go(func() {
			if n, err := client.Write(sent); n != len(sent) || err != nil {
				t.Errorf("Write = %d, %v", n, err)
			}
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		})
		if got, err := io.ReadAll(server); string(got) != string(sent) || err != nil {
			t.Errorf("read %d bytes, %v, want %d", len(got), err, len(sent))
		}
		write.Wait()
	})
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := connect(t)
		begin := time.Now()
		late := func(op string, err error) {
			t.Helper()
			var timeout net.Error
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("%s = %v, want os.ErrDeadlineExceeded", op, err)
			}
		}
		set := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		set(client.SetReadDeadline(begin.Add(time.Minute)))
		_, err := client.Read(make([]byte, 1))
		late("Read", err)
		set(client.SetWriteDeadline(begin.Add(time.Hour)))
		n, err := client.Write(make([]byte, 1<<20))
		late("Write", err)
		if n == 0 || n == 1<<20 || time.Since(begin) != time.Hour {
			t.Errorf("%d bytes were written in %v", n, time.Since(begin))
		}
		set(client.SetDeadline(begin)) // long ago
		_, err = client.Read(make([]byte, 1))
		late("Read", err)
		set(client.SetDeadline(time.Time{}))
		time.AfterFunc(time.Hour, func() { set(client.SetReadDeadline(time.Now())) })
		_, err = client.Read(make([]byte, 1))
		late("Read that a new deadline ends", err)
	})
}

func TestCloseEndsWaiting(t *testing.T) {
	for name, operation := range map[string]func(net.Conn) (int, error){
		"Read":  func(c net.Conn) (int, error) { return c.Read(make([]byte, 1)) },
		"Write": func(c net.Conn) (int, error) { return c.Write(make([]byte, 1<<20)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := connect(t)
				var waiting sync.WaitGroup
				for _, end := range []net.Conn{client, server} {
					waiting.Go(func() {
						if _, err := operation(end); err == nil {
							t.Errorf("%s ended without an error", name)
						}
					})
				}
				synctest.Wait()
				if err := client.Close(); err != nil {
					t.Error(err)
				}
				waiting.Wait()
			})
		})
	}
}
