package wallet

import (
	"errors"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/payout/fileprovider"
	"github.com/refersuite/refersuite/services/wallet/internal/payout/httpprovider"
)

// Redemption says how balances are paid out.
type Redemption struct {
	Limits       string        `env:"REDEMPTION_LIMITS" envDefault:"INR:min=10000,max=5000000,daily=10000000" doc:"Limits of redemptions by currency, in minor units: INR:min=10000,max=5000000,daily=10000000;USD:min=500. The entry * is for currencies that are not named; what is not given has no limit."`
	TimeZone     string        `env:"REDEMPTION_TIME_ZONE" envDefault:"Asia/Kolkata" doc:"IANA time zone of the days of daily limits."`
	CancelWindow time.Duration `env:"REDEMPTION_CANCEL_WINDOW" envDefault:"10s" doc:"How long a redemption can be cancelled before it is submitted to the payout provider, 0s to 24h."`
	Provider     string        `env:"PAYOUT_PROVIDER" envDefault:"file" doc:"Who pays: file writes CSV files for people or a bank, http calls PAYOUT_URL."`
	Dir          string        `env:"PAYOUT_DIR" doc:"Directory of payout files. Empty: payouts in the working directory; without MONGODB_URI a temporary one that is removed at the end, as everything else is."`
	URL          string        `env:"PAYOUT_URL" doc:"Address that payouts are posted to, https://. Required for http."`
	Secret       string        `env:"PAYOUT_SECRET" secret:"true" doc:"Secret shared with the provider, 16 bytes or more: signs requests to it and its events. Required for http."`
	Timeout      time.Duration `env:"PAYOUT_TIMEOUT" envDefault:"10s" doc:"How long one request to PAYOUT_URL may take, 100ms to 1m."`
	Plaintext    bool          `env:"PAYOUT_PLAINTEXT" envDefault:"false" doc:"Allows http:// to another machine in PAYOUT_URL, inside a network that encrypts by itself."`
}

const (
	minSecret       = 16
	maxCancelWindow = 24 * time.Hour
)

// Validate checks the limits.
func (c Redemption) Validate() error {
	var problems []error
	if _, err := domain.ParseRedemptionLimits(c.Limits); err != nil {
		problems = append(problems, config.Invalid("REDEMPTION_LIMITS", c.Limits, err.Error()))
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil {
		problems = append(problems, config.Invalid("REDEMPTION_TIME_ZONE", c.TimeZone, "must be an IANA time zone such as Asia/Kolkata"))
	}
	if c.CancelWindow < 0 || c.CancelWindow > maxCancelWindow {
		problems = append(problems, config.Invalid("REDEMPTION_CANCEL_WINDOW", c.CancelWindow, "must be 0s to 24h"))
	}
	switch c.Provider {
	case fileprovider.Name:
	case httpprovider.Name:
		problems = append(problems, c.validateHTTP()...)
	default:
		problems = append(problems, config.Invalid("PAYOUT_PROVIDER", c.Provider, "must be file or http"))
	}
	return errors.Join(problems...)
}

func (c Redemption) validateHTTP() []error {
	var problems []error
	if err := httpprovider.CheckAddress(c.URL, c.Plaintext); err != nil {
		problems = append(problems, config.Invalid("PAYOUT_URL", c.URL, err.Error()))
	}
	if len(c.Secret) < minSecret {
		problems = append(problems, config.Invalid("PAYOUT_SECRET", c.Secret, fmt.Sprintf("must have %d bytes or more", minSecret)))
	}
	if c.Timeout < 100*time.Millisecond || c.Timeout > time.Minute {
		problems = append(problems, config.Invalid("PAYOUT_TIMEOUT", c.Timeout, "must be 100ms to 1m"))
	}
	return problems
}
