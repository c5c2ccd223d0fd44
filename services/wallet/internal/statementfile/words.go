package statementfile

import (
	"strings"

	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// titles say what postings did in the words of a statement.
var titles = map[domain.PostingKind]string{
	domain.PostingRewardHeld:          "Reward, held",
	domain.PostingRewardAvailable:     "Reward",
	domain.PostingRelease:             "Reward released",
	domain.PostingHoldReversal:        "Held reward cancelled",
	domain.PostingReversal:            "Reward taken back",
	domain.PostingAdjustmentCredit:    "Correction, credit",
	domain.PostingAdjustmentDebit:     "Correction, debit",
	domain.PostingRedemptionRequested: "Payout requested",
	domain.PostingRedemptionPaid:      "Payout made",
	domain.PostingRedemptionFailed:    "Payout failed",
	domain.PostingRedemptionCancelled: "Payout cancelled",
	domain.PostingAccountFrozen:       "Account frozen",
	domain.PostingAccountUnfrozen:     "Account not frozen any more",
	domain.PostingAccountClosed:       "Account closed",
	domain.PostingRewardRefused:       "Reward refused",
}

// title also names the amount of what moved inside the account, since no column does.
func title(p app.Posted) string {
	t := titles[p.Kind]
	if t == "" {
		t = string(p.Kind)
	}
	if in, out := p.Flow(); in == 0 && out == 0 && p.Amount > 0 {
		t += ": " + domain.Money(p.Amount, p.Currency)
	}
	return t
}

// detail says what a posting was about.
func detail(p app.Posted) string {
	var parts []string
	for _, part := range []struct{ name, value string }{
		{"Programme ", p.ProgramID},
		{"referral ", p.ReferralID},
		{"tier ", p.Tier},
		{"payout ", p.RedemptionID},
		{"", p.Reason},
	} {
		if part.value != "" {
			parts = append(parts, part.name+part.value)
		}
	}
	if p.OwedPart > 0 {
		owed := "paid off what was owed"
		if p.Kind == domain.PostingReversal {
			owed = "is owed"
		}
		parts = append(parts, domain.Money(p.OwedPart, p.Currency)+" "+owed)
	}
	return strings.Join(parts, " · ")
}
