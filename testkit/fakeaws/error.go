package fakeaws

import (
	"encoding/json"
	"net/http"
)

// An Error is a refusal with what AWS would send. The codes are those of S3 and
// IAM; services of the JSON protocol spell some of them differently, which
// [Error.WriteJSON] sees to.
type Error struct {
	Code    string // "AccessDenied"
	Message string
	Status  int // of the HTTP response
}

// Error returns code and message.
func (e *Error) Error() string { return "fakeaws: " + e.Code + ": " + e.Message }

// jsonCodes are the names that the JSON protocol has for the common refusals,
// all of them with status 400.
// Source: the "Common Errors" page of any such service, AWS Secrets Manager for one.
func (e *Error) jsonCode() (code string, status int) {
	switch e.Code {
	case "AccessDenied":
		return "AccessDeniedException", http.StatusBadRequest
	case "MissingAuthenticationToken":
		return "MissingAuthenticationTokenException", http.StatusBadRequest
	case "InvalidAccessKeyId", "InvalidToken":
		return "UnrecognizedClientException", http.StatusBadRequest
	case "SignatureDoesNotMatch", "RequestTimeTooSkewed":
		return "InvalidSignatureException", http.StatusBadRequest
	case "AuthorizationHeaderMalformed":
		return "IncompleteSignatureException", http.StatusBadRequest
	case "ExpiredToken":
		return "ExpiredTokenException", http.StatusBadRequest
	}
	return e.Code, e.Status
}

// WriteJSON answers a request of the protocols AWS JSON 1.0 and 1.1 with e.
func (e *Error) WriteJSON(w http.ResponseWriter) {
	code, status := e.jsonCode()
	body, _ := json.Marshal(map[string]string{"__type": code, "message": e.Message})
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone does not need it
}
