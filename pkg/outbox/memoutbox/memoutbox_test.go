package memoutbox_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/outbox/memoutbox"
	"github.com/refersuite/refersuite/pkg/outbox/outboxtest"
)

type store struct {
	*memoutbox.Store[outboxtest.Aggregate]
}

func (s store) Insert(_ context.Context, a outboxtest.Aggregate) error {
	if !s.Store.Insert(a.ID, a) {
		return fmt.Errorf("%s exists", a.ID)
	}
	return nil
}

func (s store) Load(_ context.Context, id string) (outboxtest.Aggregate, error) {
	a, ok := s.Get(id)
	if !ok {
		return a, fmt.Errorf("%s does not exist", id)
	}
	return a, nil
}

func (s store) Save(_ context.Context, a outboxtest.Aggregate) error {
	_, err := s.Store.Save(a.ID, a)
	return err
}

func newStore() *memoutbox.Store[outboxtest.Aggregate] {
	return memoutbox.New(memoutbox.Access[outboxtest.Aggregate]{
		Box:     func(a *outboxtest.Aggregate) *outbox.Box { return &a.Outbox },
		Version: func(a *outboxtest.Aggregate) *int64 { return &a.Version },
		Clone: func(a outboxtest.Aggregate) outboxtest.Aggregate {
			a.Notes = slices.Clone(a.Notes)
			return a
		},
	})
}

func TestContract(t *testing.T) {
	outboxtest.Run(t, func(*testing.T) outboxtest.Store { return store{newStore()} })
}

func TestStore_InsertRefusesATakenID(t *testing.T) {
	s := newStore()
	if !s.Insert("a", outboxtest.Aggregate{ID: "a"}) || s.Insert("a", outboxtest.Aggregate{ID: "a"}) || s.Len() != 1 {
		t.Error("an id was taken twice, or not at all")
	}
}
