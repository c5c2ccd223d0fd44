package referral

import (
	"errors"
	"time"

	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/service"
)

// Config is the settings of the referral service.
type Config struct {
	service.Config
	Others Others
	Work   Work
}

// Others says where the services are that referral calls.
type Others struct {
	WalletAddr      string `env:"WALLET_ADDR" envDefault:"localhost:9092" doc:"gRPC address of the wallet service."`
	TierAddr        string `env:"TIER_ADDR" envDefault:"localhost:9093" doc:"gRPC address of the tier service."`
	FraudAddr       string `env:"FRAUD_ADDR" envDefault:"localhost:9094" doc:"gRPC address of the fraud service."`
	LeaderboardAddr string `env:"LEADERBOARD_ADDR" envDefault:"localhost:9095" doc:"gRPC address of the leaderboard service."`
}

// Validate checks that every address is given.
func (o Others) Validate() error {
	var problems []error
	for name, address := range map[string]string{
		"WALLET_ADDR": o.WalletAddr, "TIER_ADDR": o.TierAddr, "FRAUD_ADDR": o.FraudAddr, "LEADERBOARD_ADDR": o.LeaderboardAddr,
	} {
		if address == "" {
			problems = append(problems, config.Invalid(name, "", "must be an address such as localhost:9092"))
		}
	}
	return errors.Join(problems...)
}

// Work tunes what the service does by itself. Zero values of a Config that nobody loaded mean the defaults.
type Work struct {
	Workers       int           `env:"RELAY_WORKERS" envDefault:"32" doc:"Referrals whose commands are delivered at the same time, 1 to 1000."`
	Poll          time.Duration `env:"RELAY_POLL" envDefault:"1s" doc:"How often commands are looked for that are due but were not handed over at once, 10ms to 1m."`
	LeaseTTL      time.Duration `env:"RELAY_LEASE" envDefault:"30s" doc:"How long a process may work on the commands of one referral before another takes over, 1s to 10m."`
	MaxAttempts   int           `env:"RELAY_MAX_ATTEMPTS" envDefault:"25" doc:"Attempts after which a command is parked, 1 to 1000. With 25 that is more than an hour."`
	SweepInterval time.Duration `env:"SWEEP_INTERVAL" envDefault:"1m" doc:"How often referrals that ran out of time are moved to EXPIRED, 1s to 24h."`
	AssessTimeout time.Duration `env:"ASSESS_TIMEOUT" envDefault:"150ms" doc:"How long the creation of a referral waits for fraud, 1ms to 10s. Afterwards rewards wait instead."`
}

// Validate checks the limits.
func (w Work) Validate() error {
	var problems []error
	within := func(name string, value, low, high time.Duration) {
		if value != 0 && (value < low || value > high) {
			problems = append(problems, config.Invalid(name, value, "must be "+low.String()+" to "+high.String()))
		}
	}
	within("RELAY_POLL", w.Poll, 10*time.Millisecond, time.Minute)
	within("RELAY_LEASE", w.LeaseTTL, time.Second, 10*time.Minute)
	within("SWEEP_INTERVAL", w.SweepInterval, time.Second, 24*time.Hour)
	within("ASSESS_TIMEOUT", w.AssessTimeout, time.Millisecond, 10*time.Second)
	if w.Workers < 0 || w.Workers > 1000 {
		problems = append(problems, config.Invalid("RELAY_WORKERS", w.Workers, "must be 1 to 1000"))
	}
	if w.MaxAttempts < 0 || w.MaxAttempts > 1000 {
		problems = append(problems, config.Invalid("RELAY_MAX_ATTEMPTS", w.MaxAttempts, "must be 1 to 1000"))
	}
	return errors.Join(problems...)
}

func (w Work) withDefaults() Work {
	if w.Workers == 0 {
		w.Workers = 32
	}
	if w.SweepInterval == 0 {
		w.SweepInterval = time.Minute
	}
	return w
}
