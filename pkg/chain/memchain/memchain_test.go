package memchain_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/chaintest"
	"github.com/refersuite/refersuite/pkg/chain/memchain"
	"github.com/refersuite/refersuite/pkg/command"
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

// BenchmarkAppend appends to spread chains in memory from 64 callers: what the log itself costs.
func BenchmarkAppend(b *testing.B) {
	log := chain.New(memchain.New[chaintest.Body](), chain.Options{})
	defer func() {
		if err := log.Close(context.WithoutCancel(b.Context())); err != nil {
			b.Error(err)
		}
	}()
	step := func(head *chain.Entry[chaintest.Body]) (chaintest.Body, error) {
		body := chaintest.Body{Delta: 1, Total: 1}
		if head != nil {
			body.Total += head.Body.Total
		}
		return body, nil
	}
	var n atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			_, err := log.Append(b.Context(), chain.Append[chaintest.Body]{
				Key: fmt.Sprint("user/", i%2000), Command: command.Command{ID: fmt.Sprint("c", i)}, Step: step,
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}
