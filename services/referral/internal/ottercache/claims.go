package ottercache

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// claimAge is how long a claim is remembered. Claims stand for ever, but for those that are given up at once because they
// would close a cycle.
const claimAge = time.Minute

// Claims is an app.ClaimStore in front of another one, for events that name a referral by its referee.
type Claims struct {
	app.ClaimStore

	known *otter.Cache[person, domain.Claim]
}

// NewClaims returns a store that remembers up to size claims of another.
func NewClaims(store app.ClaimStore, size int) *Claims {
	return &Claims{ClaimStore: store, known: otter.Must(&otter.Options[person, domain.Claim]{MaximumSize: size,
		ExpiryCalculator: otter.ExpiryWriting[person, domain.Claim](claimAge)})}
}

// Put stores the claim and remembers it, or the one that stands.
func (s *Claims) Put(ctx context.Context, c domain.Claim) (domain.Claim, error) {
	stored, err := s.ClaimStore.Put(ctx, c)
	if stored.ReferralID != "" {
		s.known.Set(person{c.ProgramID, c.RefereeID}, stored)
	}
	return stored, err
}

// Peek returns the claim of a referee as it is remembered, or else as of now.
func (s *Claims) Peek(ctx context.Context, programID, refereeID string) (domain.Claim, error) {
	key := person{programID, refereeID}
	if c, ok := s.known.GetIfPresent(key); ok {
		return c, nil
	}
	c, err := s.Get(ctx, programID, refereeID)
	if err == nil {
		s.known.Set(key, c)
	}
	return c, err
}

// Release deletes the claim and forgets it.
func (s *Claims) Release(ctx context.Context, c domain.Claim) error {
	defer s.known.Invalidate(person{c.ProgramID, c.RefereeID})
	return s.ClaimStore.Release(ctx, c)
}
