package chaintest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/refersuite/refersuite/pkg/chain"
)

// limit is small enough for many refusals.
const limit = 25

// call is an append, or a read of the head when id is empty.
type call struct {
	key   string
	id    string
	delta int64
}

// answer is what a call returned.
type answer struct {
	seq, total        int64
	replayed, refused bool
}

// applied is what a chain holds of one command.
type applied struct {
	id         string
	seq, total int64
}

// model is the specification: one chain with a limit, on which each command acts once.
var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, op := range history {
			if in, ok := op.Input.(call); ok {
				byKey[in.key] = append(byKey[in.key], op)
			}
		}
		parts := make([][]porcupine.Operation, 0, len(byKey))
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return []applied(nil) },
	Step: func(state, input, output any) (bool, any) {
		chain, _ := state.([]applied)
		in, _ := input.(call)
		out, _ := output.(answer)
		ok, next := take(chain, in, out)
		return ok, next
	},
	Equal: func(a, b any) bool {
		x, _ := a.([]applied)
		y, _ := b.([]applied)
		return slices.Equal(x, y)
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
}

// take tells whether a chain in this state may give this answer, and the state after it.
func take(state []applied, in call, out answer) (bool, []applied) {
	var head applied
	if len(state) > 0 {
		head = state[len(state)-1]
	}
	if in.id == "" {
		return out.seq == head.seq && out.total == head.total, state
	}
	if i := slices.IndexFunc(state, func(a applied) bool { return a.id == in.id }); i >= 0 {
		return out.replayed && !out.refused && out.seq == state[i].seq && out.total == state[i].total, state
	}
	if head.total+in.delta > limit {
		return out.refused, state
	}
	next := applied{in.id, head.seq + 1, head.total + in.delta}
	return !out.refused && !out.replayed && out.seq == next.seq && out.total == next.total, append(slices.Clip(state), next)
}

// linearizableContract records what concurrent callers of two processes see, while replies get lost, and asks whether one
// order of the calls explains all of it.
func linearizableContract(t *testing.T, factory Factory) {
	f := factory(t)
	stores := []*faulty{{Store: f.Store}, {Store: f.Second}}
	// Two processes must not make the very same entry, or both would claim it after a lost reply.
	clock := newTicking()
	var logs []*chain.Log[Body]
	for i, store := range stores {
		store.set(func(n int, entries []*chain.Entry[Body]) (int, bool) { return n % (len(entries) + 1), n%7 == i }, nil)
		logs = append(logs, open(t, store, chain.Options{Clock: clock, Attempts: 100, CommandCache: 4, HeadCache: 4}))
	}
	var now atomic.Int64
	var mu sync.Mutex
	var history []porcupine.Operation
	var wg sync.WaitGroup
	for client := range 6 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(client))) //nolint:gosec // a test wants the same numbers each time
			for range 25 {
				in := call{key: fmt.Sprint("k", random.IntN(2))}
				if random.IntN(4) > 0 {
					in.id, in.delta = fmt.Sprint("c", random.IntN(30)), 2
					if in.id[len(in.id)-1] == '7' {
						in.delta = -6
					}
				}
				begin := now.Add(1)
				out, err := perform(t, logs[client%2], in)
				end := now.Add(1)
				if err != nil {
					t.Errorf("%+v: %v", in, err)
					return
				}
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: client, Input: in, Call: begin, Output: out, Return: end})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for _, part := range model.Partition(history) {
		result, info := porcupine.CheckOperationsVerbose(model, part, 30*time.Second)
		if result != porcupine.Ok {
			t.Errorf("%d calls: %s; %s", len(part), result, unexplained(part, info))
		}
	}
}

// unexplained shows the calls around the first that no order explains.
func unexplained(history []porcupine.Operation, info porcupine.LinearizationInfo) string {
	var longest []porcupine.Operation
	for _, partition := range info.PartialLinearizationsOperations() {
		for _, order := range partition {
			if len(order) > len(longest) {
				longest = order
			}
		}
	}
	text := fmt.Sprintf("an order explains %d of them, it ends with", len(longest))
	for _, op := range longest[max(0, len(longest)-8):] {
		text += fmt.Sprintf("\n  %+v", op)
	}
	left := slices.Clone(history)
	for _, op := range longest {
		left = slices.DeleteFunc(left, func(o porcupine.Operation) bool { return o.Call == op.Call })
	}
	slices.SortFunc(left, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	text += "\nand leaves"
	for _, op := range left[:min(8, len(left))] {
		text += fmt.Sprintf("\n  %+v", op)
	}
	return text
}

func perform(t *testing.T, log *chain.Log[Body], in call) (answer, error) {
	if in.id == "" {
		head, _, err := log.Head(t.Context(), in.key)
		return answer{seq: head.Seq, total: head.Body.Total}, err
	}
	for {
		results, err := log.Append(t.Context(), plus(in.key, in.id, in.delta, limit))
		switch {
		case errors.Is(err, errLimit):
			return answer{refused: true}, nil
		case isUnknown(err):
			continue
		case err != nil:
			return answer{}, err
		}
		r := results[0]
		return answer{seq: r.Entry.Seq, total: r.Entry.Body.Total, replayed: r.Replayed}, nil
	}
}
