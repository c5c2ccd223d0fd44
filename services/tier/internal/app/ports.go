// Package app holds the use cases of the tier service, one file each.
package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// Log is the progress of people: a chain for each person and programme, and chains of claims. The methods are those of
// chain.Log; see there for ordering, idempotency and errors.
type Log interface {
	// Append executes a list of steps in order, each once by its command.
	Append(ctx context.Context, list ...chain.Append[domain.Line]) ([]chain.Result[domain.Line], error)
	// Head returns the last entry of a chain; false when it is empty.
	Head(ctx context.Context, key string) (chain.Entry[domain.Line], bool, error)
	// Find returns the entry that a command caused; false when there is none.
	Find(ctx context.Context, key, commandID string) (chain.Entry[domain.Line], bool, error)
	// VerifyAll walks all chains with a prefix, one after another, each from its first entry.
	VerifyAll(ctx context.Context, prefix string, visit func(chain.Entry[domain.Line]) error) (chain.Report, error)
}

// Ladders keeps the ladders of programme versions. A ladder that was put never changes.
type Ladders interface {
	// Put stores a ladder unless one is stored for its programme and version, and returns the one that is stored then: of any
	// number of writers one wins, and all of them get the winner's. An error with errs.ReasonOutcomeUnknown answers neither
	// yes nor no: put the same ladder again.
	Put(ctx context.Context, ladder domain.Ladder) (domain.Ladder, error)
	// Get returns the ladder of a version; false when there is none.
	Get(ctx context.Context, programID string, version int64) (domain.Ladder, bool, error)
	// Latest returns the ladder of the highest version of a programme; false when there is none.
	Latest(ctx context.Context, programID string) (domain.Ladder, bool, error)
}
