// Package page makes page tokens: a cursor together with a fingerprint of the query it belongs to, so that a token of one
// query is refused by another.
package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/refersuite/refersuite/pkg/errs"
)

// ReasonTokenInvalid is the reason of the error for a token that does not belong to the query.
const ReasonTokenInvalid = "PAGE_TOKEN_INVALID"

const fingerprintSize = 8

// Size returns the page size to use for a requested one: fallback when it is zero, and never more than limit.
func Size(requested int32, fallback, limit int) int {
	if requested <= 0 {
		return fallback
	}
	return min(int(requested), limit)
}

// Encode returns the token of the page that begins after cursor. Query holds everything that selects the rows, without the
// page size. Both are encoded as JSON.
func Encode(query, cursor any) (string, error) {
	body, err := json.Marshal(cursor)
	if err != nil {
		return "", err
	}
	print, err := fingerprint(query)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(print, body...)), nil
}

// Decode reads the cursor out of a token that Encode made for the same query.
func Decode(token string, query, cursor any) error {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < fingerprintSize {
		return errInvalid()
	}
	print, err := fingerprint(query)
	if err != nil {
		return err
	}
	if !bytes.Equal(print, raw[:fingerprintSize]) || json.Unmarshal(raw[fingerprintSize:], cursor) != nil {
		return errInvalid()
	}
	return nil
}

func fingerprint(query any) ([]byte, error) {
	body, err := json.Marshal(query)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return sum[:fingerprintSize:fingerprintSize], nil
}

func errInvalid() error {
	return errs.Invalid(ReasonTokenInvalid, "page_token",
		"the page token does not belong to this query: use next_page_token of an answer to the same request, or leave it empty for the first page")
}
