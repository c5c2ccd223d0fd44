// Package memstore keeps the ledger in memory: the default of local runs, and the fake of unit tests.
package memstore

import (
	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/memchain"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// New returns an empty ledger.
func New() chain.Store[domain.Line] { return memchain.New[domain.Line]() }
