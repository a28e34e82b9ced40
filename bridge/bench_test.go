package bridge_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/internal/crc64"
)

// A nullS3 answers as if every object had the same bytes, and forgets what it is
// sent. It works as little as it can, so that a benchmark measures the client.
type nullS3 struct {
	content []byte
	sum     string // of content
	page    string // the answer to a listing
	parts   string // the list of the parts of an upload

	mu    sync.Mutex // guards conns
	conns []net.Conn
}

// serve answers on l until that is closed.
func (s *nullS3) serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
		go s.converse(conn)
	}
}

// end ends all connections, so that their ends at the client end, too.
func (s *nullS3) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		_ = conn.Close()
	}
}

func (s *nullS3) converse(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in, out := bufio.NewReaderSize(conn, 64<<10), bufio.NewWriterSize(conn, 64<<10)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		header, err := textproto.NewReader(in).ReadMIMEHeader()
		if err != nil {
			return
		}
		if header.Get("Expect") != "" {
			_, _ = io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n")
		}
		length, _ := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
		if _, err := io.CopyN(io.Discard, in, length); err != nil {
			return
		}
		s.answer(out, line, header)
		if out.Flush() != nil {
			return
		}
	}
}

func (s *nullS3) answer(out *bufio.Writer, line string, header textproto.MIMEHeader) {
	body, more := "", ""
	switch method, rest, _ := strings.Cut(line, " "); {
	case strings.Contains(rest, "list-type="):
		body = s.page
	case method == "GET" && strings.Contains(rest, "uploadId="):
		body = s.parts
	case method == "GET" || method == "HEAD":
		content, status := s.content, "200 OK"
		var from, to int
		if _, err := fmt.Sscanf(header.Get("Range"), "bytes=%d-%d", &from, &to); err == nil {
			content, status = content[from:to+1], fmt.Sprintf("206 Partial Content\r\nContent-Range: bytes %d-%d/%d", from, to, len(content))
		}
		fmt.Fprintf(out, "HTTP/1.1 %s\r\nContent-Length: %d\r\nETag: \"e\"\r\nx-amz-checksum-crc64nvme: %s\r\nx-amz-checksum-type: FULL_OBJECT\r\n\r\n", status, len(content), s.sum)
		if method == "GET" {
			_, _ = out.Write(content)
		}
		return
	case strings.Contains(rest, "uploads="):
		body = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
	case method == "POST":
		body = "<CompleteMultipartUploadResult><ETag>e</ETag><ChecksumCRC64NVME>" + s.sum + "</ChecksumCRC64NVME></CompleteMultipartUploadResult>"
	case strings.Contains(rest, "partNumber="):
		// Every part has the same length, and so the same sum.
		n, _ := strconv.Atoi(header.Get("Content-Length"))
		more = "x-amz-checksum-crc64nvme: " + crc64.Encode(crc64.Checksum(s.content[:n])) + "\r\n"
	default:
		more = "x-amz-checksum-crc64nvme: " + s.sum + "\r\n"
	}
	fmt.Fprintf(out, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"e\"\r\n%s\r\n%s", len(body), more, body)
}

// access begins to serve until the benchmark ends.
func (s *nullS3) access(b *testing.B) bridge.Access {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go s.serve(l)
	b.Cleanup(func() { _ = l.Close(); s.end() })
	return bridge.Access{
		Region: "us-east-1", Endpoint: "http://" + l.Addr().String(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""),
	}
}

func (s *nullS3) copier(b *testing.B, opts *bridge.Options) *bridge.Copier {
	b.Helper()
	client, err := bridge.NewClient(s.access(b))
	if err != nil {
		b.Fatal(err)
	}
	return bridge.New(client, client, opts)
}

func nothing(size int) *nullS3 {
	content := make([]byte, size) // zeros: each range of a length has the same sum
	return &nullS3{content: content, sum: crc64.Encode(crc64.Checksum(content))}
}

// BenchmarkObject copies objects of 8 KiB, each with one request to either side.
func BenchmarkObject(b *testing.B) {
	c := nothing(8<<10).copier(b, nil)
	b.SetBytes(8 << 10)
	b.ReportAllocs()
	jobs := func(yield func(bridge.Job, error) bool) {
		for range b.N {
			if !yield(bridge.Job{Dst: dst("k"), Src: bridge.Object{URI: src("k"), ETag: `"e"`, Size: 8 << 10}}, nil) {
				return
			}
		}
	}
	copyJobs(b, c, jobs)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

func copyJobs(b *testing.B, c *bridge.Copier, jobs iter.Seq2[bridge.Job, error]) {
	b.Helper()
	if err := c.CopyAll(b.Context(), jobs, func(_ bridge.Job, _ *bridge.Result, err error) error { return err }); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkParts copies an object of 64 parts of 1 MiB; what it allocates, per part.
func BenchmarkParts(b *testing.B) {
	const parts, size = 64, 1 << 20
	server := nothing(parts * size)
	var list strings.Builder
	for n := range parts {
		fmt.Fprintf(&list, `<Part><PartNumber>%d</PartNumber><ETag>"e"</ETag></Part>`, n+1)
	}
	server.parts = "<ListPartsResult>" + list.String() + "</ListPartsResult>"
	c := server.copier(b, &bridge.Options{PartSize: size})
	b.SetBytes(parts * size)
	b.ReportAllocs()
	for b.Loop() {
		r, err := c.Copy(b.Context(), dst("k"), bridge.Object{URI: src("k"), Size: parts * size})
		if err != nil || r.Parts != parts || r.Level != bridge.Stored {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(b.N*parts)/b.Elapsed().Seconds(), "parts/s")
}

// BenchmarkList lists pages of a thousand keys.
func BenchmarkList(b *testing.B) {
	var page bytes.Buffer
	page.WriteString(`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>`)
	for i := range 1000 {
		fmt.Fprintf(&page, `<Contents><Key>unload/orders/%06d_part_00.parquet</Key><LastModified>2026-11-21T10:30:00.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>`, i, i)
	}
	page.WriteString(`</ListBucketResult>`)
	client, err := bridge.NewClient((&nullS3{page: page.String()}).access(b))
	if err != nil {
		b.Fatal(err)
	}
	l := bridge.NewLister(client, nil)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range l.List(b.Context(), redferry.URI{Bucket: "source"}, "") {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 1000 {
			b.Fatalf("%d keys", n)
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "keys/s")
}
