package fakeredshift

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/testkit/fakeaws"
)

// storage is S3 as one user's UNLOAD and COPY reach it.
type storage struct {
	w    *Warehouse
	user string
}

var _ Storage = (*storage)(nil)

func (s *storage) Region() string { return s.w.opts.Region }

func (s *storage) Client(_ context.Context, role string) (*s3.Client, error) {
	attached := s.role(role)
	if attached == nil {
		return nil, s.notAuthorized(role)
	}
	if s.w.opts.S3Endpoint == "" {
		return nil, fmt.Errorf("fakeredshift: UNLOAD and COPY need Options.S3Endpoint")
	}
	o := s3.Options{
		Region:       s.w.opts.Region,
		BaseEndpoint: aws.String(s.w.opts.S3Endpoint),
		UsePathStyle: true,
		Credentials:  attached.Credentials("redshift.amazonaws.com"),
		HTTPClient:   s.w.opts.HTTPClient,
	}
	if s.w.opts.S3 != nil {
		s.w.opts.S3(&o)
	}
	return s3.New(o), nil
}

func (s *storage) role(name string) *fakeaws.Role {
	for i, r := range s.w.opts.Roles {
		if r.ARN() == name || i == 0 && strings.EqualFold(name, "default") {
			return r
		}
	}
	return nil
}

// notAuthorized is what Redshift says to a role that is not attached.
func (s *storage) notAuthorized(role string) *Error {
	if strings.EqualFold(role, "default") {
		return &Error{SQLState: stateInternal, Code: 30000, Message: "The default IAM role is not set for the warehouse"}
	}
	return &Error{
		SQLState: stateInternal,
		Code:     30000,
		Message: fmt.Sprintf("User arn:aws:redshift:%s:%s:dbuser:%s/%s is not authorized to assume IAM Role %s",
			s.w.opts.Region, s.w.account.ID(), s.w.opts.Workgroup, s.user, role),
	}
}
