package listxml_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/internal/listxml"
)

// Documents that are read: as AWS sends them, and as others do.
var read = []string{
	`<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>p/</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>1&amp;2==</NextContinuationToken><Contents><Key>p/a%2Bb</Key><LastModified>2026-11-21T10:30:00.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>17</Size><StorageClass>STANDARD</StorageClass></Contents><Contents><Key>p/ü</Key><LastModified></LastModified><ETag>&#34;a-2&#34;</ETag><Size>5497558138880</Size><Owner><ID>i</ID><DisplayName/></Owner></Contents></ListBucketResult>`,
	"<ListBucketResult>\n  <IsTruncated>false</IsTruncated>\n  <Prefix/>\n  <Contents>\n    <Key>a b</Key>\n    <ETag>\"x\"</ETag>\n    <Size>0</Size>\n    <RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus>\n  </Contents>\n  <CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes>\n</ListBucketResult>\n",
	`<?xml version="1.0"?><ListBucketResult><Contents></Contents><IsTruncated>false</IsTruncated></ListBucketResult>`,
	`<ListBucketResult><Next>n</Next><IsTruncated>true</IsTruncated><Other>text<Deep>t</Deep>&amp;</Other><Contents><New><A/></New><Key>k</Key></Contents></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>first</Key><Key>second&lt;&gt;&apos;</Key></Contents></ListBucketResult>`,
}

// Documents that are left to others: errors, and what XML has beside.
var left = []string{
	``, `<`, `<>`, `</ListBucketResult>`, `<ListBucketResult>`, `<ListBucketResult/>`, `<ListAllMyBucketsResult></ListAllMyBucketsResult>`,
	`<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>`,
	`<Error><Code>InternalError</Code></Error>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Contents></ListBucketResult></Contents>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><contents></contents></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Contents><key>k</key></Contents></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Key>k</Key></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Other><Contents></Contents></Other></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Other>&nbsp;</Other></ListBucketResult>`,
	`<s3:ListBucketResult></s3:ListBucketResult>`,
	`<ListBucketResult xmlns:a="b"><IsTruncated>false</IsTruncated></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><!-- a comment --></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key><![CDATA[k]]></Key></Contents></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>&#x2603;</Key></Contents></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>&nbsp;</Key></Contents></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>&amp</Key></Contents></ListBucketResult>`,
	"<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a\rb</Key></Contents></ListBucketResult>",
	"<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a\x01b</Key></Contents></ListBucketResult>",
	"<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a\xffb</Key></Contents></ListBucketResult>",
	`<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a]]>b</Key></Contents></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Size>1 </Size></Contents></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Size>1e3</Size></Contents></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>k<b/></Key></Contents></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>TRUE</IsTruncated></ListBucketResult>`,
	`<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>more`,
	`<ListBucketResult><IsTruncated>false</IsTruncated>text</ListBucketResult>`,
	`<?xml version="1.0" encoding="ISO-8859-1"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`,
}

func TestParse(t *testing.T) {
	for _, document := range read {
		if !agrees(t, document) {
			t.Errorf("not read: %s", document)
		}
	}
	for _, document := range left {
		if page, ok := listxml.Parse(document); ok {
			t.Errorf("read as %+v: %s", page, document)
		}
	}
}

// agrees reports whether document is read, and compares it with what encoding/xml
// makes of it.
func agrees(t *testing.T, document string) bool {
	t.Helper()
	got, ok := listxml.Parse(document)
	if !ok {
		return false
	}
	var want struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           []bool
		NextContinuationToken []string
		EncodingType          []string
		Contents              []struct {
			Key, ETag []string
			Size      []int64
		}
	}
	if err := xml.Unmarshal([]byte(document), &want); err != nil {
		t.Errorf("%q: it is read, and encoding/xml says %v", document, err)
		return true
	}
	page := &listxml.Page{Truncated: last(want.IsTruncated), Next: last(want.NextContinuationToken), Encoding: last(want.EncodingType)}
	for _, c := range want.Contents {
		page.Objects = append(page.Objects, listxml.Object{Key: last(c.Key), ETag: last(c.ETag), Size: last(c.Size)})
	}
	if diff := cmp.Diff(page, got); diff != "" {
		t.Errorf("%q (-encoding/xml +got):\n%s", document, diff)
	}
	return true
}

func last[T any](values []T) (v T) {
	if len(values) > 0 {
		v = values[len(values)-1]
	}
	return v
}

// FuzzParse: whatever is read is what encoding/xml reads.
func FuzzParse(f *testing.F) {
	for _, document := range append(read, left...) {
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document string) { agrees(t, document) })
}

func BenchmarkParse(b *testing.B) {
	var doc strings.Builder
	doc.WriteString(`<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>`)
	for i := range 1000 {
		fmt.Fprintf(&doc, `<Contents><Key>unload/table/%06d_part_00.parquet</Key><LastModified>2026-11-21T10:30:00.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>`, i, i)
	}
	doc.WriteString(`</ListBucketResult>`)
	document := doc.String()
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if page, ok := listxml.Parse(document); !ok || len(page.Objects) != 1000 {
			b.Fatal("not read")
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "keys/s")
}
