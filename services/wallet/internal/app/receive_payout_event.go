package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// SignatureTolerance is how far the clock of the provider may be off, and how long an event may be on its way.
const SignatureTolerance = 5 * time.Minute

// noReason stands where a provider gives none.
const noReason = "UNSPECIFIED"

// PayoutEvent is what a payout provider tells about a payout.
type PayoutEvent struct {
	RedemptionID string
	// Outcome is PAID or FAILED.
	Outcome   domain.RedemptionStatus
	Reference string
	Reason    string
	// Timestamp is when the provider signed, in Unix seconds.
	Timestamp int64
	// Signature is that of PayoutEvent.Sign, in lower-case hex.
	Signature string
	// TraceID is the trace of the request.
	TraceID string
}

// Sign returns the signature that the event must carry.
func (e PayoutEvent) Sign(secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "v1\n%d\n%s\n%s\n%s\n%s", e.Timestamp, e.RedemptionID, e.Outcome, e.Reference, e.Reason)
	return hex.EncodeToString(mac.Sum(nil))
}

// Receive records what a provider tells about a payout. Idempotent. Only the provider that has the redemption may tell.
func (r *Redemptions) Receive(ctx context.Context, e PayoutEvent) error {
	if !r.genuine(e) {
		return errs.New(errs.Unauthenticated, ReasonSignatureInvalid,
			"the event is not signed by the payout provider, or was signed more than 5 minutes ago or ahead: check the secret, the clock and the order of the signed lines")
	}
	o := domain.RedemptionOutcome{Status: e.Outcome, Reference: e.Reference, TraceID: e.TraceID}
	if o.Status == domain.RedemptionFailed {
		if o.Reason = e.Reason; o.Reason == "" {
			o.Reason = noReason
		}
	}
	_, _, err := r.end(ctx, "", e.RedemptionID, o, func(d *RedemptionDocument) error {
		if d.Provider != r.Provider.Name() {
			return errs.New(errs.NotFound, ReasonRedemptionNotFound, "there is no redemption %q of this provider: check the id", e.RedemptionID)
		}
		return nil
	})
	if errs.Reason(err) == ReasonRedemptionSettled && r.Logger != nil {
		r.Logger.ErrorContext(ctx, "a payout provider tells another outcome than the one a redemption has: compare with the bank",
			slog.String("redemption_id", e.RedemptionID), slog.String("told", string(e.Outcome)))
	}
	return err
}

// genuine checks signature and time. A reference of several lines could pass for another one with another reason.
func (r *Redemptions) genuine(e PayoutEvent) bool {
	if len(r.Secret) == 0 || strings.Contains(e.Reference, "\n") {
		return false
	}
	age := r.Clock.Now().Sub(time.Unix(e.Timestamp, 0))
	signed := hmac.Equal([]byte(e.Sign(r.Secret)), []byte(e.Signature))
	return signed && age <= SignatureTolerance && age >= -SignatureTolerance
}
