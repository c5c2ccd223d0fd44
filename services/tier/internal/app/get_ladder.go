package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// Ladder returns the ladder of a programme version; version 0 means the latest.
func (m *Members) Ladder(ctx context.Context, program string, version int64) (domain.Ladder, error) {
	if version == 0 {
		return m.latest(ctx, program)
	}
	l, ok, err := m.ladder(ctx, program, version)
	if err != nil {
		return domain.Ladder{}, err
	}
	if !ok {
		return domain.Ladder{}, errs.New(errs.NotFound, ReasonLadderNotFound,
			"programme %s has no ladder of version %d", program, version)
	}
	return l, nil
}
