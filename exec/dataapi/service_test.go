package dataapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"go.uber.org/goleak"

	"github.com/redferry/redferry/exec/dataapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A service is a Data API in memory: it knows statements by their token, and
// fails as it is told.
type service struct {
	// fails lists for each operation what its first calls return; nil succeeds.
	fails map[string][]error
	// takes is how long a statement runs. Then it has the status ends (the
	// default is FINISHED) and the error text.
	takes time.Duration
	ends  types.StatusString
	text  string
	// unstoppable statements ignore CancelStatement.
	unstoppable bool
	pages       [][][]types.Field
	columns     []types.ColumnMetadata
	subs        []types.SubStatementData
	noSession   bool
	hang        int // so many first requests to submit are never answered

	mu         sync.Mutex // guards what follows
	calls      []string
	times      []time.Time
	inputs     []*redshiftdata.ExecuteStatementInput
	batches    []*redshiftdata.BatchExecuteStatementInput
	byToken    map[string]string
	begun      map[string]time.Time
	cancelled  map[string]bool
	contextErr []error // of the contexts of CancelStatement
}

var _ dataapi.Client = (*service)(nil)

// call notes a call and returns the failure that is due.
func (s *service) call(op string, optFns []func(*redshiftdata.Options)) error {
	var o redshiftdata.Options
	for _, f := range optFns {
		f(&o)
	}
	if _, ok := o.Retryer.(aws.NopRetryer); !ok {
		return fmt.Errorf("%s: the SDK's retries are on", op)
	}
	n := 0
	for _, c := range s.calls {
		if c == op {
			n++
		}
	}
	s.calls, s.times = append(s.calls, op), append(s.times, time.Now())
	if n < len(s.fails[op]) {
		return s.fails[op][n]
	}
	return nil
}

// take starts the statement with this token, unless it has it already. It does
// so also where the answer gets lost.
func (s *service) take(token *string) string {
	if s.byToken == nil {
		s.byToken, s.begun, s.cancelled = map[string]string{}, map[string]time.Time{}, map[string]bool{}
	}
	id, ok := s.byToken[*token]
	if !ok {
		id = fmt.Sprintf("id-%d", len(s.byToken)+1)
		s.byToken[*token], s.begun[id] = id, time.Now()
	}
	return id
}

func (s *service) ExecuteStatement(ctx context.Context, in *redshiftdata.ExecuteStatementInput, optFns ...func(*redshiftdata.Options)) (*redshiftdata.ExecuteStatementOutput, error) {
	s.mu.Lock()
	err := s.call("Execute", optFns)
	if err == nil || lostAnswer(err) {
		s.take(in.ClientToken)
	}
	s.inputs = append(s.inputs, in)
	hang := s.hang > 0
	s.hang--
	s.mu.Unlock()
	if hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	out := &redshiftdata.ExecuteStatementOutput{Id: aws.String(s.take(in.ClientToken))}
	if (in.SessionKeepAliveSeconds != nil || in.SessionId != nil) && !s.noSession {
		out.SessionId = aws.String("session-1")
	}
	return out, nil
}

func (s *service) BatchExecuteStatement(_ context.Context, in *redshiftdata.BatchExecuteStatementInput, optFns ...func(*redshiftdata.Options)) (*redshiftdata.BatchExecuteStatementOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, in)
	if err := s.call("Batch", optFns); err != nil {
		return nil, err
	}
	return &redshiftdata.BatchExecuteStatementOutput{Id: aws.String(s.take(in.ClientToken))}, nil
}

func (s *service) DescribeStatement(_ context.Context, in *redshiftdata.DescribeStatementInput, optFns ...func(*redshiftdata.Options)) (*redshiftdata.DescribeStatementOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call("Describe", optFns); err != nil {
		return nil, err
	}
	out := &redshiftdata.DescribeStatementOutput{Id: in.Id, Status: types.StatusStringStarted, ResultRows: 3}
	switch {
	case s.cancelled[*in.Id] && !s.unstoppable:
		out.Status = types.StatusStringAborted
	case time.Since(s.begun[*in.Id]) >= s.takes:
		out.Status = types.StatusStringFinished
		if s.ends != "" {
			out.Status, out.Error = s.ends, &s.text
		}
		out.HasResultSet, out.SubStatements = aws.Bool(s.columns != nil), s.subs
	}
	return out, nil
}

func (s *service) GetStatementResult(_ context.Context, in *redshiftdata.GetStatementResultInput, optFns ...func(*redshiftdata.Options)) (*redshiftdata.GetStatementResultOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call("Result", optFns); err != nil {
		return nil, err
	}
	page := 0
	if in.NextToken != nil {
		if _, err := fmt.Sscanf(*in.NextToken, "page-%d", &page); err != nil {
			return nil, err
		}
	}
	out := &redshiftdata.GetStatementResultOutput{ColumnMetadata: s.columns, Records: s.pages[page]}
	if page+1 < len(s.pages) {
		out.NextToken = aws.String(fmt.Sprintf("page-%d", page+1))
	}
	return out, nil
}

func (s *service) CancelStatement(ctx context.Context, in *redshiftdata.CancelStatementInput, optFns ...func(*redshiftdata.Options)) (*redshiftdata.CancelStatementOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.contextErr = append(s.contextErr, ctx.Err())
	if err := s.call("Cancel", optFns); err != nil {
		return nil, err
	}
	s.cancelled[*in.Id] = true
	return &redshiftdata.CancelStatementOutput{Status: aws.Bool(true)}, nil
}

// count returns how often op was called.
func (s *service) count(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.calls {
		if c == op {
			n++
		}
	}
	return n
}

// statements returns how many statements the service ever started.
func (s *service) statements() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byToken)
}

func (s *service) tokens() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var tokens []string
	for _, in := range s.inputs {
		tokens = append(tokens, *in.ClientToken)
	}
	slices.Sort(tokens)
	return slices.Compact(tokens)
}

// The failures of requests.
var (
	errThrottled = answer(400, &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"})
	errBusy      = answer(400, &types.ActiveStatementsExceededException{Message: aws.String("too many")})
	errServer    = answer(500, &types.InternalServerException{Message: aws.String("oops")})
	errGateway   = answer(503, fmt.Errorf("no body"))
	errLost      = error(&smithy.OperationError{ServiceID: "Redshift Data", OperationName: "ExecuteStatement", Err: &smithyhttp.RequestSendError{Err: io.EOF}})
	errDenied    = answer(400, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not allowed"})
	errInvalid   = answer(400, &types.ValidationException{Message: aws.String("bad")})
	errNotFound  = answer(400, &types.ResourceNotFoundException{Message: aws.String("no such")})
)

// answer wraps err as the SDK wraps what an HTTP response says.
func answer(status int, err error) error {
	return &smithy.OperationError{ServiceID: "Redshift Data", OperationName: "ExecuteStatement", Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err,
	}}
}

// lostAnswer reports whether the statement was started though err came back.
func lostAnswer(err error) bool { return err == errServer || err == errLost }

var target = dataapi.Target{Workgroup: "w", Database: "dev"}

func open(t *testing.T, s *service, opts *dataapi.Options) *dataapi.Executor {
	t.Helper()
	e, err := dataapi.New(s, target, opts)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
