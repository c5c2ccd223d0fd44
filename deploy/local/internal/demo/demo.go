// Package demo plays a short story of referrals through the REST edge alone, prints it, and checks what it claims.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/refersuite/refersuite/pkg/clock"
)

// Options say where the demo is played. All fields but Stays are required.
type Options struct {
	// BaseURL is where the REST edge is, such as http://127.0.0.1:8080.
	BaseURL string
	// Token mints a token for a subject with these roles: USER, ADMIN or SYSTEM.
	Token func(subject string, roles ...string) (string, error)
	// Out receives the story, the tables and the claims.
	Out io.Writer
	// Clock paces the waiting and names the run.
	Clock clock.Clock
	// Stays tells that the suite stays up when the demo ends, so that its data can be looked at.
	Stays bool
}

// ErrClaims is the error of a demo that was played to its end and is not what the rules say it must be.
var ErrClaims = errors.New("the demo did not end as the rules say")

// Run plays the story. It ends with an error when a step is refused that must not be, and with ErrClaims when the story is
// over and a claim does not hold. Every run uses ids of its own, so it can be played again on a suite that keeps its data.
func Run(ctx context.Context, o Options) error {
	run := strconv.FormatInt(o.Clock.Now().UnixMilli(), 36)
	api := newREST(o, run)
	defer api.close()
	s := &story{api: api, clock: o.Clock, out: o.Out, cast: newCast(run), program: "demo-" + run, run: run, codes: map[string]string{}}

	fmt.Fprintf(o.Out, "A story of referrals, played through %s\n\n", o.BaseURL)
	if err := s.play(ctx); err != nil {
		return fmt.Errorf("step %d of the demo: %w", s.steps+1, err)
	}
	after, err := take(ctx, api, s.program, s.cast)
	if err != nil {
		return fmt.Errorf("look at the result of the demo: %w", err)
	}
	if err := printTables(o.Out, s.cast, after); err != nil {
		return err
	}
	failed, err := printClaims(o.Out, check(s, after))
	if err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%w: %d claims failed, each is marked with ✗ above", ErrClaims, failed)
	}
	return printNext(o, s)
}
