// Package memstore keeps scores in memory: the default of the local run, and the fake of unit tests.
package memstore

import (
	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/memchain"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// New returns an empty store of score chains.
func New() chain.Store[domain.Line] { return memchain.New[domain.Line]() }
