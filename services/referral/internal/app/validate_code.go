package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Validate returns the code that a person typed, NFKC-folded, and whether it can be used. Unknown, malformed and disabled
// codes answer alike: the zero code.
func (c *Codes) Validate(ctx context.Context, input string) (domain.Code, bool, error) {
	code, usable, err := c.find(ctx, input)
	if err != nil || !usable {
		return domain.Code{}, false, err
	}
	return code, true, nil
}

// Disable retires a code for ever. Disabling it again changes nothing.
func (c *Codes) Disable(ctx context.Context, input string) (domain.Code, error) {
	key, ok := domain.CodeKey(input)
	if !ok {
		return domain.Code{}, errCodeNotFound()
	}
	code, err := c.Store.Disable(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return domain.Code{}, errCodeNotFound()
	}
	if err != nil {
		return domain.Code{}, fmt.Errorf("disable code: %w", err)
	}
	return code, nil
}
