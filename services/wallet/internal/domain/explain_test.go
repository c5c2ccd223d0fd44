package domain

import (
	"strings"
	"testing"
	"time"
)

// told returns the explanation of p on balances b as one text.
func told(t *testing.T, b Balances, p Posting, related ...Dated) string {
	t.Helper()
	p, err := p.On(b)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(Explain(Dated{Posting: p, At: noon}, related), " ")
}

func TestPostingsAreExplainedInSentences(t *testing.T) {
	held, err := Credit(Balances{}, reward(), noon)
	if err != nil {
		t.Fatal(err)
	}
	later := func(kind PostingKind, reason string) Dated {
		p := held.settledBy(kind, Settlement{ID: "x", Reason: reason})
		return Dated{Posting: p, At: noon.Add(time.Hour)}
	}
	bonus := Posting{
		Kind: PostingRewardAvailable, CommandID: "bonus/p1/ann/PRO", RewardID: "bonus/p1/ann/PRO", User: "ann", Amount: 20000,
		Currency: "INR", ProgramID: "p1", RewardKind: KindTierBonus, Side: SideReferrer, TraceID: "0af7651916cd43dd8448eb211c80319c",
	}
	manual := Posting{CommandID: "adjust/1", User: "ann", Amount: 700, Currency: "INR", Reason: "goodwill.", Actor: "root"}
	of := func(p Posting, kind PostingKind) Posting { p.Kind = kind; return p }
	redeem := Posting{CommandID: "redeem/x1", RedemptionID: "x1", User: "ann", Amount: 1000, Currency: "JPY", Provider: "file", Reason: "account unknown"}
	owing := held.settledBy(PostingReversal, Settlement{ID: "reverse/" + reward().ID, Reason: "FRAUD"})
	owing.OwedPart = 4000
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"reward": {told(t, Balances{}, held), []string{
			"INR 50.00 was credited to the referrer of referral r1 at the trigger completed.",
			"Programme p1 set the amount in version 3 of its terms, for the tier STARTER.",
			"Its hold ends on 2 January 2026 at 13:00:00 UTC; until then it can be cancelled.",
			"The command reward/p1/r1/completed/REFERRER caused it on 2 January 2026 at 12:00:00 UTC.",
		}},
		"released reward":   {told(t, Balances{}, held, later(PostingRelease, "")), []string{"It became available on 2 January 2026 at 13:00:00 UTC."}},
		"cancelled reward":  {told(t, Balances{}, held, later(PostingHoldReversal, "FRAUD")), []string{"It was cancelled on 2 January 2026 at 13:00:00 UTC, for the reason FRAUD."}},
		"taken back reward": {told(t, Balances{}, held, later(PostingReversal, "REFUND")), []string{"It was taken back on 2 January 2026 at 13:00:00 UTC, for the reason REFUND."}},
		"bonus": {told(t, Balances{Owed: 500}, bonus), []string{
			"INR 200.00 was credited as the bonus for reaching the tier PRO.", "Programme p1 set the amount.", "available at once",
			"INR 5.00 of it paid off what was owed after earlier reversals.", ", in the trace 0af7651916cd43dd8448eb211c80319c.",
		}},
		"release": {told(t, Balances{Held: 5000}, later(PostingRelease, "").Posting, Dated{Posting: held, At: noon}), []string{
			"INR 50.00 became available because its hold was over on 2 January 2026 at 13:00:00 UTC.", "It is the reward to the referrer",
		}},
		"cancellation": {told(t, Balances{Held: 5000}, later(PostingHoldReversal, "REFUND").Posting), []string{
			"The reward of INR 50.00 was cancelled while it was held, for the reason REFUND.",
		}},
		"covered reversal":  {told(t, Balances{Available: 5000}, later(PostingReversal, "REFUND").Posting), []string{"The balance covered it."}},
		"negative reversal": {told(t, Balances{Available: 1000}, later(PostingReversal, "REFUND").Posting), []string{"The balance did not cover it and is INR -40.00 now, by the clawback policy ALLOW_NEGATIVE."}},
		"owing reversal":    {told(t, Balances{Available: 1000}, owing), []string{"The balance covered INR 10.00 of it; INR 40.00 is owed and later credits pay it off, by the clawback policy NET_FROM_FUTURE."}},
		"credit":            {told(t, Balances{}, of(manual, PostingAdjustmentCredit)), []string{"root credited INR 7.00 by hand: goodwill."}},
		"debit":             {told(t, Balances{}, of(manual, PostingAdjustmentDebit)), []string{"root debited INR 7.00 by hand: goodwill.", "The balance did not cover it, which the command allowed."}},
		"payout": {told(t, Balances{}, of(redeem, PostingRedemptionRequested), Dated{Posting: of(redeem, PostingRedemptionPaid)}), []string{
			"Redemption x1 set JPY 1,000 aside for a payout.", "Redemption x1 of JPY 1,000 was paid out by the provider file.",
		}},
		"failed payout":    {told(t, Balances{}, of(redeem, PostingRedemptionFailed)), []string{"Redemption x1 failed at the payout provider: account unknown. JPY 1,000 is available again."}},
		"cancelled payout": {told(t, Balances{}, of(redeem, PostingRedemptionCancelled)), []string{"Redemption x1 was cancelled before it was submitted."}},
		"freeze":           {told(t, Balances{}, Posting{Kind: PostingAccountFrozen, Actor: "root"}), []string{"root froze the account: no reason was given. It still earns"}},
		"thaw":             {told(t, Balances{}, Posting{Kind: PostingAccountUnfrozen, Reason: "clean"}), []string{"Somebody ended the freeze of the account: clean."}},
		"close":            {told(t, Balances{}, Posting{Kind: PostingAccountClosed, Actor: "root", Reason: "left"}), []string{"root closed the account for good: left."}},
		"refusal":          {told(t, Balances{}, Posting{Kind: PostingRewardRefused, RewardID: "reward/x", Reason: "ACCOUNT_CLOSED"}), []string{"The reward reward/x was refused for good: ACCOUNT_CLOSED."}},
	} {
		for _, want := range c.want {
			if !strings.Contains(c.text, want) {
				t.Errorf("%s: %q does not say %q", name, c.text, want)
			}
		}
	}
}
