// Package idempotency makes a POST of the edge safe to repeat: the first answer to an Idempotency-Key is kept and given
// again.
package idempotency

import (
	"context"
	"encoding/json"
	"time"
)

// Store keeps small values for a while. Losing them loses nothing but the repetition of an answer: what is behind the edge
// is idempotent by itself. Implementations are safe for concurrent use and answer within the deadline of ctx.
type Store interface {
	// Reserve keeps the value if there is none under the key, for ttl, and reports true; else it returns the present one.
	// Of callers that race, exactly one gets true.
	Reserve(ctx context.Context, key string, value []byte, ttl time.Duration) (present []byte, reserved bool, err error)
	// Replace changes the value to next, for ttl, if it is still old.
	Replace(ctx context.Context, key string, old, next []byte, ttl time.Duration) error
	// Remove forgets the value if it is still old.
	Remove(ctx context.Context, key string, old []byte) error
}

// record is what is kept about one key: first only the request, later its answer.
type record struct {
	// Request is the hash of the request.
	Request []byte `json:"request"`
	// Holder is the id of the HTTP request that is being served; it makes each reservation unique.
	Holder string `json:"holder"`
	// Status is the HTTP status of the answer; 0 while it is not known.
	Status int `json:"status,omitempty"`
	// ContentType and Body are those of the answer.
	ContentType string `json:"content_type,omitempty"`
	// Body is described above.
	Body []byte `json:"body,omitempty"`
}

func (r record) encode() []byte {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // cannot happen: plain fields only
	}
	return data
}

func decode(data []byte) (record, error) {
	var r record
	err := json.Unmarshal(data, &r)
	return r, err
}
