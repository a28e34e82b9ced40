package fakeaws

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A claim is what a request says of its signature, before it is believed.
type claim struct {
	keyID     string
	day       string // of the scope: "20000101"
	region    string
	service   string
	date      time.Time
	headers   []string // signed, in lower case
	signature string
	token     string
	payload   string        // empty: the hash of the body
	presigned bool          // the signature is in the query
	expires   time.Duration // how long a presigned request is good
}

func (c *claim) scope() string {
	return c.day + "/" + c.region + "/" + c.service + "/aws4_request"
}

func readClaim(r *http.Request, service string) (*claim, error) {
	query := r.URL.Query()
	switch header := r.Header.Get("Authorization"); {
	case header != "" && query.Has("X-Amz-Signature"):
		return nil, &Error{Code: "InvalidArgument", Message: "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified", Status: http.StatusBadRequest}
	case header != "":
		return headerClaim(r, header, service)
	case query.Has("X-Amz-Signature"):
		return queryClaim(r, service)
	case service == "s3":
		return nil, &Error{Code: "AccessDenied", Message: "Access Denied", Status: http.StatusForbidden}
	}
	return nil, &Error{Code: "MissingAuthenticationToken", Message: "Missing Authentication Token", Status: http.StatusForbidden}
}

func headerClaim(r *http.Request, header, service string) (*claim, error) {
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return nil, malformedHeader("The authorization mechanism you have provided is not supported. Please use " + algorithm + ".")
	}
	parts := make(map[string]string)
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	c := &claim{
		signature: parts["Signature"],
		headers:   strings.Split(parts["SignedHeaders"], ";"),
		token:     r.Header.Get("X-Amz-Security-Token"),
	}
	if service == "s3" {
		if c.payload = r.Header.Get("X-Amz-Content-Sha256"); c.payload == "" {
			return nil, &Error{Code: "InvalidRequest", Message: "Missing required header for this request: x-amz-content-sha256", Status: http.StatusBadRequest}
		}
		if err := checkSigned(r, c.headers); err != nil {
			return nil, err
		}
	}
	return c, c.parse(parts["Credential"], r.Header.Get("X-Amz-Date"))
}

// checkSigned refuses a header of S3 that is present and not signed.
func checkSigned(r *http.Request, signed []string) error {
	for name := range r.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-amz-") && !slices.Contains(signed, name) {
			return &Error{Code: "AccessDenied", Message: "There were headers present in the request which were not signed: " + name, Status: http.StatusForbidden}
		}
	}
	return nil
}

func queryClaim(r *http.Request, service string) (*claim, error) {
	query := r.URL.Query()
	if query.Get("X-Amz-Algorithm") != algorithm {
		return nil, queryError(`X-Amz-Algorithm only supports "` + algorithm + `"`)
	}
	seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil || seconds < 0 {
		return nil, queryError("X-Amz-Expires should be a number")
	}
	if seconds > 7*24*60*60 {
		return nil, queryError("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	}
	c := &claim{
		signature: query.Get("X-Amz-Signature"),
		headers:   strings.Split(query.Get("X-Amz-SignedHeaders"), ";"),
		token:     query.Get("X-Amz-Security-Token"),
		presigned: true,
		expires:   time.Duration(seconds) * time.Second,
	}
	if service == "s3" {
		if c.payload = r.Header.Get("X-Amz-Content-Sha256"); c.payload == "" {
			c.payload = "UNSIGNED-PAYLOAD"
		}
		if err := checkSigned(r, c.headers); err != nil {
			return nil, err
		}
	}
	return c, c.parse(query.Get("X-Amz-Credential"), query.Get("X-Amz-Date"))
}

func (c *claim) parse(credential, date string) error {
	scope := strings.Split(credential, "/")
	if len(scope) != 5 || scope[4] != "aws4_request" {
		return malformedHeader(`The Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`)
	}
	c.keyID, c.day, c.region, c.service = scope[0], scope[1], scope[2], scope[3]
	signed, err := time.Parse(dateLayout, date)
	if err != nil {
		return &Error{Code: "AccessDenied", Message: "AWS authentication requires a valid Date or x-amz-date header", Status: http.StatusForbidden}
	}
	c.date = signed
	return nil
}

// check checks what needs no key.
func (c *claim) check(service string) error {
	switch {
	case c.service != service:
		return malformedHeader(fmt.Sprintf("The authorization header is malformed; incorrect service %q. This endpoint belongs to %q.", c.service, service))
	case c.day != c.date.Format("20060102"):
		return malformedHeader(fmt.Sprintf("Invalid credential date %q. This date is not the same as X-Amz-Date: %q.", c.day, c.date.Format("20060102")))
	case !slices.Contains(c.headers, "host"):
		return malformedHeader("'Host' must be a 'SignedHeader' in the AWS Authorization.")
	}
	age := time.Since(c.date)
	if c.presigned && age > c.expires {
		return &Error{Code: "AccessDenied", Message: "Request has expired", Status: http.StatusForbidden}
	}
	if age < -maxSkew || !c.presigned && age > maxSkew {
		return &Error{Code: "RequestTimeTooSkewed", Message: "The difference between the request time and the current time is too large.", Status: http.StatusForbidden}
	}
	return nil
}

func malformedHeader(message string) *Error {
	return &Error{Code: "AuthorizationHeaderMalformed", Message: message, Status: http.StatusBadRequest}
}

func queryError(message string) *Error {
	return &Error{Code: "AuthorizationQueryParametersError", Message: message, Status: http.StatusBadRequest}
}
