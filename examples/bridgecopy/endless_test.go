package main

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/redferry/redferry/internal/crc64"
)

// An endless source makes one object of any size up, p/k in any bucket, and
// keeps nothing of what it is sent but lengths and checksums. It speaks just
// enough of S3 for a multipart copy over HTTPS, and checks no signature.
type endless struct {
	size  int64
	block []byte // the object is this over and over
	sum   uint64

	mu    sync.Mutex // guards all below
	parts map[int]received
	done  int64
}

type received struct {
	size int64
	sum  uint64
}

func newEndless(size int64) *endless {
	s := &endless{size: size, block: make([]byte, 1<<20), parts: make(map[int]received)}
	state := uint64(1)
	for i := range s.block {
		state = state*6364136223846793005 + 1442695040888963407
		s.block[i] = byte(state >> 56)
	}
	one, shift := crc64.Checksum(s.block), crc64.NewShift(1<<20)
	for range size >> 20 {
		s.sum = shift.Combine(s.sum, one)
	}
	return s
}

// completed is the size of the object that was put together.
func (s *endless) completed() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}

func (s *endless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case q.Has("list-type"):
		s.answer(w, `<ListBucketResult><Contents><Key>p/k</Key><ETag>"e"</ETag><Size>%d</Size></Contents><IsTruncated>false</IsTruncated></ListBucketResult>`, s.size)
	case r.Method == http.MethodHead || r.Method == http.MethodGet:
		s.read(w, r)
	case q.Has("uploads"):
		s.answer(w, `<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>`)
	case r.Method == http.MethodPut:
		s.receive(w, r)
	case r.Method == http.MethodPost:
		s.complete(w, r)
	default:
		http.Error(w, "not needed here", http.StatusNotImplemented)
	}
}

func (s *endless) answer(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, xml.Header+format, args...) // a reader that went away fails on its own
}

func (s *endless) read(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"e"`)
	from, to := int64(0), s.size-1
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to); err != nil {
		w.Header().Set("X-Amz-Checksum-Crc64nvme", crc64.Encode(s.sum))
		w.Header().Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	}
	w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, s.size))
	w.Header().Set("Content-Length", strconv.FormatInt(to-from+1, 10))
	if r.Method == http.MethodHead {
		return
	}
	w.WriteHeader(http.StatusPartialContent)
	for from <= to {
		at := from % int64(len(s.block))
		n, err := w.Write(s.block[at:min(int64(len(s.block)), at+to-from+1)])
		if err != nil {
			return
		}
		from += int64(n)
	}
}

// receive takes one part: one chunk and a trailer that must fit.
func (s *endless) receive(w http.ResponseWriter, r *http.Request) {
	body := bufio.NewReaderSize(r.Body, 64<<10)
	head, _ := body.ReadString('\n') // what is missing is no number
	size, err := strconv.ParseInt(strings.TrimSpace(head), 16, 64)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var sum summer
	n, err := io.Copy(&sum, io.LimitReader(body, size))
	rest, again := io.ReadAll(body)
	if err != nil || again != nil || n != size || !strings.Contains(string(rest), crc64.Encode(uint64(sum))) {
		http.Error(w, "a part does not fit its trailer", http.StatusBadRequest)
		return
	}
	part, err := strconv.Atoi(r.URL.Query().Get("partNumber"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.parts[part] = received{size, uint64(sum)}
	s.mu.Unlock()
	w.Header().Set("ETag", fmt.Sprintf(`"%d"`, part))
	w.Header().Set("X-Amz-Checksum-Crc64nvme", crc64.Encode(uint64(sum)))
}

// complete puts the checksums together, and compares.
func (s *endless) complete(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var whole received
	for part := 1; part <= len(s.parts); part++ {
		p := s.parts[part]
		whole = received{whole.size + p.size, crc64.Combine(whole.sum, p.sum, p.size)}
	}
	if whole.sum != s.sum || r.Header.Get("X-Amz-Checksum-Crc64nvme") != crc64.Encode(s.sum) {
		http.Error(w, "the object differs", http.StatusBadRequest)
		return
	}
	s.done = whole.size
	s.answer(w, `<CompleteMultipartUploadResult><ETag>"done"</ETag><ChecksumCRC64NVME>%s</ChecksumCRC64NVME></CompleteMultipartUploadResult>`, crc64.Encode(s.sum))
}

type summer uint64

func (s *summer) Write(p []byte) (int, error) {
	*s = summer(crc64.Update(uint64(*s), p))
	return len(p), nil
}
