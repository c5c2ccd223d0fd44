package memstore

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"
)

// timeline keeps values in the order of their time, then of their id. A nil timeline is empty.
type timeline[V any] struct{ items []item[V] }

type item[V any] struct {
	at    int64 // milliseconds since 1970
	id    string
	value V
}

func (i item[V]) compare(at int64, id string) int {
	return cmp.Or(cmp.Compare(i.at, at), strings.Compare(i.id, id))
}

// before reports whether the item stands before a position.
func (i item[V]) before(at int64, id string) bool { return i.compare(at, id) < 0 }

// add puts a value in its place, which is nearly always the end.
func (t *timeline[V]) add(at time.Time, id string, value V) {
	one := item[V]{at.UnixMilli(), id, value}
	place := len(t.items)
	for place > 0 && t.items[place-1].compare(one.at, one.id) > 0 {
		place--
	}
	t.items = slices.Insert(t.items, place, one)
}

// newest returns the items from the newest to the oldest.
func (t *timeline[V]) newest() iter.Seq2[int, item[V]] {
	if t == nil {
		return func(func(int, item[V]) bool) {}
	}
	return slices.Backward(t.items)
}

// within returns the items after from and not after to, from the newest to the oldest.
func (t *timeline[V]) within(from, to time.Time) iter.Seq2[int, item[V]] {
	if t == nil {
		return func(func(int, item[V]) bool) {}
	}
	past := func(i item[V], at int64) int {
		if i.at <= at {
			return -1
		}
		return 1
	}
	low, _ := slices.BinarySearchFunc(t.items, from.UnixMilli(), past)
	high, _ := slices.BinarySearchFunc(t.items, to.UnixMilli(), past)
	return slices.Backward(t.items[low:max(low, high)])
}
