package domain

import (
	"fmt"
	"strings"
	"time"
)

// Dated is a posting and when it was posted.
type Dated struct {
	Posting
	At time.Time
}

// Related returns the chain commands of the postings that p belongs with: the reward, its release or cancellation and its
// reversal, or the steps of its redemption. The command of p itself may be among them.
func (p Posting) Related() []string {
	switch {
	case p.RedemptionID != "":
		return []string{RedeemID(p.RedemptionID), SettleID(RedeemID(p.RedemptionID))}
	case p.RewardID != "":
		return []string{p.RewardID, SettleID(p.RewardID), ReverseID(p.RewardID)}
	default:
		return nil
	}
}

// Explain tells in sentences why p has its amount, the most important first. Related are the postings it belongs with.
func Explain(p Dated, related []Dated) []string {
	var s []string
	switch p.Kind {
	case PostingRewardHeld, PostingRewardAvailable:
		s = append(s, p.money()+" was credited "+p.merit()+".", p.terms())
		s = append(s, p.hold(related)...)
	case PostingRelease:
		s = append(s, p.money()+" became available because its hold was over"+ended(related)+".", "It is the reward "+p.merit()+".", p.terms())
	case PostingHoldReversal:
		s = append(s, fmt.Sprintf("The reward of %s was cancelled while it was held, for the reason %s.", p.money(), p.Reason),
			"It was the reward "+p.merit()+".", p.terms())
	case PostingReversal:
		s = append(s, fmt.Sprintf("The reward of %s was taken back after it had become available, for the reason %s.", p.money(), p.Reason),
			p.clawback(), "It was the reward "+p.merit()+".", p.terms())
	case PostingRewardRefused:
		s = append(s, fmt.Sprintf("The reward %s was refused for good: %s. Its budget got the amount back.", p.RewardID, p.Reason))
	case PostingAdjustmentCredit, PostingAdjustmentDebit:
		s = append(s, p.correction()...)
	case PostingRedemptionRequested, PostingRedemptionPaid, PostingRedemptionFailed, PostingRedemptionCancelled:
		s = append(s, p.redemption(related)...)
	case PostingAccountFrozen:
		s = append(s, p.by("froze the account"), "It still earns, and nothing can be redeemed.")
	case PostingAccountUnfrozen:
		s = append(s, p.by("ended the freeze of the account"))
	case PostingAccountClosed:
		s = append(s, p.by("closed the account for good"), "It takes no rewards and pays nothing.")
	}
	if p.OwedPart > 0 && p.Kind != PostingReversal {
		s = append(s, Money(p.OwedPart, p.Currency)+" of it paid off what was owed after earlier reversals.")
	}
	return append(sentences(s), p.cause())
}

// sentences leaves out the empty ones.
func sentences(list []string) []string {
	kept := make([]string, 0, len(list)+1)
	for _, one := range list {
		if one != "" {
			kept = append(kept, one)
		}
	}
	return kept
}

func (p Dated) money() string { return Money(p.Amount, p.Currency) }

// merit says what the reward was for, as its id tells.
func (p Dated) merit() string {
	parts := strings.Split(p.RewardID, "/")
	if p.RewardKind == KindTierBonus && len(parts) == 4 {
		return "as the bonus for reaching the tier " + parts[3]
	}
	who := "to the referrer"
	if p.Side == SideReferee {
		who = "to the invited person"
	}
	text := who + " of referral " + p.ReferralID
	if len(parts) == 5 {
		text += " at the trigger " + parts[3]
	}
	return text
}

// terms says what set the amount.
func (p Dated) terms() string {
	text := "Programme " + p.ProgramID
	if p.ProgramVersion > 0 {
		text += fmt.Sprintf(" set the amount in version %d of its terms", p.ProgramVersion)
	} else {
		text += " set the amount"
	}
	if p.Tier != "" {
		text += ", for the tier " + p.Tier
	}
	return text + "."
}

// hold says until when a reward is held, and what became of it.
func (p Dated) hold(related []Dated) []string {
	var s []string
	if p.Kind == PostingRewardHeld {
		s = append(s, "Its hold ends on "+dateTime(p.ReleaseAt)+"; until then it can be cancelled.")
	} else {
		s = append(s, "Its terms have no hold, so it was available at once.")
	}
	for _, r := range related {
		switch r.Kind { //nolint:exhaustive // what else there is settles no reward
		case PostingRelease:
			s = append(s, "It became available on "+dateTime(r.At)+".")
		case PostingHoldReversal:
			s = append(s, fmt.Sprintf("It was cancelled on %s, for the reason %s.", dateTime(r.At), r.Reason))
		case PostingReversal:
			s = append(s, fmt.Sprintf("It was taken back on %s, for the reason %s.", dateTime(r.At), r.Reason))
		}
	}
	return s
}

// ended says when the hold of the reward among related ended.
func ended(related []Dated) string {
	for _, r := range related {
		if r.Kind == PostingRewardHeld {
			return " on " + dateTime(r.ReleaseAt)
		}
	}
	return ""
}

// clawback says how the policy of the programme shows in a reversal.
func (p Dated) clawback() string {
	switch {
	case p.OwedPart > 0:
		return fmt.Sprintf("The balance covered %s of it; %s is owed and later credits pay it off, by the clawback policy %s.",
			Money(p.Amount-p.OwedPart, p.Currency), Money(p.OwedPart, p.Currency), ClawbackNetFromFuture)
	case p.After.Available < 0:
		return fmt.Sprintf("The balance did not cover it and is %s now, by the clawback policy %s.",
			Money(p.After.Available, p.Currency), ClawbackAllowNegative)
	default:
		return "The balance covered it."
	}
}

func (p Dated) correction() []string {
	verb := "credited"
	if p.Kind == PostingAdjustmentDebit {
		verb = "debited"
	}
	s := []string{p.by(verb + " " + p.money() + " by hand")}
	if p.Kind == PostingAdjustmentDebit && p.After.Available < 0 {
		s = append(s, "The balance did not cover it, which the command allowed.")
	}
	return s
}

func (p Dated) redemption(related []Dated) []string {
	name := "Redemption " + p.RedemptionID
	var s []string
	switch p.Kind { //nolint:exhaustive // the steps of a redemption
	case PostingRedemptionRequested:
		s = append(s, name+" set "+p.money()+" aside for a payout.")
		for _, r := range related {
			if r.Kind != PostingRedemptionRequested {
				s = append(s, Dated{Posting: r.Posting}.redemption(nil)...)
			}
		}
	case PostingRedemptionPaid:
		s = append(s, name+" of "+p.money()+" was paid out by the provider "+p.Provider+".")
	case PostingRedemptionFailed:
		s = append(s, name+" failed at the payout provider: "+reasonOr(p.Reason)+". "+p.money()+" is available again.")
	case PostingRedemptionCancelled:
		s = append(s, name+" was cancelled before it was submitted. "+p.money()+" is available again.")
	}
	return s
}

// by says who did something and why.
func (p Dated) by(deed string) string {
	who := p.Actor
	if who == "" {
		who = "Somebody"
	}
	return who + " " + deed + ": " + reasonOr(p.Reason) + "."
}

func reasonOr(reason string) string {
	if reason == "" {
		return "no reason was given"
	}
	return strings.TrimRight(reason, ". ")
}

// cause names the command, and the trace when there is one.
func (p Dated) cause() string {
	text := fmt.Sprintf("The command %s caused it on %s", p.CommandID, dateTime(p.At))
	if p.TraceID != "" {
		text += ", in the trace " + p.TraceID
	}
	return text + "."
}

// dateTime writes a time for people.
func dateTime(at time.Time) string { return at.UTC().Format("2 January 2006 at 15:04:05 UTC") }
