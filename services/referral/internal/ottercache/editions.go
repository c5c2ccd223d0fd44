// Package ottercache keeps what was just read or written in the process, in front of the stores.
package ottercache

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// recency is how old an answer that may be as of a moment ago can be.
const recency = time.Second

// Editions is an app.EditionStore over a chain. Editions never change and stay cached; which one is the latest is
// remembered for a second, and at once renewed by a publication of this process.
type Editions struct {
	log      *chain.Log[domain.Terms]
	versions *otter.Cache[edition, domain.Edition]
	latest   *otter.Cache[string, domain.Edition]
}

type edition struct {
	programID string
	version   int64
}

// NewEditions returns the editions kept in a log.
func NewEditions(log *chain.Log[domain.Terms]) *Editions {
	return &Editions{
		log:      log,
		versions: otter.Must(&otter.Options[edition, domain.Edition]{MaximumSize: 10_000}),
		latest: otter.Must(&otter.Options[string, domain.Edition]{MaximumSize: 10_000,
			ExpiryCalculator: otter.ExpiryWriting[string, domain.Edition](recency)}),
	}
}

// Append adds to a programme's chain.
func (e *Editions) Append(ctx context.Context, list ...chain.Append[domain.Terms]) ([]chain.Result[domain.Terms], error) {
	results, err := e.log.Append(ctx, list...)
	e.latest.InvalidateAll()
	return results, err
}

// Latest returns the newest edition as of now.
func (e *Editions) Latest(ctx context.Context, programID string) (domain.Edition, error) {
	entry, found, err := e.log.Head(ctx, app.ProgramKey(programID))
	if err != nil {
		return domain.Edition{}, err
	}
	if !found {
		return domain.Edition{}, app.ErrNotFound
	}
	return e.keep(programID, entry), nil
}

// Recent returns the newest edition as of a second ago.
func (e *Editions) Recent(ctx context.Context, programID string) (domain.Edition, error) {
	if known, ok := e.latest.GetIfPresent(programID); ok {
		return known, nil
	}
	newest, err := e.Latest(ctx, programID)
	if err == nil {
		e.latest.Set(programID, newest)
	}
	return newest, err
}

// Version returns one edition.
func (e *Editions) Version(ctx context.Context, programID string, version int64) (domain.Edition, error) {
	if known, ok := e.versions.GetIfPresent(edition{programID, version}); ok {
		return known, nil
	}
	if version < 1 {
		return domain.Edition{}, app.ErrNotFound
	}
	page, err := e.log.Range(ctx, app.ProgramKey(programID), chain.Page{After: version - 1, Limit: 1})
	if err != nil {
		return domain.Edition{}, err
	}
	if len(page) == 0 || page[0].Seq != version {
		return domain.Edition{}, app.ErrNotFound
	}
	return e.keep(programID, page[0]), nil
}

func (e *Editions) keep(programID string, entry chain.Entry[domain.Terms]) domain.Edition {
	kept := domain.Edition{ProgramID: programID, Version: entry.Seq, Terms: entry.Body, PublishedAt: entry.At}
	e.versions.Set(edition{programID, entry.Seq}, kept)
	return kept
}
