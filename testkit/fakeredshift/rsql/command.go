package rsql

// A DropTable is DROP TABLE.
type DropTable struct {
	Tables   []Name
	IfExists bool
	Cascade  bool
}

// Tag returns DROP TABLE.
func (*DropTable) Tag() string { return "DROP TABLE" }

// A CreateSchema is CREATE SCHEMA of a local schema.
type CreateSchema struct {
	Name        string
	IfNotExists bool
	Owner       string // AUTHORIZATION, empty without
}

// Tag returns CREATE SCHEMA.
func (*CreateSchema) Tag() string { return "CREATE SCHEMA" }

// A DropSchema is DROP SCHEMA.
type DropSchema struct {
	Names    []string
	IfExists bool
	Cascade  bool
}

// Tag returns DROP SCHEMA.
func (*DropSchema) Tag() string { return "DROP SCHEMA" }

// A CommentOn is COMMENT ON.
type CommentOn struct {
	Kind CommentKind
	// Table is the table or view; for a schema or database only Table.Name is set.
	Table Name
	Part  string  // the column or the constraint
	Text  *string // nil is NULL: the comment goes
}

// Tag returns COMMENT.
func (*CommentOn) Tag() string { return "COMMENT" }

// A CommentKind is what a comment is on.
type CommentKind string

// The kinds of commented objects. OnSchema is not on Redshift's page of COMMENT;
// it is taken because the grammar that Redshift inherits has it.
const (
	OnTable      CommentKind = "TABLE"
	OnView       CommentKind = "VIEW"
	OnColumn     CommentKind = "COLUMN"
	OnConstraint CommentKind = "CONSTRAINT"
	OnDatabase   CommentKind = "DATABASE"
	OnSchema     CommentKind = "SCHEMA"
)

// A Truncate is TRUNCATE. It commits the transaction that it runs in.
type Truncate struct{ Table Name }

// Tag returns TRUNCATE TABLE.
func (*Truncate) Tag() string { return "TRUNCATE TABLE" }

// A Lock is LOCK, always for access exclusive, until the transaction ends.
type Lock struct{ Tables []Name }

// Tag returns LOCK TABLE.
func (*Lock) Tag() string { return "LOCK TABLE" }

// A Begin is BEGIN or START TRANSACTION. The isolation level of the text is
// read and dropped, as Redshift does: the database has its own.
type Begin struct {
	ReadOnly bool
	Start    bool // START TRANSACTION, which is also its tag
}

// Tag returns BEGIN or START TRANSACTION.
func (s *Begin) Tag() string {
	if s.Start {
		return "START TRANSACTION"
	}
	return "BEGIN"
}

// A Commit is COMMIT or END.
type Commit struct{}

// Tag returns COMMIT.
func (*Commit) Tag() string { return "COMMIT" }

// A Rollback is ROLLBACK or ABORT.
type Rollback struct{}

// Tag returns ROLLBACK.
func (*Rollback) Tag() string { return "ROLLBACK" }

// A Set is SET name TO values, for the session or, with LOCAL, the transaction.
type Set struct {
	Name    string   // in lower case: "search_path", "timezone"
	Values  []string // one, but for search_path; nil with Default
	Default bool     // SET name TO DEFAULT
	Local   bool
}

// Tag returns SET.
func (*Set) Tag() string { return "SET" }

// A Reset is RESET name.
type Reset struct{ Name string } // "all" for RESET ALL

// Tag returns RESET.
func (*Reset) Tag() string { return "RESET" }

// A Show is SHOW name, of a setting; SHOW TABLES and its like are [Other].
type Show struct{ Name string } // "all" for SHOW ALL

// Tag returns SHOW.
func (*Show) Tag() string { return "SHOW" }

// A Grant is GRANT or REVOKE, not taken apart.
type Grant struct{ Revoke bool }

// Tag returns GRANT or REVOKE.
func (s *Grant) Tag() string {
	if s.Revoke {
		return "REVOKE"
	}
	return "GRANT"
}

// A Vacuum is VACUUM. It cannot run in a transaction block.
type Vacuum struct{ Table *Name } // nil: every table

// Tag returns VACUUM.
func (*Vacuum) Tag() string { return "VACUUM" }

// An Analyze is ANALYZE, or ANALYZE COMPRESSION.
type Analyze struct {
	Table       *Name // nil: every table
	Compression bool
}

// Tag returns ANALYZE.
func (*Analyze) Tag() string { return "ANALYZE" }
