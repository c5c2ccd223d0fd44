// Package app holds the use cases of the wallet, one file each.
package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Log is the ledger: chains of lines, one for each account, budget stripe and programme. The methods are those of
// chain.Log; see there for ordering, idempotency and errors.
type Log interface {
	// Append executes a list of steps in order, each once by its command.
	Append(ctx context.Context, list ...chain.Append[domain.Line]) ([]chain.Result[domain.Line], error)
	// Head returns the last entry of a chain; false when it is empty.
	Head(ctx context.Context, key string) (chain.Entry[domain.Line], bool, error)
	// Find returns the entry that a command caused; false when there is none.
	Find(ctx context.Context, key, commandID string) (chain.Entry[domain.Line], bool, error)
	// Range returns a page of one chain.
	Range(ctx context.Context, key string, page chain.Page) ([]chain.Entry[domain.Line], error)
	// Verify walks one chain from its first entry and checks its hashes.
	Verify(ctx context.Context, key string, visit func(chain.Entry[domain.Line]) error) ([]chain.Fault, error)
	// VerifyAll walks all chains with a prefix, one after another, each from its first entry.
	VerifyAll(ctx context.Context, prefix string, visit func(chain.Entry[domain.Line]) error) (chain.Report, error)
}
