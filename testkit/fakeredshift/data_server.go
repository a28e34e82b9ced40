package fakeredshift

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/internal/httpserve"
)

// StartDataAPI serves the Redshift Data API on l, over TLS if tlsConfig is not
// nil, and returns at once; the listener is closed with the warehouse. It may be
// called for several listeners. The endpoint knows this one workgroup.
//
// Requests are signed for "redshift-data" and bound by the caller's policies:
// ExecuteStatement and BatchExecuteStatement on the workgroup's [Warehouse.ARN],
// the operations on statements on "*". Who names a secret needs
// secretsmanager:GetSecretValue on it as well, who names none
// redshift-serverless:GetCredentials on the workgroup, and is then the database
// user IAM:<user> or IAMR:<role>.
//
// Served are ExecuteStatement, BatchExecuteStatement, DescribeStatement,
// GetStatementResult, CancelStatement and ListStatements.
func (w *Warehouse) StartDataAPI(l net.Listener, tlsConfig *tls.Config) {
	w.data.server.Start(l, tlsConfig)
}

// A dataAPI is the Data API of a warehouse.
type dataAPI struct {
	w      *Warehouse
	server *httpserve.Server
	rates  rates

	mu         sync.Mutex // guards the rest and all that hangs on it
	statements []*statement
	byID       map[string]*statement
	tokens     map[string]token
	sessions   map[string]*dataSession
	ended      map[string]string // whose a session was, by its id
	active     int               // statements that have not ended
	ids        int               // given so far
	closed     bool
}

func newDataAPI(w *Warehouse) *dataAPI {
	a := &dataAPI{
		w:        w,
		byID:     make(map[string]*statement),
		tokens:   make(map[string]token),
		sessions: make(map[string]*dataSession),
		ended:    make(map[string]string),
	}
	a.server = httpserve.New(a)
	return a
}

// afterRequest lets the client finish its request before it has the answer. The
// SDK closes the request's body when it gets the response's header; if net/http
// has yet to see the end of that body, it closes the connection under a response
// that does not fit its buffer. On a network in memory the answer could be that
// early. In a synctest bubble the shortest time is enough.
const afterRequest = time.Nanosecond

// ServeHTTP answers one request of the AWS JSON 1.1 protocol.
func (a *dataAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := a.serve(r)
	time.Sleep(afterRequest)
	if errors.Is(err, errDropped) {
		panic(http.ErrAbortHandler)
	}
	var refused *fakeaws.Error
	if err != nil && !errors.As(err, &refused) {
		refused = &fakeaws.Error{Code: "InternalServerException", Message: err.Error(), Status: http.StatusInternalServerError}
	}
	if refused != nil {
		refused.WriteJSON(w)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(answer) // a client that has gone does not need it
}

// A call is one request whose signature was good.
type call struct {
	request
	op       string
	identity fakeaws.Identity
	body     []byte
}

// serve verifies a request, meets the faults, and answers.
func (a *dataAPI) serve(r *http.Request) (any, error) {
	signature, err := a.w.cloud.Verify(r, "redshift-data")
	if err != nil {
		return nil, err
	}
	if signature.Region != a.w.opts.Region {
		return nil, &fakeaws.Error{
			Code: "SignatureDoesNotMatch", Message: "Credential should be scoped to a valid region.", Status: http.StatusForbidden,
		}
	}
	c := &call{identity: signature.Identity}
	c.op, _ = strings.CutPrefix(r.Header.Get("X-Amz-Target"), "RedshiftData.")
	if c.body, err = io.ReadAll(r.Body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(c.body, &c.request); err != nil {
		return nil, &fakeaws.Error{Code: "SerializationException", Message: err.Error(), Status: http.StatusBadRequest}
	}

	f := a.w.faults.take(DataAPI, c.op, a.label(c))
	f.wait(r.Context().Done())
	switch {
	case f.Drop == BeforeEffect:
		return nil, errDropped
	case f.Status != 0:
		return nil, &fakeaws.Error{Code: f.Code, Message: f.Message, Status: f.Status}
	}
	if !a.rates.pass(c.op, a.w.opts.Rates[c.op]) {
		return nil, refusal("ThrottlingException", "Rate exceeded")
	}
	answer, err := a.operate(c)
	if f.Drop == AfterEffect {
		return nil, errDropped
	}
	return answer, err
}

func (a *dataAPI) operate(c *call) (any, error) {
	switch c.op {
	case "ExecuteStatement", "BatchExecuteStatement":
		return a.execute(c)
	case "DescribeStatement":
		return a.describe(c)
	case "GetStatementResult":
		return a.result(c)
	case "CancelStatement":
		return a.cancel(c)
	case "ListStatements":
		return a.list(c)
	}
	return nil, &fakeaws.Error{Code: "UnknownOperationException", Message: "The operation is not served here: " + c.op, Status: http.StatusBadRequest}
}

// label is the name of the statement that a call is about.
func (a *dataAPI) label(c *call) string {
	if c.ID == "" {
		return c.StatementName
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	id, _, _ := strings.Cut(c.ID, ":")
	if s := a.byID[id]; s != nil {
		return s.name
	}
	return ""
}

// close stops serving and ends the sessions that wait. A statement that runs
// ends its own session, since none is kept from now on.
func (a *dataAPI) close() error {
	err := a.server.Close()
	a.mu.Lock()
	a.closed = true
	var idle []*dataSession
	for _, s := range a.sessions {
		if !s.busy && a.forget(s) {
			idle = append(idle, s)
		}
	}
	a.mu.Unlock()
	for _, s := range idle {
		a.w.disconnect(s.session)
	}
	return err
}

// invalid and missing are the refusals that most operations share.
func invalid(format string, args ...any) error {
	return refusal("ValidationException", fmt.Sprintf(format, args...))
}

func missing(message string) error { return refusal("ResourceNotFoundException", message) }

func refusal(code, message string) error {
	return &fakeaws.Error{Code: code, Message: message, Status: http.StatusBadRequest}
}
