package fraud

import (
	"errors"

	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// Config is the settings of the fraud service.
type Config struct {
	service.Config
	Rules Rules
}

// Rules are the settings of scoring.
type Rules struct {
	HashKey    string `env:"FRAUD_HASH_KEY" secret:"true" doc:"Key of the hashes under which addresses and devices are stored, 16 characters or more. Empty: one is generated and forgotten at the end, allowed only without MONGODB_URI. With another key, what was seen before is not recognised."`
	ReviewFrom int    `env:"FRAUD_REVIEW_FROM" envDefault:"40" doc:"Score from which rewards wait for a review, 1 or more."`
	BlockFrom  int    `env:"FRAUD_BLOCK_FROM" envDefault:"80" doc:"Score from which rewards are refused, above FRAUD_REVIEW_FROM and at most 100."`
}

// bands returns the bands of the settings; unset ones, as in a Config that nobody loaded, are the defaults.
func (r Rules) bands() domain.Bands {
	if r.ReviewFrom == 0 && r.BlockFrom == 0 {
		return domain.DefaultBands()
	}
	return domain.Bands{Review: r.ReviewFrom, Block: r.BlockFrom}
}

// Validate checks the limits.
func (r Rules) Validate() error {
	var problems []error
	if r.HashKey != "" && len(r.HashKey) < app.MinKey {
		problems = append(problems, config.Invalid("FRAUD_HASH_KEY", r.HashKey, "must have 16 characters or more"))
	}
	if r.bands().Validate() != nil {
		problems = append(problems, config.Invalid("FRAUD_REVIEW_FROM", r.ReviewFrom,
			"must be 1 or more and below FRAUD_BLOCK_FROM, which is at most 100"))
	}
	return errors.Join(problems...)
}

// Validate checks what only the settings together tell.
func (c Config) Validate() error {
	err := c.Config.Validate()
	if c.Stores.MongoURI != "" && c.Rules.HashKey == "" {
		err = errors.Join(err, config.Invalid("FRAUD_HASH_KEY", "",
			"must be set with MONGODB_URI, since what is stored is only recognised under the same key: openssl rand -hex 32"))
	}
	return err
}
