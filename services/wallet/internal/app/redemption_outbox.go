package app

import (
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// The commands of a redemption.
const (
	// kindReserve sets the amount aside, when the request died before it could.
	kindReserve = "wallet.reserve_redemption"
	// kindSubmit hands the redemption to the payout provider.
	kindSubmit = "wallet.submit_payout"
	// kindSettle posts the end of the redemption.
	kindSettle = "wallet.settle_redemption"

	submitID, settleID = "submit", "settle"
)

// reserveAfter is how long a request may take before the relay takes it over.
const reserveAfter = 30 * time.Second

// takeTicket makes the relay finish this attempt to reserve, and forget those before.
func (d *RedemptionDocument) takeTicket(now time.Time, trace string) {
	d.Outbox.Messages = nil
	d.Outbox.Add(outbox.Message{
		ID: fmt.Sprintf("reserve/%d", d.Ticket), Kind: kindReserve, CreatedAt: now, NotBefore: now.Add(reserveAfter), Trace: trace,
	})
}

// reserved records that the amount was set aside and orders the submission, unless that was recorded before.
func (d *RedemptionDocument) reserved(at, now time.Time, window time.Duration, trace string) bool {
	if d.Status != domain.RedemptionNew {
		return false
	}
	d.Reserved(at)
	for _, m := range d.Outbox.Messages {
		d.Outbox.Settle(m.ID, outbox.Succeeded(nil), now, outbox.Backoff{})
	}
	d.Outbox.Add(outbox.Message{ID: submitID, Kind: kindSubmit, CreatedAt: now, NotBefore: at.Add(window), Trace: trace})
	return true
}

// drop forgets a redemption that the account refused. A lease of somebody else stays.
func (d *RedemptionDocument) drop() {
	d.Status = domain.RedemptionDropped
	for _, m := range d.Outbox.Messages {
		d.Outbox.Settle(m.ID, outbox.Outcome{State: outbox.StateRefused}, d.UpdatedAt, outbox.Backoff{})
	}
}

// settle records the final state, orders its posting and calls off the submission. It reports false when that was recorded
// before.
func (d *RedemptionDocument) settle(o domain.RedemptionOutcome, now time.Time, trace string) (bool, error) {
	changed, err := d.Settle(o, now)
	if err != nil || !changed {
		return false, err
	}
	d.Outbox.Settle(submitID, outbox.Outcome{State: outbox.StateDone}, now, outbox.Backoff{})
	d.Outbox.Add(outbox.Message{ID: settleID, Kind: kindSettle, CreatedAt: now, Trace: trace})
	return true, nil
}

// submitting reports whether a relay may be talking to the provider right now.
func (d *RedemptionDocument) submitting(now time.Time) bool {
	m, ok := d.Outbox.Get(submitID)
	return ok && m.State == outbox.StatePending && d.Outbox.Held(now)
}
