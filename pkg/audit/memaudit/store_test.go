package memaudit_test

import (
	"fmt"
	"testing"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/audit/audittest"
	"github.com/refersuite/refersuite/pkg/audit/memaudit"
)

func TestStore_Contract(t *testing.T) {
	audittest.Run(t, func(*testing.T) audit.Store { return memaudit.New(0) })
}

func TestStore_TheOldestMakesRoom(t *testing.T) {
	store := memaudit.New(3)
	for i := range 8 {
		if err := store.Begin(t.Context(), audit.Intent{ID: fmt.Sprintf("e%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.End(t.Context(), audit.Outcome{ID: "e1", Code: "OK"}); err != nil {
		t.Errorf("the outcome of an entry that has gone: %v", err)
	}
	entries, err := store.List(t.Context(), audit.Query{})
	if err != nil || len(entries) != 3 || entries[0].ID != "e7" || entries[2].ID != "e5" {
		t.Fatalf("entries = %+v, err = %v", entries, err)
	}
}
