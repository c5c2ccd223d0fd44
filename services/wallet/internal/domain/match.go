package domain

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Matcher pairs the documents of the steps in some groups, or of some steps, one by one. What is left over has no
// counterpart.
type Matcher struct {
	prints *Prints
	groups map[uint32]bool
	only   map[stepID]bool // nil means all steps of the groups
	items  map[stepID][]item
	cutoff time.Time
	left   int
}

// stepID names one step of one reward or redemption.
type stepID struct {
	pot
	step step
	id   string
}

// item is a document that waits for its counterpart.
type item struct {
	key     string
	seq     int64
	user    string
	amount  int64
	posting bool // it stands on the side of the postings
	recent  bool // it is younger than the cutoff
	weak    bool // it may stand alone
}

// NewMatcher returns a matcher of the groups in which two sides differ. Steps of which all documents are younger than the
// cutoff are no finding.
func NewMatcher(p *Prints, cutoff time.Time) *Matcher {
	m := &Matcher{prints: p, items: map[stepID][]item{}, cutoff: cutoff}
	m.groups, m.left = p.suspects()
	return m
}

// Again returns a matcher of what is left over, for another walk: documents that were written during this one have arrived
// by then.
func (m *Matcher) Again() *Matcher {
	next := &Matcher{prints: m.prints, groups: m.groups, only: map[stepID]bool{}, items: map[stepID][]item{}, cutoff: m.cutoff, left: m.left}
	for id := range m.items {
		next.only[id] = true
	}
	return next
}

// Visit takes an entry.
func (m *Matcher) Visit(e Entry) {
	switch {
	case e.Line.Posting != nil:
		if mark, ok := e.Line.Posting.mark(); ok {
			m.add(mark, item{key: e.Key, seq: e.Seq, posting: true, recent: e.At.After(m.cutoff)})
		}
	case e.Line.Budget != nil:
		e.Line.Budget.marks(func(mark mark, taken bool) {
			m.add(mark, item{key: e.Key, seq: e.Seq, posting: taken, recent: e.At.After(m.cutoff)})
		})
	case e.Line.Claim != nil:
		m.add(e.Line.Claim.mark(e.Command), item{key: e.Key, seq: e.Seq, weak: true})
	}
}

// VisitRedemption takes the document of a redemption.
func (m *Matcher) VisitRedemption(r RedemptionRecord) {
	for mark, certain := range r.marks() {
		m.add(mark, item{key: r.Document, recent: r.UpdatedAt.After(m.cutoff), weak: !certain})
	}
}

// add pairs an item with one of the other side that says the same, or keeps it.
func (m *Matcher) add(mark mark, one item) {
	if !m.groups[m.prints.bucket(mark)] {
		return
	}
	id := stepID{mark.pot, mark.step, mark.id}
	if m.only != nil && !m.only[id] {
		return
	}
	one.user, one.amount = mark.user, mark.amount
	waiting := m.items[id]
	at := slices.IndexFunc(waiting, func(o item) bool {
		return o.posting != one.posting && o.user == one.user && o.amount == one.amount
	})
	switch {
	case at < 0:
		m.items[id] = append(waiting, one)
	case len(waiting) == 1:
		delete(m.items, id)
	default:
		m.items[id] = slices.Delete(waiting, at, at+1)
	}
}

// Leftover is a step whose documents do not agree.
type Leftover struct {
	id    stepID
	items []item
}

// Reward returns the reward that was counted and not posted; false when the step is another, or a posting is there.
func (l Leftover) Reward() (string, bool) {
	counted := !slices.ContainsFunc(l.items, func(i item) bool { return i.posting })
	return l.id.id, counted && (l.id.step == stepHold || l.id.step == stepPay)
}

// Leftovers returns the steps that are left over, except for those that are too young or may stand alone, ordered by their
// first document.
func (m *Matcher) Leftovers() []Leftover {
	var list []Leftover
	for id, items := range m.items {
		if slices.ContainsFunc(items, func(i item) bool { return !i.recent && !i.weak }) {
			slices.SortFunc(items, compareItems)
			list = append(list, Leftover{id, items})
		}
	}
	slices.SortFunc(list, func(a, b Leftover) int {
		return cmp.Or(compareItems(a.items[0], b.items[0]), cmp.Compare(a.id.step, b.id.step))
	})
	return list
}

func compareItems(a, b item) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.seq, b.seq)) }

// document is the _id of what the item was read from.
func (i item) document() string {
	if i.seq == 0 {
		return i.key
	}
	return DocumentID(i.key, i.seq)
}

// finding says what is wrong with the step.
func (l Leftover) finding() Finding {
	var posted, counted []item
	ids := make([]string, 0, len(l.items))
	for _, i := range l.items {
		ids = append(ids, i.document())
		if i.posting {
			posted = append(posted, i)
		} else {
			counted = append(counted, i)
		}
	}
	f := Finding{Kind: FindingUnmatchedCommand, Account: l.items[0].key, Seq: l.items[0].seq, Documents: documents(ids...)}
	counterpart := "the budget"
	switch {
	case l.id.step == stepAdjust:
		counterpart = "the claim of its id"
	case l.id.program == "":
		counterpart = "the redemption's document"
	}
	name := fmt.Sprintf("%s of %q", what[l.id.step], l.id.id)
	switch {
	case len(posted) == 0:
		f.Detail = fmt.Sprintf("%s, %d for %s: %s says so, no posting does", name, counted[0].amount, counted[0].user, counterpart)
	case len(counted) == 0:
		f.Detail = fmt.Sprintf("%s, %d for %s: a posting says so, %s does not", name, posted[0].amount, posted[0].user, counterpart)
	default:
		f.Detail = fmt.Sprintf("%s: a posting says %d for %s, %s says %d for %s",
			name, posted[0].amount, posted[0].user, counterpart, counted[0].amount, counted[0].user)
	}
	return f
}
