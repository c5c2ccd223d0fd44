package wallet

import (
	"errors"
	"time"

	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// ReconcileConfig says when the ledger is reconciled without being asked.
type ReconcileConfig struct {
	At       string        `env:"RECONCILE_AT" envDefault:"02:30" doc:"Time of day of the daily reconciliation, HH:MM in RECONCILE_TIME_ZONE. One replica makes it; off: nobody does."`
	TimeZone string        `env:"RECONCILE_TIME_ZONE" envDefault:"Asia/Kolkata" doc:"Time zone of RECONCILE_AT, a name such as Europe/Berlin."`
	Every    time.Duration `env:"RECONCILE_EVERY" envDefault:"0s" doc:"Reconcile in this interval instead of at RECONCILE_AT, 1m to 168h; 0s: daily."`
}

// Validate checks the limits.
func (c ReconcileConfig) Validate() error {
	var problems []error
	if _, err := time.Parse(clockLayout, c.At); err != nil && c.At != never {
		problems = append(problems, config.Invalid("RECONCILE_AT", c.At, "must be a time of day such as 02:30, or off"))
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "" {
		problems = append(problems, config.Invalid("RECONCILE_TIME_ZONE", c.TimeZone, "must be a time zone such as Europe/Berlin"))
	}
	if c.Every != 0 && (c.Every < time.Minute || c.Every > 7*24*time.Hour) {
		problems = append(problems, config.Invalid("RECONCILE_EVERY", c.Every, "must be 1m to 168h, or 0s"))
	}
	return errors.Join(problems...)
}

const (
	clockLayout = "15:04"
	never       = "off"
)

// schedule returns when reconciliations are due. The config must be valid.
func (c ReconcileConfig) schedule() domain.Schedule {
	at, err := time.Parse(clockLayout, c.At)
	if c.Every > 0 || err != nil {
		return domain.Schedule{Every: c.Every}
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return domain.Schedule{}
	}
	return domain.Schedule{Hour: at.Hour(), Minute: at.Minute(), Zone: zone}
}
