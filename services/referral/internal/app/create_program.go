package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Programs creates, publishes and finds programmes.
type Programs struct {
	Drafts   ProgramStore
	Editions EditionStore
	Tiers    Tiers
	Clock    clock.Clock
}

// ProgramView is a programme at one of its versions; version 0 is the draft of a programme that was never published.
type ProgramView struct {
	Program domain.Program
	Edition domain.Edition
}

// Create stores a draft. The same draft again is returned with replayed = true; another one under the same id is refused
// with PROGRAM_EXISTS.
func (p *Programs) Create(ctx context.Context, draft domain.Program) (view ProgramView, replayed bool, err error) {
	if err := draft.Terms.Check(); err != nil {
		return ProgramView{}, false, refusal(err)
	}
	draft.CreatedAt = p.Clock.Now()
	stored, err := p.Drafts.Put(ctx, draft)
	switch {
	case err == nil:
		return ProgramView{Program: draft, Edition: domain.Edition{ProgramID: draft.ID, Terms: draft.Terms}}, false, nil
	case !errors.Is(err, ErrExists):
		return ProgramView{}, false, fmt.Errorf("store programme %s: %w", draft.ID, err)
	case !stored.Same(draft):
		return ProgramView{}, false, errs.New(errs.AlreadyExists, "PROGRAM_EXISTS",
			"programme %s exists with another name or other terms: choose another id, or publish the new terms", draft.ID)
	}
	view, err = p.view(ctx, stored)
	return view, true, err
}

// view completes a draft with its latest edition.
func (p *Programs) view(ctx context.Context, draft domain.Program) (ProgramView, error) {
	latest, err := p.Editions.Latest(ctx, draft.ID)
	if errors.Is(err, ErrNotFound) {
		return ProgramView{Program: draft, Edition: domain.Edition{ProgramID: draft.ID, Terms: draft.Terms}}, nil
	}
	if err != nil {
		return ProgramView{}, fmt.Errorf("latest version of %s: %w", draft.ID, err)
	}
	return ProgramView{Program: draft, Edition: latest}, nil
}

func (p *Programs) draft(ctx context.Context, id string) (domain.Program, error) {
	draft, err := p.Drafts.Get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return domain.Program{}, errProgramNotFound(id)
	}
	if err != nil {
		return domain.Program{}, fmt.Errorf("programme %s: %w", id, err)
	}
	return draft, nil
}
