package idgen_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/refersuite/refersuite/pkg/idgen"
)

func TestUUIDv7_IsVersion7AndRises(t *testing.T) {
	source := idgen.UUIDv7()
	last := ""
	for range 1000 {
		id := source.NewID()
		if v := uuid.MustParse(id).Version(); v != 7 {
			t.Fatalf("version %d", v)
		}
		if id <= last {
			t.Fatalf("%s does not sort after %s", id, last)
		}
		last = id
	}
}

func TestSequence_CountsFromOne(t *testing.T) {
	source := idgen.Sequence("ref")
	if a, b := source.NewID(), source.NewID(); a != "ref-1" || b != "ref-2" {
		t.Fatalf("got %s, %s", a, b)
	}
}
