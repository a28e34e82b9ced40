// Package remedy says what to do about an UNLOAD or a COPY that a warehouse
// refused because of S3 or of its role.
package remedy

import (
	"fmt"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
)

// A Transfer is what UNLOAD or COPY was to do.
type Transfer struct {
	Role    creds.Role
	Place   redferry.URI // the prefix or the object
	Actions string       // what the role needs there: "s3:GetObject"
}

// Wrap returns err with what to do about it, where its text is one of those that
// Redshift is known to give. Any other error, nil included, is returned as it is.
func (t Transfer) Wrap(err error) error {
	if err == nil {
		return nil
	}
	if advice := t.advice(err.Error()); advice != "" {
		return fmt.Errorf("%w; %s", err, advice)
	}
	return err
}

// advice goes by pieces of text, because Redshift gives all of these the same
// SQLSTATE.
func (t Transfer) advice(text string) string {
	has := func(pieces ...string) bool {
		for _, piece := range pieces {
			if strings.Contains(text, piece) {
				return true
			}
		}
		return false
	}
	switch {
	case has("not authorized to assume IAM Role", "Not authorized to get credentials of role"):
		return fmt.Sprintf("attach the role %s to the warehouse, and let the warehouse's service assume it", t.Role)
	case has("PermanentRedirect", "AuthorizationHeaderMalformed"):
		return fmt.Sprintf("bucket %s is in another region than the warehouse: stage in a bucket of its own region", t.Place.Bucket)
	case has("NoSuchBucket"):
		return fmt.Sprintf("there is no bucket %s: create it, or correct the stage", t.Place.Bucket)
	case has("AccessDenied", "Access Denied", "requires full path of an S3 object"):
		return fmt.Sprintf("the role %s needs %s on %s", t.Role, t.Actions, t.Place)
	case has("is not empty"):
		return fmt.Sprintf("something else was written below %s: unload to a prefix that nobody has used", t.Place)
	}
	return ""
}
