package app

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// codeAttempts bounds how often a generated code that is taken is drawn again. One in 34 billion is.
const codeAttempts = 8

// Codes makes, finds and retires codes.
type Codes struct {
	Store    CodeStore
	Programs *Programs
	Random   io.Reader
	Clock    clock.Clock

	quota quota
}

// Generate makes a random code (C1), at most ten per person in 15 minutes (C2).
func (c *Codes) Generate(ctx context.Context, programID, ownerID string) (domain.Code, error) {
	if _, err := c.Programs.published(ctx, programID); err != nil {
		return domain.Code{}, err
	}
	unlock := c.quota.lock(ownerID)
	defer unlock()
	if err := c.checkQuota(ctx, ownerID); err != nil {
		return domain.Code{}, err
	}
	for range codeAttempts {
		text, err := domain.GenerateCode(c.Random)
		if err != nil {
			return domain.Code{}, err
		}
		code := domain.Code{Key: text, Text: text, ProgramID: programID, OwnerID: ownerID, CreatedAt: c.Clock.Now()}
		if err := c.Store.Put(ctx, code); err == nil {
			return code, nil
		} else if !errors.Is(err, ErrExists) {
			return domain.Code{}, fmt.Errorf("store a code of %s: %w", ownerID, err)
		}
	}
	return domain.Code{}, errs.New(errs.Unavailable, "CODES_EXHAUSTED", "%d drawn codes were all taken: try again", codeAttempts)
}

// checkQuota counts what the store holds. Replicas that serve one person in the very same moment may together allow a few
// more; one process never does.
func (c *Codes) checkQuota(ctx context.Context, ownerID string) error {
	since := c.Clock.Now().Add(-domain.CodeWindow).Add(time.Millisecond)
	n, err := c.Store.CountSince(ctx, ownerID, since, domain.CodesPerWindow)
	if err != nil {
		return fmt.Errorf("count codes of %s: %w", ownerID, err)
	}
	if n < domain.CodesPerWindow {
		return nil
	}
	return errs.New(errs.ResourceExhausted, "CODE_RATE_LIMITED", "%s made %d codes within %s, which is the limit: use one of them, or wait",
		ownerID, n, domain.CodeWindow)
}

// find returns a usable code by what a person typed, NFKC-folded. Unknown and disabled codes are both CODE_NOT_FOUND.
func (c *Codes) find(ctx context.Context, input string) (code domain.Code, usable bool, err error) {
	key, ok := domain.CodeKey(input)
	if !ok {
		return domain.Code{}, false, nil
	}
	code, err = c.Store.Get(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return domain.Code{}, false, nil
	}
	if err != nil {
		return domain.Code{}, false, fmt.Errorf("find code: %w", err)
	}
	return code, !code.Disabled, nil
}

// quota serializes the makers of codes of one person within the process, so that counting and making are one step.
type quota struct {
	once  sync.Once
	seed  maphash.Seed
	locks [256]sync.Mutex
}

func (q *quota) lock(ownerID string) (unlock func()) {
	q.once.Do(func() { q.seed = maphash.MakeSeed() })
	mu := &q.locks[maphash.String(q.seed, ownerID)%uint64(len(q.locks))]
	mu.Lock()
	return mu.Unlock
}
