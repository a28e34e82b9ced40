package rsql

// layout reads BACKUP and the table attributes, in any order, each once.
func (p *parser) layout(l *Layout) {
	backup := false
	for !p.done() && !p.is("as") {
		switch {
		case !backup && p.accept("backup"):
			backup = true
			l.NoBackup = p.choice("yes", "no") == "no"
		case p.accept("diststyle"):
			p.distStyle(l)
		case p.accept("distkey"):
			p.expect("(")
			p.distKey(l, p.identifier())
			p.expect(")")
		case p.is("compound") || p.is("interleaved") || p.is("sortkey"):
			p.tableSortKey(l)
		case !l.EncodeAuto && p.accept("encode"):
			p.expect("auto")
			l.EncodeAuto = true
		default:
			p.unexpected()
		}
	}
	if l.Dist == DistKey && l.DistKey == "" && p.err == nil {
		p.fail(invalidTable, "DISTSTYLE KEY requires a DISTKEY column")
	}
}

// choice takes one of words, or is a syntax error.
func (p *parser) choice(words ...string) string {
	word := p.oneOf(words...)
	if word == "" {
		p.unexpected()
	}
	return word
}

func (p *parser) distStyle(l *Layout) {
	style := map[string]DistStyle{"auto": DistAuto, "even": DistEven, "all": DistAll, "key": DistKey}[p.choice("auto", "even", "all", "key")]
	if l.DistKey != "" && style != DistKey {
		p.distConflict(style)
		return
	}
	if l.Dist != DistUnset && l.DistKey == "" {
		p.fail(syntaxError, "DISTSTYLE may stand only once in a table definition")
		return
	}
	l.Dist = style
}

func (p *parser) distKey(l *Layout, column string) {
	if l.DistKey != "" {
		p.fail(invalidTable, "a table can have only one DISTKEY column")
		return
	}
	if l.Dist != DistUnset && l.Dist != DistKey {
		p.distConflict(l.Dist)
		return
	}
	l.Dist, l.DistKey = DistKey, column
}

func (p *parser) distConflict(style DistStyle) {
	p.fail(invalidTable, "DISTSTYLE %s cannot be specified together with a DISTKEY column", style)
}

func (p *parser) tableSortKey(l *Layout) {
	style := Compound
	if p.accept("interleaved") {
		style = Interleaved
	} else {
		p.accept("compound")
	}
	p.expect("sortkey")
	if p.accept("auto") {
		p.sortKey(l, SortAuto, nil)
		return
	}
	p.sortKey(l, style, p.columns())
}

func (p *parser) sortKey(l *Layout, style SortStyle, columns []string) {
	if l.Sort != SortUnset {
		p.fail(invalidTable, "a table can have only one SORTKEY")
		return
	}
	l.Sort, l.SortKey = style, columns
}
