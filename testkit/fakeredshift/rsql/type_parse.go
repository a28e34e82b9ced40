package rsql

import (
	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// ParseType reads the name of a type as it stands in CREATE TABLE or in a cast:
// "varchar(40)", "double precision", "timestamp with time zone".
func ParseType(sql string) (fakeredshift.Type, error) {
	p := newParser(sql, nil)
	t := p.dataType()
	p.end()
	return t, p.err
}

// dataType takes the name of a type with its numbers.
func (p *parser) dataType() fakeredshift.Type {
	switch p.peek().Kind {
	case sqltext.Word, sqltext.Quoted:
	default:
		p.unexpected()
		return fakeredshift.Type{}
	}
	word, _ := p.next().Identifier(false)
	switch word {
	case "char", "character", "nchar":
		if p.accept("varying") {
			return p.sized(Varchar, "varchar", 1, maxVarchar)
		}
		return p.sized(Bpchar, "char", 1, maxChar)
	case "bpchar":
		return p.sized(Bpchar, "char", defaultVarchar, maxChar)
	case "varchar", "nvarchar", "text":
		return p.sized(Varchar, "varchar", defaultVarchar, maxVarchar)
	case "varbyte", "varbinary":
		return p.sized(Varbyte, "varbyte", defaultVarbyte, maxVarbyte)
	case "binary":
		p.expect("varying")
		return p.sized(Varbyte, "varbyte", defaultVarbyte, maxVarbyte)
	case "numeric", "decimal", "dec":
		return p.numeric()
	case "time":
		return p.zoned(Time, Timetz)
	case "timestamp":
		return p.zoned(Timestamp, Timestamptz)
	case "interval":
		return p.interval()
	case "double":
		p.expect("precision")
		return builtin(Float8)
	}
	return p.plainType(word)
}

// plainType is a type of one word without numbers.
func (p *parser) plainType(word string) fakeredshift.Type {
	switch word {
	case "bool", "boolean":
		return builtin(Bool)
	case "smallint", "int2":
		return builtin(Int2)
	case "int", "integer", "int4":
		return builtin(Int4)
	case "bigint", "int8":
		return builtin(Int8)
	case "real", "float4":
		return builtin(Float4)
	case "float", "float8":
		return builtin(Float8)
	case "date":
		return builtin(Date)
	case "timetz":
		return builtin(Timetz)
	case "timestamptz":
		return builtin(Timestamptz)
	case "super":
		return builtin(Super)
	case "geometry":
		return builtin(Geometry)
	case "geography":
		return builtin(Geography)
	case "hllsketch":
		return builtin(HLLSketch)
	case "abstime", "bit", "box", "bytea", "cidr", "circle", "inet", "line", "lseg", "macaddr", "money", "name", "oid",
		"path", "point", "polygon", "regclass", "reltime", "tid", "varbit", "xid":
		p.fail(unsupported, "unsupported type %q", word)
	default:
		p.fail(undefinedType, "type %q does not exist", word)
	}
	return fakeredshift.Type{}
}

// sized takes (n) or (MAX), and the default without either.
func (p *parser) sized(oid uint32, word string, size, most int) fakeredshift.Type {
	t := builtin(oid)
	if p.accept("(") {
		if p.accept("max") {
			size = most
		} else {
			size = p.size(word, most)
		}
		p.expect(")")
	}
	t.Modifier = int32(size) + header
	return t
}

func (p *parser) size(word string, most int) int {
	n := p.integer()
	if n > int64(most) {
		p.fail(invalidParameter, "length for type %s cannot exceed %d", word, most)
		return 0
	}
	if n < 1 {
		p.fail(invalidParameter, "length for type %s must be at least 1", word)
		return 0
	}
	return int(n)
}

func (p *parser) numeric() fakeredshift.Type {
	precision, scale := int64(defaultPrecision), int64(0)
	if p.accept("(") {
		precision = p.integer()
		if p.accept(",") {
			scale = p.integer()
		}
		p.expect(")")
	}
	switch {
	case precision < 1 || precision > maxPrecision:
		p.fail(invalidParameter, "NUMERIC precision %d must be between 1 and %d", precision, maxPrecision)
		return fakeredshift.Type{}
	case scale < 0 || scale > min(precision, maxScale):
		p.fail(invalidParameter, "NUMERIC scale %d must be between 0 and precision %d", scale, precision)
		return fakeredshift.Type{}
	}
	t := builtin(Numeric)
	t.Modifier = int32(precision<<16|scale) + header
	return t
}

// zoned takes WITH or WITHOUT TIME ZONE.
func (p *parser) zoned(without, with uint32) fakeredshift.Type {
	if p.accept("with", "time", "zone") {
		return builtin(with)
	}
	p.accept("without", "time", "zone")
	return builtin(without)
}

// interval takes the qualifier of an interval, which a column must have.
func (p *parser) interval() fakeredshift.Type {
	switch from := p.upper(); from {
	case "YEAR", "MONTH":
		if from == "YEAR" && p.accept("to") {
			p.expect("month")
		}
		return builtin(IntervalY2M)
	case "DAY", "HOUR", "MINUTE", "SECOND":
		if p.accept("to") && p.oneOf("hour", "minute", "second") == "" {
			p.unexpected()
		}
		if p.accept("(") {
			p.integer()
			p.expect(")")
		}
		return builtin(IntervalD2S)
	}
	p.fail(syntaxError, "an interval column needs YEAR TO MONTH or DAY TO SECOND")
	return fakeredshift.Type{}
}
