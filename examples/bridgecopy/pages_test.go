package main

import (
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
)

// A catalog lists objects that it makes up, the same ones under the prefix of either
// side, a thousand on a page. It holds no page, and does nothing else.
type catalog struct {
	keys   int
	pages  atomic.Int64
	onPage func() // called before each page of the source; nil for nothing
}

// nameOf is the key of object n below a prefix: long enough to be one of a data lake.
func nameOf(n int) string { return fmt.Sprintf("unload/orders/%08d_part_00.parquet", n) }

// sameETag is the ETag of all objects, without its quotes: they differ in their size.
const sameETag = "d41d8cd98f00b204e9800998ecf8427e"

func (c *catalog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if r.Method != http.MethodGet || !q.Has("list-type") {
		http.Error(w, "not needed here", http.StatusNotImplemented)
		return
	}
	if c.onPage != nil && strings.HasPrefix(r.URL.Path, "/source") {
		c.onPage()
	}
	c.pages.Add(1)
	from, _ := strconv.Atoi(q.Get("continuation-token")) // 0 for the first page
	if after := q.Get("start-after"); after != "" {
		from = sort.Search(c.keys, func(n int) bool { return q.Get("prefix")+nameOf(n) > after })
	}
	size, err := strconv.Atoi(q.Get("max-keys"))
	if err != nil {
		size = 1000
	}
	_, _ = w.Write(c.page(q.Get("prefix"), from, size)) // a reader that went away fails on its own
}

func (c *catalog) page(prefix string, from, size int) []byte {
	to := min(from+size, c.keys)
	page := fmt.Appendf(nil, `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>%t</IsTruncated><NextContinuationToken>%d</NextContinuationToken>`, to < c.keys, to)
	for n := from; n < to; n++ {
		page = fmt.Appendf(page, `<Contents><Key>%s%s</Key><LastModified>2026-11-21T10:30:00.000Z</LastModified><ETag>&quot;%s&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>`,
			prefix, nameOf(n), sameETag, n)
	}
	return append(page, `</ListBucketResult>`...)
}
