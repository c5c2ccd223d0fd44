package chaintest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
)

// entry makes a valid first-hand entry for store tests.
func entry(t testing.TB, key string, seq int64, id string) *chain.Entry[Body] {
	t.Helper()
	e := &chain.Entry[Body]{
		Key: key, Seq: seq, Command: command.New(id, "chaintest.v1"), At: time.Date(2026, 3, 1, 2, 3, 4, 5e6, time.UTC),
		Body: Body{Total: seq, Delta: 1, Note: "note " + id, Since: time.Date(2025, 12, 31, 23, 59, 59, 999e6, time.UTC), Marks: []string{"a", "ü"}},
	}
	var err error
	if e.Hash, err = e.Sum(); err != nil {
		t.Fatal(err)
	}
	return e
}

func fill(t testing.TB, store chain.Store[Body], entries ...*chain.Entry[Body]) {
	t.Helper()
	if n, err := store.Insert(t.Context(), entries); err != nil || n != len(entries) {
		t.Fatalf("insert wrote %d of %d: %v", n, len(entries), err)
	}
}

func storeContract(t *testing.T, factory Factory) {
	t.Run("NothingIsFoundInAnEmptyStore", func(t *testing.T) {
		store := factory(t).Store
		head, err := store.Head(t.Context(), "a")
		found, findErr := store.Find(t.Context(), "a", "c")
		page, rangeErr := store.Range(t.Context(), "a", chain.Page{})
		keys, keysErr := store.Keys(t.Context(), "", "", 10)
		scanned, scanErr := store.Scan(t.Context(), chain.Scope{}, chain.Place{}, 10)
		if head != nil || found != nil || len(page)+len(keys)+len(scanned) > 0 {
			t.Errorf("an empty store holds %v, %v, %v, %v, %v", head, found, page, keys, scanned)
		}
		if err := errors.Join(err, findErr, rangeErr, keysErr, scanErr); err != nil {
			t.Error(err)
		}
	})
	t.Run("EntriesComeBackAsTheyWere", func(t *testing.T) {
		store := factory(t).Store
		want := entry(t, "user/a|b=c+d:e.f_g-h/INR", 1, "reward/p/r/active/REFERRER")
		want.Prev[0], want.Prev[31] = 1, 255
		want.Hash, _ = want.Sum()
		fill(t, store, want)
		head, err := store.Head(t.Context(), want.Key)
		if err != nil || head == nil {
			t.Fatalf("head = %v, %v", head, err)
		}
		if fmt.Sprintf("%+v", *head) != fmt.Sprintf("%+v", *want) {
			t.Errorf("head\n%+v, want\n%+v", *head, *want)
		}
		if sum, err := head.Sum(); err != nil || sum != want.Hash {
			t.Errorf("the hash of what came back is %x, want %x (%v)", sum, want.Hash, err)
		}
	})
	t.Run("InsertStopsAtTheFirstConflict", func(t *testing.T) { insertConflicts(t, factory(t).Store) })
	t.Run("HeadsOfNeighboursAreTheirOwn", func(t *testing.T) {
		store := factory(t).Store
		keys := []string{"a", "a$", "a+", "a-b", "a.b", "a/b", "aa", "b"}
		for i, key := range keys {
			for seq := int64(1); seq <= int64(i+9); seq++ {
				fill(t, store, entry(t, key, seq, fmt.Sprint("c", seq)))
			}
		}
		for i, key := range keys {
			head, err := store.Head(t.Context(), key)
			if err != nil || head == nil || head.Key != key || head.Seq != int64(i+9) {
				t.Errorf("head of %s = %v, %v", key, head, err)
			}
		}
		asked := append([]string{"none", "a#"}, keys...)
		heads, err := store.Heads(t.Context(), asked)
		if err != nil || len(heads) != len(asked) || heads[0] != nil || heads[1] != nil {
			t.Fatalf("heads = %v, %v", heads, err)
		}
		for i, head := range heads[2:] {
			if head == nil || head.Key != keys[i] || head.Seq != int64(i+9) {
				t.Errorf("head of %s among others = %v", keys[i], head)
			}
		}
	})
	t.Run("RangeOrderAndBounds", func(t *testing.T) { rangeBounds(t, factory(t).Store) })
	t.Run("KeysAndScanWalk", func(t *testing.T) { walks(t, factory(t).Store) })
}

func insertConflicts(t *testing.T, store chain.Store[Body]) {
	fill(t, store, entry(t, "a", 1, "c1"))
	for _, c := range []struct {
		name  string
		clash *chain.Entry[Body]
		want  error
	}{
		{"the position", entry(t, "a", 1, "other"), chain.ErrSeqTaken},
		{"the command", entry(t, "a", 2, "c1"), chain.ErrCommandTaken},
	} {
		before, after := entry(t, "before/"+c.name[4:], 1, "x"), entry(t, "behind/"+c.name[4:], 1, "x")
		n, err := store.Insert(t.Context(), []*chain.Entry[Body]{before, c.clash, after})
		if n != 1 || !errors.Is(err, c.want) {
			t.Errorf("%s is taken: inserted %d, %v; want 1, %v", c.name, n, err, c.want)
		}
		if e, err := store.Head(t.Context(), before.Key); err != nil || e == nil {
			t.Errorf("%s is taken: the entry before the conflict is missing (%v)", c.name, err)
		}
		if e, err := store.Head(t.Context(), after.Key); err != nil || e != nil {
			t.Errorf("%s is taken: the entry behind the conflict was written (%v)", c.name, err)
		}
	}
	if e, err := store.Find(t.Context(), "a", "other"); err != nil || e != nil {
		t.Errorf("a refused entry is found: %v, %v", e, err)
	}
	fill(t, store, entry(t, "b", 1, "c1"))
}

func rangeBounds(t *testing.T, store chain.Store[Body]) {
	for seq := int64(1); seq <= 12; seq++ {
		fill(t, store, entry(t, "a", seq, fmt.Sprint("c", seq)))
	}
	fill(t, store, entry(t, "a-", 1, "x"), entry(t, "Z", 1, "x"))
	for _, c := range []struct {
		page chain.Page
		want string
	}{
		{chain.Page{Limit: 3}, "[1 2 3]"},
		{chain.Page{Limit: 3, Descending: true}, "[12 11 10]"},
		{chain.Page{After: 9}, "[10 11 12]"},
		{chain.Page{Before: 4}, "[1 2 3]"},
		{chain.Page{Before: 4, Limit: 2, Descending: true}, "[3 2]"},
		{chain.Page{After: 3, Before: 7}, "[4 5 6]"},
		{chain.Page{After: 3, Before: 7, Limit: 2}, "[4 5]"},
		{chain.Page{After: 3, Before: 7, Limit: 2, Descending: true}, "[6 5]"},
		{chain.Page{After: 6, Before: 7}, "[]"},
		{chain.Page{After: 12}, "[]"},
		{chain.Page{After: 99}, "[]"},
		{chain.Page{Before: 1}, "[]"},
		{chain.Page{Before: 99, Limit: 1, Descending: true}, "[12]"},
	} {
		entries, err := store.Range(t.Context(), "a", c.page)
		got := []int64{}
		for _, e := range entries {
			got = append(got, e.Seq)
		}
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("page %+v = %v, %v; want %s", c.page, got, err, c.want)
		}
	}
}

func walks(t *testing.T, store chain.Store[Body]) {
	for _, key := range []string{"b/2", "a/10", "b", "a/1", "c", "b/1", "a-x"} {
		fill(t, store, entry(t, key, 1, "c1"), entry(t, key, 2, "c2"))
	}
	for _, c := range []struct {
		prefix, after string
		limit         int
		want          string
	}{
		{"", "", 10, "[a-x a/1 a/10 b b/1 b/2 c]"},
		{"", "", 2, "[a-x a/1]"},
		{"", "a/1", 2, "[a/10 b]"},
		{"", "a/5", 2, "[b b/1]"},
		{"", "c", 2, "[]"},
		{"a/", "", 10, "[a/1 a/10]"},
		{"a/", "a/1", 10, "[a/10]"},
		{"b", "", 10, "[b b/1 b/2]"},
		{"b", "b", 10, "[b/1 b/2]"},
		{"b", "a/1", 10, "[b b/1 b/2]"},
		{"b", "c", 10, "[]"},
		{"x", "", 10, "[]"},
	} {
		keys, err := store.Keys(t.Context(), c.prefix, c.after, c.limit)
		if err != nil || fmt.Sprint(keys) != c.want {
			t.Errorf("keys %q after %q, %d = %v, %v; want %s", c.prefix, c.after, c.limit, keys, err, c.want)
		}
	}
	for _, c := range []struct {
		scope chain.Scope
		after chain.Place
		limit int
		want  string
	}{
		{chain.Scope{}, chain.Place{}, 3, "[a-x#1 a-x#2 a/1#1]"},
		{chain.Scope{}, chain.Place{Key: "a/1", Seq: 1}, 3, "[a/1#2 a/10#1 a/10#2]"},
		{chain.Scope{}, chain.Place{Key: "c", Seq: 2}, 3, "[]"},
		{chain.Scope{Prefix: "b"}, chain.Place{}, 3, "[b#1 b#2 b/1#1]"},
		{chain.Scope{Prefix: "b"}, chain.Place{Key: "b", Seq: 2}, 9, "[b/1#1 b/1#2 b/2#1 b/2#2]"},
		{chain.Scope{Key: "b"}, chain.Place{}, 9, "[b#1 b#2]"},
		{chain.Scope{Key: "b"}, chain.Place{Key: "b", Seq: 1}, 9, "[b#2]"},
	} {
		scanned, err := store.Scan(t.Context(), c.scope, c.after, c.limit)
		got := []string{}
		for _, s := range scanned {
			if s.Err != nil || s.Entry == nil || s.Entry.Key != s.Key || s.Entry.Seq != s.Seq {
				t.Errorf("scanned %+v", s)
			}
			got = append(got, fmt.Sprintf("%s#%d", s.Key, s.Seq))
		}
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("scan %+v after %v, %d = %v, %v; want %s", c.scope, c.after, c.limit, got, err, c.want)
		}
	}
}
