package rsql

// alterTable reads from the table's name on.
func (p *parser) alterTable() Statement {
	s := &AlterTable{Table: p.name()}
	switch {
	case p.accept("add"):
		s.Action = p.alterAdd()
	case p.accept("drop"):
		s.Action = p.alterDrop()
	case p.accept("rename", "to"):
		s.Action = RenameTable{To: p.identifier()}
	case p.accept("rename"):
		p.accept("column")
		from := p.identifier()
		p.expect("to")
		s.Action = RenameColumn{From: from, To: p.identifier()}
	case p.accept("owner", "to"):
		s.Action = OwnerTo{User: p.identifier()}
	case p.accept("append", "from"):
		s.Action = p.alterAppend()
	case p.is("alter", "column"):
		s.Action = p.alterColumn()
	case p.is("alter"):
		s.Action = p.alterLayout()
	default:
		p.unexpected()
	}
	p.end()
	return s
}

func (p *parser) alterAdd() AlterAction {
	if !p.isConstraint() {
		return p.addColumn()
	}
	var t CreateTable
	p.tableConstraint(&t)
	switch {
	case t.Primary != nil:
		return AddPrimary{Key: *t.Primary}
	case len(t.Unique) > 0:
		return AddUnique{Key: t.Unique[0]}
	case len(t.Foreign) > 0:
		return AddForeign{Key: t.Foreign[0]}
	}
	return nil
}

// addColumn reads a column and refuses what ADD COLUMN does not take.
func (p *parser) addColumn() AlterAction {
	p.accept("column")
	var t CreateTable
	p.column(&t)
	c := t.Columns[0]
	p.checkColumn(c)
	switch {
	case c.Identity != nil:
		p.fail(unsupported, "ALTER TABLE ADD COLUMN does not take an identity column")
	case t.Primary != nil || t.Unique != nil || t.Foreign != nil:
		p.fail(unsupported, "ALTER TABLE ADD COLUMN does not take a key")
	case t.Layout.Dist != DistUnset || t.Layout.Sort != SortUnset:
		p.fail(unsupported, "ALTER TABLE ADD COLUMN does not take DISTKEY or SORTKEY")
	case c.NotNull && c.Default == "":
		p.fail("23502", "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression")
	}
	return AddColumn{Column: c}
}

func (p *parser) alterDrop() AlterAction {
	constraint := p.accept("constraint")
	if !constraint {
		p.accept("column")
	}
	name, cascade := p.identifier(), p.cascade()
	if constraint {
		return DropConstraint{Name: name, Cascade: cascade}
	}
	return DropColumn{Name: name, Cascade: cascade}
}

// cascade takes CASCADE or RESTRICT.
func (p *parser) cascade() bool { return p.oneOf("cascade", "restrict") == "cascade" }

func (p *parser) alterAppend() AlterAction {
	a := Append{From: p.name()}
	switch p.oneOf("ignoreextra", "filltarget") {
	case "ignoreextra":
		a.IgnoreExtra = true
	case "filltarget":
		a.FillTarget = true
	}
	return a
}

// alterColumn reads ALTER COLUMN name TYPE, or ENCODE for one or more columns.
func (p *parser) alterColumn() AlterAction {
	var encode AlterEncode
	for p.accept("alter", "column") {
		name := p.identifier()
		if len(encode.Encodings) == 0 && p.accept("type") {
			return p.alterType(name)
		}
		p.expect("encode")
		encode.Encodings = append(encode.Encodings, ColumnEncoding{Column: name, Encoding: p.encoding()})
		if !p.accept(",") {
			return encode
		}
	}
	p.unexpected()
	return nil
}

func (p *parser) alterType(name string) AlterAction {
	t := p.dataType()
	if t.OID != Varchar && p.err == nil {
		p.fail(unsupported, "ALTER COLUMN TYPE only changes the size of a VARCHAR column")
	}
	return AlterType{Column: name, Type: t}
}

// alterLayout reads ALTER DISTSTYLE, DISTKEY, SORTKEY or ENCODE AUTO; a change
// of both keys may stand in one statement.
func (p *parser) alterLayout() AlterAction {
	var a AlterLayout
	p.list(func() {
		p.expect("alter")
		switch {
		case p.accept("diststyle"):
			p.distStyle(&a.Layout)
			if a.Layout.Dist == DistKey {
				p.expect("distkey")
				p.distKey(&a.Layout, p.identifier())
			}
		case p.accept("distkey"):
			p.distKey(&a.Layout, p.identifier())
		case p.accept("sortkey", "none"):
			a.NoSort = true
		case p.is("sortkey") || p.is("compound"):
			p.tableSortKey(&a.Layout)
		case p.accept("encode", "auto"):
			a.Layout.EncodeAuto = true
		default:
			p.unexpected()
		}
	})
	p.checkLayout(nil, a.Layout)
	return a
}
