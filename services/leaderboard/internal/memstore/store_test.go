package memstore_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
	"github.com/refersuite/refersuite/services/leaderboard/internal/memstore"
	"github.com/refersuite/refersuite/services/leaderboard/internal/storetest"
)

func TestScoresContract(t *testing.T) {
	storetest.RunScores(t, func(*testing.T) chain.Store[domain.Line] { return memstore.New() })
}
