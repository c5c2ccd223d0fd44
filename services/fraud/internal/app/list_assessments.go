package app

import (
	"context"

	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// Assessments returns a page of at most limit assessments, newest first. More says that others follow.
func (a *Assessor) Assessments(ctx context.Context, q Query, limit int) (list []domain.Assessment, more bool, err error) {
	list, err = a.store.List(ctx, q, limit+1)
	if err != nil {
		return nil, false, err
	}
	if len(list) > limit {
		return list[:limit], true, nil
	}
	return list, false, nil
}
