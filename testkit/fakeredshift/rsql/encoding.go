package rsql

import (
	"slices"
	"strings"
)

// encoding takes the name of an encoding and returns it in lower case.
func (p *parser) encoding() string {
	name := strings.ToLower(p.upper())
	if name != "" && encodable(name) == nil {
		p.fail(syntaxError, "encoding %q is not a column encoding", name)
	}
	return name
}

// encodable returns the types that an encoding is for, nil if there is no such
// encoding. Source: Database Developer Guide, "Compression encodings". That page
// says nothing of TIME and VARBYTE, which by the page of CREATE TABLE get AZ64 and
// LZO, and nothing of intervals: these three are taken as their neighbours are.
func encodable(encoding string) []uint32 {
	times := []uint32{Date, Time, Timetz, Timestamp, Timestamptz}
	whole := []uint32{Int2, Int4, Int8, Numeric}
	text := []uint32{Bpchar, Varchar}
	floats := []uint32{Float4, Float8}
	switch encoding {
	case "raw":
		return []uint32{
			Bool, Int2, Int4, Int8, Float4, Float8, Numeric, Bpchar, Varchar, Date, Time, Timetz, Timestamp,
			Timestamptz, IntervalY2M, IntervalD2S, HLLSketch, Geometry, Geography, Super, Varbyte,
		}
	case "az64":
		return slices.Concat(whole, times, []uint32{IntervalY2M, IntervalD2S})
	case "bytedict":
		return slices.Concat(whole, floats, text, times)
	case "delta":
		return slices.Concat(whole, times)
	case "delta32k":
		return slices.Concat(whole[1:], times)
	case "lzo":
		return slices.Concat(whole, text, times, []uint32{Super, Varbyte})
	case "mostly8":
		return whole
	case "mostly16":
		return whole[1:]
	case "mostly32":
		return whole[2:]
	case "runlength":
		return slices.Concat(whole, floats, text, times, []uint32{Bool})
	case "text255", "text32k":
		return []uint32{Varchar}
	case "zstd":
		return slices.Concat(whole, floats, text, times, []uint32{Bool, Super, Varbyte})
	}
	return nil
}
