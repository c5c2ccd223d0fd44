package leaderboard

import (
	"errors"
	"time"

	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/service"
)

// Config is the settings of the leaderboard service.
type Config struct {
	service.Config
	Projection Projection
}

// Projection is the settings of bringing boards up to date.
type Projection struct {
	Pace       time.Duration `env:"LEADERBOARD_PACE" envDefault:"20ms" doc:"Least time between two batches that bring boards up to date, 0s to 1s. Longer costs less under load."`
	MaxPending int           `env:"LEADERBOARD_MAX_PENDING" envDefault:"50000" doc:"Changes that may wait for the boards, 100 to 1000000. What does not fit is left to a rebuild."`
}

// Validate checks the limits.
func (p Projection) Validate() error {
	var problems []error
	if p.Pace < 0 || p.Pace > time.Second {
		problems = append(problems, config.Invalid("LEADERBOARD_PACE", p.Pace, "must be 0s to 1s"))
	}
	if p.MaxPending < 100 || p.MaxPending > 1_000_000 {
		problems = append(problems, config.Invalid("LEADERBOARD_MAX_PENDING", p.MaxPending, "must be 100 to 1000000"))
	}
	return errors.Join(problems...)
}
