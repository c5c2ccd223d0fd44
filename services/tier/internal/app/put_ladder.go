package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// PutLadder makes the ladder of a programme version known. Idempotent: the same ladder again changes nothing, another one
// for the same version is refused.
func (m *Members) PutLadder(ctx context.Context, l domain.Ladder) error {
	if l.Policy == "" {
		l.Policy = domain.FraudOnly
	}
	if err := l.Validate(); err != nil {
		return explain(err)
	}
	stored, err := m.ladders.Put(ctx, l)
	if err != nil {
		return err
	}
	if !stored.Equal(l) {
		return errs.New(errs.AlreadyExists, ReasonLadderDiffers,
			"version %d of programme %s has another ladder: publish a new version to change it", l.Version, l.ProgramID)
	}
	return nil
}
