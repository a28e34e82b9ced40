package fakeredshift

import (
	"regexp"
	"unicode/utf8"
)

// A request has the members of all operations; each uses its own.
type request struct {
	ClientToken             string
	ClusterIdentifier       string
	Database                string
	DbUser                  string
	ID                      string `json:"Id"`
	MaxResults              int
	NextToken               string
	Parameters              []parameter
	ResultFormat            string
	RoleLevel               *bool
	SecretArn               string
	SessionID               string `json:"SessionId"`
	SessionKeepAliveSeconds *int
	SQL                     string   `json:"Sql"`
	SQLs                    []string `json:"Sqls"`
	StatementName           string
	Status                  string
	WorkgroupName           string
}

type parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Limits of requests. Source: Amazon Redshift Management Guide, "Considerations
// when calling the Amazon Redshift Data API", and the API's model.
const (
	maxSQL       = 200 << 10 // bytes of one statement
	maxBatch     = 40        // statements
	maxName      = 2048      // characters of a StatementName
	maxToken     = 64        // characters of a ClientToken
	maxKeepAlive = 86400     // seconds
)

var (
	parameterName = regexp.MustCompile(`^[0-9a-zA-Z_]+$`)
	statementID   = regexp.MustCompile(`^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\d{0,2})?$`)
)

// check refuses what the API refuses before it looks at the warehouse.
func (c *call) check(workgroup, arn string) error {
	if err := c.checkTarget(workgroup, arn); err != nil {
		return err
	}
	if err := c.checkStatements(); err != nil {
		return err
	}
	switch keep := c.SessionKeepAliveSeconds; {
	case utf8.RuneCountInString(c.StatementName) > maxName:
		return invalid("StatementName must have at most %d characters", maxName)
	case utf8.RuneCountInString(c.ClientToken) > maxToken:
		return invalid("ClientToken must have at most %d characters", maxToken)
	case keep != nil && (*keep < 0 || *keep > maxKeepAlive):
		return invalid("SessionKeepAliveSeconds must be between 0 and %d", maxKeepAlive)
	case c.ResultFormat != "" && c.ResultFormat != "JSON":
		return invalid("ResultFormat %s is not supported here, only JSON", c.ResultFormat)
	}
	for _, p := range c.Parameters {
		if !parameterName.MatchString(p.Name) {
			return invalid("Parameter name must match [0-9a-zA-Z_]+: %s", p.Name)
		}
		if p.Value == "" {
			return invalid("Parameter value must not be empty: %s", p.Name)
		}
	}
	return nil
}

func (c *call) checkTarget(workgroup, arn string) error {
	switch {
	case c.ClusterIdentifier != "" && c.WorkgroupName != "":
		return invalid("ClusterIdentifier and WorkgroupName cannot both be specified")
	case c.ClusterIdentifier == "" && c.WorkgroupName == "" && c.SessionID == "":
		return invalid("Either ClusterIdentifier or WorkgroupName must be specified")
	case c.ClusterIdentifier != "", c.WorkgroupName != "" && c.WorkgroupName != workgroup && c.WorkgroupName != arn:
		return invalid("Redshift endpoint doesn't exist in this region.")
	case c.DbUser != "":
		return invalid("DbUser is not supported for a serverless workgroup")
	case c.Database == "" && c.SessionID == "":
		return invalid("Database must be specified")
	}
	return nil
}

func (c *call) checkStatements() error {
	if c.op == "BatchExecuteStatement" {
		if n := len(c.SQLs); n < 1 || n > maxBatch {
			return invalid("Sqls must have between 1 and %d statements, not %d", maxBatch, n)
		}
	} else {
		c.SQLs = []string{c.SQL}
	}
	for _, sql := range c.SQLs {
		switch {
		case sql == "":
			return invalid("Sql must not be empty")
		case len(sql) > maxSQL:
			return invalid("Cannot process query string larger than 200kB")
		}
	}
	return nil
}
