package domain

import (
	"testing"
	"time"
)

// reconciled reads entries and redemptions as a reconciliation does.
func reconciled(entries []Entry, redemptions ...RedemptionRecord) []Finding {
	pass := func(to interface {
		Visit(e Entry)
		VisitRedemption(r RedemptionRecord)
	}) {
		for _, e := range entries {
			to.Visit(e)
		}
		for _, r := range redemptions {
			to.VisitRedemption(r)
		}
	}
	b := NewBooks(noon)
	pass(b)
	if !b.Suspicious() {
		b.Close(nil, nil)
		return b.Findings.List()
	}
	m := b.Matcher()
	pass(m)
	m = m.Again()
	pass(m)
	b.Close(m, m.Leftovers())
	return b.Findings.List()
}

// account makes the entries of ann's account of postings by their kinds.
func account(t *testing.T, amount int64, kinds ...PostingKind) []Entry {
	t.Helper()
	b := Balances{}
	var entries []Entry
	for i, kind := range kinds {
		p, err := Posting{
			Kind: kind, CommandID: "adjust/1", User: "ann", Amount: amount, Currency: "INR", RedemptionID: "x", Provider: "file",
		}.On(b)
		fail(t, err)
		b = p.After
		entries = append(entries, Entry{Key: "user/ann/INR", Seq: int64(i + 1), At: noon, Line: Line{Posting: &p}})
	}
	return entries
}

func redemption(status RedemptionStatus, amount int64) Redemption {
	return Redemption{RedemptionOrder: RedemptionOrder{ID: "x", UserID: "ann", Amount: amount, Currency: "INR"}, Status: status}
}

func TestM8_RedemptionsAreComparedWithTheirPostings(t *testing.T) {
	requested := []PostingKind{PostingAdjustmentCredit, PostingRedemptionRequested}
	paid := []PostingKind{PostingAdjustmentCredit, PostingRedemptionRequested, PostingRedemptionPaid}
	claim := Entry{Key: "adjustment/00", Seq: 1, Command: "adjust/1", At: noon, Line: Line{Claim: &Claim{Account: "user/ann/INR"}}}
	for name, c := range map[string]struct {
		postings  []PostingKind
		status    RedemptionStatus
		amount    int64
		settling  bool
		updated   time.Time
		documents []string
	}{
		"requested":                     {requested, RedemptionRequested, 50, false, noon, nil},
		"submitted":                     {requested, RedemptionSubmitted, 50, false, noon, nil},
		"new and set aside":             {requested, RedemptionNew, 50, false, noon, nil},
		"new":                           {requested[:1], RedemptionNew, 50, false, noon, nil},
		"paid":                          {paid, RedemptionPaid, 50, false, noon, nil},
		"paid, not posted":              {requested, RedemptionPaid, 50, false, noon, []string{"redemptions/x"}},
		"paid, to be posted":            {requested, RedemptionPaid, 50, true, noon, nil},
		"paid, posted by now":           {paid, RedemptionPaid, 50, true, noon, nil},
		"paid during the walk":          {requested, RedemptionPaid, 50, false, noon.Add(time.Second), nil},
		"posted as paid, still open":    {paid, RedemptionSubmitted, 50, false, noon, []string{"user/ann/INR#000000000003"}},
		"posted as paid, but cancelled": {paid, RedemptionCancelled, 50, false, noon, []string{"redemptions/x", "user/ann/INR#000000000003"}},
		"never set aside":               {requested[:1], RedemptionSubmitted, 50, false, noon, []string{"redemptions/x"}},
		"dropped and set aside":         {requested, RedemptionDropped, 50, false, noon, nil},
		"another amount":                {requested, RedemptionSubmitted, 51, false, noon, []string{"redemptions/x", "user/ann/INR#000000000002"}},
	} {
		t.Run(name, func(t *testing.T) {
			entries := append([]Entry{claim}, account(t, 50, c.postings...)...)
			found := reconciled(entries, redemption(c.status, c.amount).Record("redemptions/x", c.updated, c.settling))
			got := map[string]bool{}
			for _, f := range found {
				if f.Kind != FindingUnmatchedCommand {
					t.Fatalf("found %+v", f)
				}
				for _, d := range f.Documents {
					got[d] = true
				}
			}
			if len(got) != len(c.documents) {
				t.Fatalf("found %+v, want %v", found, c.documents)
			}
			for _, d := range c.documents {
				if !got[d] {
					t.Fatalf("found %+v, want %v", found, c.documents)
				}
			}
		})
	}
}

func TestM8_AdjustmentWithoutClaimIsFound(t *testing.T) {
	entries := account(t, 50, PostingAdjustmentCredit)
	if found := reconciled(entries); len(found) != 1 || found[0].Documents[0] != "user/ann/INR#000000000001" {
		t.Fatalf("found %+v", found)
	}
	claim := Entry{Key: "adjustment/00", Seq: 1, Command: "adjust/1", At: noon, Line: Line{Claim: &Claim{Account: "user/ann/INR"}}}
	refused := Entry{Key: "adjustment/00", Seq: 2, Command: "adjust/2", At: noon, Line: Line{Claim: &Claim{Account: "user/bob/INR"}}}
	if found := reconciled(append([]Entry{claim, refused}, entries...)); len(found) != 0 {
		t.Fatalf("found %+v", found)
	}
}

func TestM8_RefusedRewardsAreMatched(t *testing.T) {
	for _, hold := range []time.Duration{0, time.Hour} {
		r := reward()
		r.Hold = hold
		first, err := Count(BudgetLine{}, r, noon)
		fail(t, err)
		back, err := first.Refused(first)
		fail(t, err)
		refusal, err := Posting{
			Kind: PostingRewardRefused, CommandID: r.ID, RewardID: r.ID, User: r.Beneficiary, Currency: "INR", ProgramID: r.ProgramID,
		}.On(Balances{})
		fail(t, err)
		entries := []Entry{
			{Key: "budget/p1/INR/00", Seq: 1, At: noon, Line: Line{Budget: &first}},
			{Key: "budget/p1/INR/00", Seq: 2, At: noon, Line: Line{Budget: &back}},
			{Key: "user/ann/INR", Seq: 1, At: noon, Line: Line{Posting: &refusal}},
		}
		if found := reconciled(entries); len(found) != 0 {
			t.Fatalf("found %+v", found)
		}
		if found := reconciled(entries[:2]); len(found) != 1 || found[0].Kind != FindingUnmatchedCommand {
			t.Fatalf("found %+v", found)
		}
		found := reconciled(append(entries[:1:1], entries[2]))
		if len(found) != 3 || found[0].Kind != FindingBudgetDrift { // counted and not posted, refused and not given back
			t.Fatalf("found %+v", found)
		}
	}
}
