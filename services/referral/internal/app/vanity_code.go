package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// CreateVanity registers a chosen code, NFKC-folded. The same code for the same owner and programme again is a replay,
// even when it was disabled since; any other claim to its key is refused with CODE_TAKEN.
func (c *Codes) CreateVanity(ctx context.Context, programID, ownerID, input string) (code domain.Code, replayed bool, err error) {
	text, err := domain.VanityCode(input)
	if err != nil {
		return domain.Code{}, false, refusal(err)
	}
	if _, err := c.Programs.published(ctx, programID); err != nil {
		return domain.Code{}, false, err
	}
	key, _ := domain.CodeKey(text)
	code = domain.Code{Key: key, Text: text, ProgramID: programID, OwnerID: ownerID, Vanity: true, CreatedAt: c.Clock.Now()}
	unlock := c.quota.lock(ownerID)
	defer unlock()
	if stored, err := c.Store.Get(ctx, key); err == nil {
		return sameVanity(stored, code)
	} else if !errors.Is(err, ErrNotFound) {
		return domain.Code{}, false, fmt.Errorf("find code: %w", err)
	}
	if err := c.checkQuota(ctx, ownerID); err != nil {
		return domain.Code{}, false, err
	}
	err = c.Store.Put(ctx, code)
	if errors.Is(err, ErrExists) {
		stored, err := c.Store.Get(ctx, key)
		if err != nil {
			return domain.Code{}, false, fmt.Errorf("find code: %w", err)
		}
		return sameVanity(stored, code)
	}
	if err != nil {
		return domain.Code{}, false, fmt.Errorf("store code of %s: %w", ownerID, err)
	}
	return code, false, nil
}

func sameVanity(stored, wanted domain.Code) (domain.Code, bool, error) {
	if stored.Vanity && stored.OwnerID == wanted.OwnerID && stored.ProgramID == wanted.ProgramID && stored.Text == wanted.Text {
		return stored, true, nil
	}
	return domain.Code{}, false, errs.New(errs.AlreadyExists, "CODE_TAKEN",
		"%s is taken, or looks like a code that is: choose another", wanted.Text)
}
