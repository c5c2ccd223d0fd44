package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Get returns a programme at one version; 0 means the latest, or the draft of a programme that was never published.
func (p *Programs) Get(ctx context.Context, id string, version int64) (ProgramView, error) {
	draft, err := p.draft(ctx, id)
	if err != nil {
		return ProgramView{}, err
	}
	if version == 0 {
		return p.view(ctx, draft)
	}
	edition, err := p.Editions.Version(ctx, id, version)
	if errors.Is(err, ErrNotFound) {
		return ProgramView{}, errs.New(errs.NotFound, "VERSION_NOT_FOUND", "programme %s has no version %d", id, version)
	}
	if err != nil {
		return ProgramView{}, fmt.Errorf("version %d of %s: %w", version, id, err)
	}
	return ProgramView{Program: draft, Edition: edition}, nil
}

// List returns programmes with an id after the given one, ascending, each at its latest version, at most limit.
func (p *Programs) List(ctx context.Context, after string, limit int) ([]ProgramView, error) {
	drafts, err := p.Drafts.List(ctx, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list programmes: %w", err)
	}
	views := make([]ProgramView, len(drafts))
	for i, draft := range drafts {
		if views[i], err = p.view(ctx, draft); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// published returns the edition that is in force, up to a second late, or says why there is none.
func (p *Programs) published(ctx context.Context, id string) (domain.Edition, error) {
	edition, err := p.Editions.Recent(ctx, id)
	if err == nil {
		return edition, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return domain.Edition{}, fmt.Errorf("latest version of %s: %w", id, err)
	}
	if _, err := p.draft(ctx, id); err != nil {
		return domain.Edition{}, err
	}
	return domain.Edition{}, errNotPublished(id)
}
