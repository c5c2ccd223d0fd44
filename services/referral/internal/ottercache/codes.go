package ottercache

import (
	"context"

	"github.com/maypok86/otter/v2"

	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Codes is an app.CodeStore in front of another one. A code disabled by another process is known a second later.
type Codes struct {
	app.CodeStore

	known *otter.Cache[string, domain.Code]
}

// NewCodes returns a store that remembers up to size codes of another.
func NewCodes(store app.CodeStore, size int) *Codes {
	return &Codes{CodeStore: store, known: otter.Must(&otter.Options[string, domain.Code]{MaximumSize: size,
		ExpiryCalculator: otter.ExpiryWriting[string, domain.Code](recency)})}
}

// Get returns the code.
func (s *Codes) Get(ctx context.Context, key string) (domain.Code, error) {
	if c, ok := s.known.GetIfPresent(key); ok {
		return c, nil
	}
	c, err := s.CodeStore.Get(ctx, key)
	if err == nil {
		s.known.Set(key, c)
	}
	return c, err
}

// Disable marks the code as disabled, here at once.
func (s *Codes) Disable(ctx context.Context, key string) (domain.Code, error) {
	c, err := s.CodeStore.Disable(ctx, key)
	s.known.Invalidate(key)
	return c, err
}
