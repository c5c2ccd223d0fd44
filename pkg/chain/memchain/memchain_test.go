package memchain_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/chaintest"
	"github.com/refersuite/refersuite/pkg/chain/memchain"
)

func TestMemchain_Contract(t *testing.T) {
	chaintest.Run(t, func(testing.TB) chaintest.Fixture {
		store := memchain.New[chaintest.Body]()
		return chaintest.Fixture{
			Store:  store,
			Second: store,
			Tamper: func(key string, seq int64, change func(*chain.Entry[chaintest.Body]) bool) {
				store.Tamper(key, seq, change)
			},
		}
	})
}
