package wire

import "testing"

func TestTerse(t *testing.T) {
	const block = `
  -----------------------------------------------
  error:  S3ServiceException:Access Denied,Status 403
  code:      8001
  context:
  -----------------------------------------------
  error:  S3ServiceException:Access Denied,Status 403
  code:      8001
  context:   Listing bucket=b prefix=p/
  query:     0
  -----------------------------------------------
`
	for _, tt := range []struct{ name, message, detail, want string }{
		{"a message alone", `relation "x" does not exist`, "", `relation "x" does not exist`},
		{"a plain detail", "1023", "Serializable isolation violation on\ntable - 1", "1023 (Serializable isolation violation on table - 1)"},
		{"a detail that repeats", "String too long", "too long", "String too long"},
		{"a block as detail", "S3ServiceException:Access Denied,Status 403", block, "S3ServiceException:Access Denied,Status 403 (Listing bucket=b prefix=p/)"},
		{"a block in the text of the Data API", "ERROR: S3ServiceException:Access Denied,Status 403\n  Detail: " + block, "", "ERROR: S3ServiceException:Access Denied,Status 403 (Listing bucket=b prefix=p/)"},
		{"a block without context", "Spectrum Scan Error", "\n  error:  Spectrum\n  code:      15007\n", "Spectrum Scan Error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Terse(tt.message, tt.detail); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
