package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Reading are the rules about reading an account, by name.
var Reading = map[string]func(*testing.T, Open){
	"PostingsAreFiltered":              PostingsAreFiltered,
	"PostingsAreFilteredInBoundedWork": PostingsAreFilteredInBoundedWork,
	"M3_StatementAddsUp":               M3StatementAddsUp,
	"StatementEndsNow":                 StatementEndsNow,
	"StatementIsNotTooLong":            StatementIsNotTooLong,
	"PostingsAreExplained":             PostingsAreExplained,
}

// lively gives ann one posting or more of many kinds, an hour apart, some in the same millisecond.
func (l ledger) lively(t testing.TB) {
	t.Helper()
	l.issue(t, referral(1))
	l.issue(t, free(2)) // at the same time
	l.clock.Advance(time.Hour)
	other := free(3)
	other.ID, other.ProgramID = "reward/p2/r3/completed/REFERRER", "p2"
	l.issue(t, other)
	l.clock.Advance(time.Hour)
	l.adjust(t, adjustment(1, 1234))
	l.adjust(t, adjustment(2, -234))
	l.clock.Advance(22 * time.Hour)
	l.release(t, referral(1))
	l.clock.Advance(time.Hour)
	l.change(t, domain.AccountFrozen)
	l.reverse(t, referral(1))
	l.clock.Advance(time.Hour)
	l.issue(t, referral(4))
	l.reverse(t, referral(4))
	l.clock.Advance(time.Hour)
}

// everything returns all postings of ann, oldest first.
func (l ledger) everything(t testing.TB) []app.Posted {
	t.Helper()
	list, more, err := l.Postings(t.Context(), "ann", "INR", 0, chain.MaxLimit)
	if err != nil || more {
		t.Fatalf("more %v, %v", more, err)
	}
	slices.Reverse(list)
	return list
}

// pages reads a query to its end.
func (l ledger) pages(t testing.TB, q app.PostingsQuery, size int) []app.Posted {
	t.Helper()
	var all []app.Posted
	var at app.PostingsPlace
	for range 1000 {
		list, next, err := l.Select(t.Context(), q, at, size)
		if err != nil || len(list) > size {
			t.Fatalf("%+v from %+v: %d postings, %v", q, at, len(list), err)
		}
		all = append(all, list...)
		if next == nil {
			return all
		}
		at = *next
	}
	t.Fatalf("%+v has no end", q)
	return nil
}

// PostingsAreFiltered compares queries with a look at every posting.
func PostingsAreFiltered(t *testing.T, open Open) {
	l := start(t, open)
	l.lively(t)
	all := l.everything(t)
	for _, kinds := range [][]domain.PostingKind{
		nil, {domain.PostingRewardHeld}, {domain.PostingReversal, domain.PostingHoldReversal}, {domain.PostingRedemptionPaid},
	} {
		for _, program := range []string{"", "p1", "p2", "p3"} {
			for _, period := range [][2]time.Duration{{-1, -1}, {0, 25 * time.Hour}, {time.Hour, 2 * time.Hour}, {time.Hour, -1}, {-1, time.Hour}, {30 * time.Hour, -1}, {-1, 1}} {
				q := app.PostingsQuery{User: "ann", Currency: "INR", Kinds: kinds, ProgramID: program}
				if period[0] >= 0 {
					q.From = noon.Add(period[0])
				}
				if period[1] >= 0 {
					q.To = noon.Add(period[1])
				}
				if program == "p1" {
					q.ReferralID = "r1"
				}
				wantSame(t, q, l.pages(t, q, 2), all)
			}
		}
	}
	q := app.PostingsQuery{User: "nobody", Currency: "INR", From: noon, To: noon.Add(time.Hour)}
	if got := l.pages(t, q, 2); len(got) != 0 {
		t.Fatalf("nobody has %d postings", len(got))
	}
	q.To = q.From
	_, _, err := l.Select(t.Context(), q, app.PostingsPlace{}, 2)
	wantRefusal(t, err, errs.InvalidArgument, app.ReasonPeriodInvalid)
}

// wantSame fails unless got, newest first, is what q selects of all, oldest first.
func wantSame(t testing.TB, q app.PostingsQuery, got, all []app.Posted) {
	t.Helper()
	var want []int64
	for _, p := range slices.Backward(all) {
		if (len(q.Kinds) == 0 || slices.Contains(q.Kinds, p.Kind)) && (q.ProgramID == "" || p.ProgramID == q.ProgramID) &&
			(q.ReferralID == "" || p.ReferralID == q.ReferralID) && !p.At.Before(q.From) && (q.To.IsZero() || p.At.Before(q.To)) {
			want = append(want, p.Seq)
		}
	}
	var seqs []int64
	for _, p := range got {
		seqs = append(seqs, p.Seq)
	}
	if !slices.Equal(seqs, want) {
		t.Fatalf("%+v returned %v, want %v", q, seqs, want)
	}
}

// crowd gives ann n postings that are a minute apart.
func (l ledger) crowd(t testing.TB, n int) {
	t.Helper()
	for done := 0; done < n; {
		batch := make([]chain.Append[domain.Line], 0, 60)
		for range min(cap(batch), n-done) {
			done++
			id := fmt.Sprintf("adjust/crowd%d", done)
			batch = append(batch, chain.Append[domain.Line]{
				Key: domain.AccountKey("ann", "INR"), Command: command.New(id, "test.crowd.v1"),
				Step: func(head *chain.Entry[domain.Line]) (domain.Line, error) {
					var b domain.Balances
					if head != nil {
						b = head.Body.Posting.After
					}
					p, err := domain.Adjust(b, domain.Adjustment{ID: id, User: "ann", Currency: "INR", Amount: 1, Reason: "crowd"})
					return domain.Line{Posting: &p}, err
				},
			})
		}
		if _, err := l.log.Append(t.Context(), batch...); err != nil {
			t.Fatal(err)
		}
		l.clock.Advance(time.Minute)
	}
}

// PostingsAreFilteredInBoundedWork checks that a filter that matches little answers with an empty page and a next one.
func PostingsAreFilteredInBoundedWork(t *testing.T, open Open) {
	l := start(t, open)
	l.issue(t, free(1))
	l.crowd(t, 2100)
	q := app.PostingsQuery{User: "ann", Currency: "INR", ProgramID: "p1"}
	list, next, err := l.Select(t.Context(), q, app.PostingsPlace{}, 10)
	if err != nil || len(list) != 0 || next == nil || next.Before != 102 {
		t.Fatalf("got %d postings, next %+v, %v", len(list), next, err)
	}
	list, next, err = l.Select(t.Context(), q, *next, 10)
	if err != nil || len(list) != 1 || next != nil {
		t.Fatalf("got %d postings, next %+v, %v", len(list), next, err)
	}
}

// M3StatementAddsUp compares statements over many periods with the postings, and the last with the balance.
func M3StatementAddsUp(t *testing.T, open Open) {
	l := start(t, open)
	l.lively(t)
	all := l.everything(t)
	for from := -1; from < 29; from++ {
		for _, hours := range []int{1, 3, 24, 100} {
			var begin time.Time
			if from >= 0 {
				begin = noon.Add(time.Duration(from) * time.Hour)
			}
			end := noon.Add(time.Duration(from+hours) * time.Hour)
			if begin.After(l.clock.Now()) || !end.After(noon) {
				continue
			}
			s, err := l.Statement(t.Context(), "ann", "INR", begin, end)
			if err != nil {
				t.Fatal(err)
			}
			l.wantAddsUp(t, s, all, begin, end)
		}
	}
	s, err := l.Statement(t.Context(), "ann", "INR", time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	account, err := l.Balance(t.Context(), "ann", "INR")
	if err != nil || s.Closing != account.Balances || int64(len(s.Postings)) != account.Postings || s.Opening != (domain.Balances{}) {
		t.Fatalf("the statement closes with %+v, the balance is %+v, %v", s.Closing, account, err)
	}
	if !s.From.Equal(noon) || !s.To.Equal(l.clock.Now()) {
		t.Fatalf("the statement is from %s to %s", s.From, s.To)
	}
}

// wantAddsUp checks the postings of a statement, and that the flows explain the difference of its balances.
func (l ledger) wantAddsUp(t testing.TB, s app.Statement, all []app.Posted, from, to time.Time) {
	t.Helper()
	var want []app.Posted
	var before domain.Balances
	for _, p := range all {
		switch {
		case p.At.Before(from):
			before = p.After
		case p.At.Before(to):
			want = append(want, p)
		}
	}
	if !slices.Equal(s.Postings, want) || s.Opening != before {
		t.Fatalf("from %s to %s: %d postings after %+v, want %d after %+v", from, to, len(s.Postings), s.Opening, len(want), before)
	}
	opening, err := s.Opening.Total()
	if err != nil {
		t.Fatal(err)
	}
	closing, err := s.Closing.Total()
	if err != nil || opening+s.Credited-s.Debited != closing {
		t.Fatalf("%d + %d - %d is not %d, %v", opening, s.Credited, s.Debited, closing, err)
	}
}

// StatementEndsNow checks ends that are absent or yet to come, periods that cannot be, and accounts without postings.
func StatementEndsNow(t *testing.T, open Open) {
	l := start(t, open)
	s, err := l.Statement(t.Context(), "ann", "INR", time.Time{}, time.Time{})
	if err != nil || len(s.Postings) != 0 || !s.From.IsZero() || !s.To.Equal(noon) || s.Closing != (domain.Balances{}) {
		t.Fatalf("got %+v, %v", s, err)
	}
	l.issue(t, free(1)) // in the very millisecond
	for _, to := range []time.Time{{}, noon.Add(time.Hour)} {
		s, err := l.Statement(t.Context(), "ann", "INR", noon, to)
		if err != nil || len(s.Postings) != 1 || s.Closing.Available != 5000 || !s.To.Equal(noon.Add(time.Millisecond)) {
			t.Fatalf("got %+v, %v", s, err)
		}
	}
	l.clock.Advance(time.Hour)
	s, err = l.Statement(t.Context(), "ann", "INR", noon.Add(time.Minute), noon.Add(time.Hour))
	if err != nil || len(s.Postings) != 0 || s.Opening.Available != 5000 || s.Closing != s.Opening {
		t.Fatalf("got %+v, %v", s, err)
	}
	for field, period := range map[string][2]time.Time{
		"from": {noon.Add(2 * time.Hour), time.Time{}},
		"to":   {noon, noon},
	} {
		_, err = l.Statement(t.Context(), "ann", "INR", period[0], period[1])
		wantField(t, err, app.ReasonPeriodInvalid, field)
	}
}

// StatementIsNotTooLong checks a period with too many postings and a shorter one.
func StatementIsNotTooLong(t *testing.T, open Open) {
	l := start(t, open)
	l.crowd(t, app.MaxStatement+1)
	_, err := l.Statement(t.Context(), "ann", "INR", time.Time{}, time.Time{})
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonStatementTooLong)
	s, err := l.Statement(t.Context(), "ann", "INR", noon.Add(time.Minute), time.Time{})
	if err != nil || len(s.Postings) != app.MaxStatement+1-60 || s.Opening.Available != 60 || s.Closing.Available != app.MaxStatement+1 {
		t.Fatalf("%d postings after %+v, %v", len(s.Postings), s.Opening, err)
	}
}

// PostingsAreExplained checks which postings belong together, and one that does not exist.
func PostingsAreExplained(t *testing.T, open Open) {
	l := start(t, open)
	l.lively(t)
	for _, p := range l.everything(t) {
		e, err := l.Explain(t.Context(), "ann", "INR", p.Seq)
		if err != nil || e.Posting != p || len(e.Sentences) < 2 {
			t.Fatalf("posting %d: %+v, %v", p.Seq, e, err)
		}
		var related []domain.PostingKind
		for _, r := range e.Related {
			related = append(related, r.Kind)
		}
		var want []domain.PostingKind
		for _, other := range l.everything(t) {
			if p.RewardID != "" && other.RewardID == p.RewardID && other.Seq != p.Seq {
				want = append(want, other.Kind)
			}
		}
		if !slices.Equal(related, want) {
			t.Fatalf("posting %d, %s, belongs with %v, want %v", p.Seq, p.Kind, related, want)
		}
	}
	for user, seq := range map[string]int64{"ann": 100, "nobody": 1} {
		_, err := l.Explain(t.Context(), user, "INR", seq)
		wantRefusal(t, err, errs.NotFound, app.ReasonPostingNotFound)
	}
}
