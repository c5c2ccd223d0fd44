package command_test

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
)

func TestNew_SameContentsHashAlike(t *testing.T) {
	first := command.New("a", "x.v1", command.String("user", "u1"), command.Int64("amount", 5))
	again := command.New("a", "x.v1", command.String("user", "u1"), command.Int64("amount", 5))
	if first != again {
		t.Fatal("equal commands differ")
	}
}

func TestNew_AnyDifferenceShows(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	base := command.New("a", "x.v1", command.String("user", "u1"), command.Time("at", at)).Hash
	for name, other := range map[string]command.Command{
		"schema":        command.New("a", "x.v2", command.String("user", "u1"), command.Time("at", at)),
		"value":         command.New("a", "x.v1", command.String("user", "u2"), command.Time("at", at)),
		"name":          command.New("a", "x.v1", command.String("owner", "u1"), command.Time("at", at)),
		"time":          command.New("a", "x.v1", command.String("user", "u1"), command.Time("at", at.Add(time.Millisecond))),
		"boundary":      command.New("a", "x.v1", command.String("use", "ru1"), command.Time("at", at)),
		"missing field": command.New("a", "x.v1", command.String("user", "u1")),
		"zero time":     command.New("a", "x.v1", command.String("user", "u1"), command.Time("at", time.Time{})),
	} {
		if other.Hash == base {
			t.Errorf("a different %s has the same hash", name)
		}
	}
}

func TestErrReused_SaysWhatToDo(t *testing.T) {
	err := command.ErrReused("reward/p/r/completed/REFERRER")
	if errs.CodeOf(err) != errs.AlreadyExists || errs.Reason(err) != command.ReasonReused {
		t.Fatalf("err = %v", err)
	}
}
