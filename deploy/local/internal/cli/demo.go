package cli

import (
	"context"
	"errors"
	"os/signal"
	"syscall"
	"time"

	"github.com/refersuite/refersuite/deploy/local/internal/demo"
	"github.com/refersuite/refersuite/deploy/local/internal/suite"
	"github.com/refersuite/refersuite/pkg/authn"
)

type demoCommand struct {
	URL            string `help:"REST edge of a running suite to play on, such as http://127.0.0.1:8080; without it the demo starts its own."`
	KeyFile        string `default:"${keyfile}" type:"path" help:"File of the key that signs the tokens for --url; also the key of the demo's own suite."`
	Issuer         string `default:"${devissuer}" help:"Claim iss of the tokens for --url."`
	DatabasePrefix string `default:"refersuite_demo" help:"Beginning of the names of the databases, with MONGODB_URI."`
}

// demoTokenTTL is how long the tokens of the demo are good: longer than it takes.
const demoTokenTTL = time.Hour

// Run plays the story, prints it and ends with an error when a claim does not hold.
func (c demoCommand) Run(ctx context.Context, env *environment) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if c.URL != "" {
		return c.playOn(ctx, env)
	}
	started, err := suite.Start(ctx, suite.Options{
		Environ: suite.Environ(), DatabasePrefix: c.DatabasePrefix, KeyFile: c.KeyFile, Version: env.version, Log: env.stderr,
	})
	if err != nil {
		return err
	}
	err = demo.Run(ctx, demo.Options{
		BaseURL: started.RESTURL, Out: env.stdout, Clock: env.clock,
		Token: func(subject string, roles ...string) (string, error) {
			return started.Token(subject, demoTokenTTL, roles...)
		},
	})
	return errors.Join(err, started.Stop(context.WithoutCancel(ctx)))
}

// playOn plays on a suite that was started by others and signs the tokens with its development key.
func (c demoCommand) playOn(ctx context.Context, env *environment) error {
	key, err := authn.LoadKey(c.KeyFile)
	if err != nil {
		return err
	}
	issuer, err := authn.NewIssuer(key, c.Issuer, env.clock)
	if err != nil {
		return err
	}
	return demo.Run(ctx, demo.Options{
		BaseURL: c.URL, Out: env.stdout, Clock: env.clock, Stays: true,
		Token: func(subject string, roles ...string) (string, error) {
			return issuer.Issue(subject, roles, demoTokenTTL)
		},
	})
}
