package fakeaws

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/redferry/redferry/testkit/internal/httpserve"
)

// A SecretsManager serves the secrets of a Cloud in one region: GetSecretValue
// and DescribeSecret over the AWS JSON protocol, for the real SDK client.
// Signatures are verified, and the caller's policies decide.
type SecretsManager struct {
	cloud  *Cloud
	region string
	server *httpserve.Server
}

// NewSecretsManager returns a server for all accounts of the cloud, as an
// endpoint of AWS is: a name means a secret of the account that signed the
// request. Start it with Start.
func NewSecretsManager(cloud *Cloud, region string) *SecretsManager {
	s := &SecretsManager{cloud: cloud, region: region}
	s.server = httpserve.New(s)
	return s
}

// Start begins to serve on l, over TLS if tlsConfig is not nil, and returns at
// once. It may be called for several listeners.
func (s *SecretsManager) Start(l net.Listener, tlsConfig *tls.Config) { s.server.Start(l, tlsConfig) }

// Close stops serving; no goroutine of the server is left when it returns.
func (s *SecretsManager) Close() error { return s.server.Close() }

// ServeHTTP answers one request.
func (s *SecretsManager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := s.serve(r)
	if refused := (*Error)(nil); errors.As(err, &refused) {
		refused.WriteJSON(w)
		return
	}
	body, err := json.Marshal(answer)
	if err != nil {
		(&Error{Code: "InternalServiceError", Message: err.Error(), Status: http.StatusInternalServerError}).WriteJSON(w)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, _ = w.Write(body) // a client that has gone does not need it
}

// secretRequest is the body of all operations served.
type secretRequest struct {
	SecretID     string `json:"SecretId"`
	VersionID    string `json:"VersionId"`
	VersionStage string `json:"VersionStage"`
}

func (s *SecretsManager) serve(r *http.Request) (map[string]any, error) {
	signature, err := s.cloud.Verify(r, "secretsmanager")
	if err != nil {
		return nil, err
	}
	if signature.Region != s.region {
		return nil, &Error{Code: "SignatureDoesNotMatch", Message: "Credential should be scoped to a valid region. ", Status: http.StatusForbidden}
	}
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.")
	if !ok || operation != "GetSecretValue" && operation != "DescribeSecret" {
		return nil, &Error{Code: "UnknownOperationException", Message: "The operation is not served here: " + operation, Status: http.StatusBadRequest}
	}
	var in secretRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, &Error{Code: "SerializationException", Message: err.Error(), Status: http.StatusBadRequest}
	}
	if in.SecretID == "" {
		return nil, &Error{Code: "ValidationException", Message: "You must provide a value for the SecretId parameter.", Status: http.StatusBadRequest}
	}
	found, ok := s.cloud.secretByID(signature.Identity.Account, s.region, in.SecretID)
	if err := s.authorize(signature.Identity, operation, in.SecretID, found); err != nil {
		return nil, err
	}
	if !ok {
		return nil, notFound("Secrets Manager can't find the specified secret.")
	}
	if operation == "DescribeSecret" {
		return found.describe(), nil
	}
	return found.get(in)
}

// authorize asks for the right on the secret's ARN; on what does not exist, on
// the ARN that the name would have, so that nobody learns by the error what
// exists.
func (s *SecretsManager) authorize(id Identity, operation, secretID string, found *secret) error {
	arn := secretID
	switch {
	case found != nil:
		arn = found.arn
	case !strings.HasPrefix(arn, "arn:"):
		arn = "arn:aws:secretsmanager:" + s.region + ":" + id.Account + ":secret:" + secretID
	}
	return s.cloud.Authorize(Access{
		Identity: id,
		Action:   "secretsmanager:" + operation,
		Resource: arn,
		Owner:    accountOf(arn),
	})
}

func notFound(message string) *Error {
	return &Error{Code: "ResourceNotFoundException", Message: message, Status: http.StatusBadRequest}
}

// stages returns the staging labels of a version.
func (s *secret) stages(i int) []string {
	switch i {
	case len(s.versions) - 1:
		return []string{"AWSCURRENT"}
	case len(s.versions) - 2:
		return []string{"AWSPREVIOUS"}
	}
	return nil
}

func (s *secret) get(in secretRequest) (map[string]any, error) {
	if in.VersionStage == "" && in.VersionID == "" {
		in.VersionStage = "AWSCURRENT"
	}
	for i, v := range s.versions {
		stages := s.stages(i)
		staged := in.VersionStage == "" || len(stages) == 1 && stages[0] == in.VersionStage
		if !staged || in.VersionID != "" && in.VersionID != v.id {
			continue
		}
		return map[string]any{
			"ARN":           s.arn,
			"Name":          s.name,
			"VersionId":     v.id,
			"SecretString":  v.value.Reveal(),
			"VersionStages": stages,
			"CreatedDate":   v.created.Unix(),
		}, nil
	}
	if in.VersionStage != "" {
		return nil, notFound("Secrets Manager can't find the specified secret value for staging label: " + in.VersionStage)
	}
	return nil, notFound("Secrets Manager can't find the specified secret value for VersionId: " + in.VersionID)
}

func (s *secret) describe() map[string]any {
	stages := make(map[string][]string)
	for i, v := range s.versions {
		if labels := s.stages(i); labels != nil {
			stages[v.id] = labels
		}
	}
	return map[string]any{
		"ARN":                s.arn,
		"Name":               s.name,
		"CreatedDate":        s.created.Unix(),
		"LastChangedDate":    s.versions[len(s.versions)-1].created.Unix(),
		"VersionIdsToStages": stages,
	}
}
