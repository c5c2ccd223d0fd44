package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// publishAttempts bounds how often a publication that lost a race is computed again.
const publishAttempts = 10

// ProgramKey is the key of a programme's chain.
func ProgramKey(programID string) string { return "program/" + programID }

// Publish makes terms effective for the referrals created from now on; nil terms mean those of the latest version, or of
// the draft. Terms equal to the latest version's change nothing and are a replay. Tier is told in either case, so that
// publishing again repairs a publication that could not reach it.
func (p *Programs) Publish(ctx context.Context, programID string, terms *domain.Terms) (view ProgramView, replayed bool, err error) {
	draft, err := p.draft(ctx, programID)
	if err != nil {
		return ProgramView{}, false, err
	}
	if terms != nil {
		if err := terms.Check(); err != nil {
			return ProgramView{}, false, refusal(err)
		}
	}
	edition, replayed, err := p.append(ctx, draft, terms)
	if err != nil {
		return ProgramView{}, false, err
	}
	if err := p.Tiers.PutLadder(ctx, edition); err != nil {
		return ProgramView{}, false, errs.New(errs.Unavailable, "TIER_UNREACHABLE",
			"version %d of %s is published, but tier could not be told its ladder: publish the same terms again", edition.Version, programID).WithCause(err)
	}
	return ProgramView{Program: draft, Edition: edition}, replayed, nil
}

// append adds a version. Its command id holds the position, so two publications at once become two versions or, with
// equal terms, one.
func (p *Programs) append(ctx context.Context, draft domain.Program, terms *domain.Terms) (domain.Edition, bool, error) {
	for range publishAttempts {
		latest, err := p.Editions.Latest(ctx, draft.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return domain.Edition{}, false, fmt.Errorf("latest version of %s: %w", draft.ID, err)
		}
		next := draft.Terms
		if latest.Version > 0 {
			next = latest.Terms
		}
		if terms != nil {
			next = *terms
		}
		if latest.Version > 0 {
			if next.Equal(latest.Terms) {
				return latest, true, nil
			}
			if err := latest.CheckNext(next); err != nil {
				return domain.Edition{}, false, refusal(err)
			}
		}
		edition, replayed, err := p.appendAt(ctx, draft.ID, latest.Version+1, next)
		if errors.Is(err, errVersionTaken) {
			continue
		}
		return edition, replayed, err
	}
	return domain.Edition{}, false, errs.New(errs.Aborted, "PUBLISH_RACE", "programme %s is being published by others: try again", draft.ID)
}

var errVersionTaken = errors.New("version is taken")

func (p *Programs) appendAt(ctx context.Context, programID string, version int64, terms domain.Terms) (domain.Edition, bool, error) {
	results, err := p.Editions.Append(ctx, chain.Append[domain.Terms]{
		Key:     ProgramKey(programID),
		Command: command.New("publish/"+strconv.FormatInt(version, 10), "referral.publish.v1", termsFields(terms)...),
		Step: func(head *chain.Entry[domain.Terms]) (domain.Terms, error) {
			if head != nil && head.Seq >= version || head == nil && version != 1 {
				return domain.Terms{}, errVersionTaken
			}
			return terms, nil
		},
	})
	if errs.Reason(err) == command.ReasonReused {
		return domain.Edition{}, false, errVersionTaken
	}
	if err != nil {
		return domain.Edition{}, false, fmt.Errorf("publish version %d of %s: %w", version, programID, err)
	}
	entry := results[0].Entry
	return domain.Edition{ProgramID: programID, Version: entry.Seq, Terms: entry.Body, PublishedAt: entry.At}, results[0].Replayed, nil
}

// termsFields lists everything that terms say. Change the schema's version whenever the list changes.
func termsFields(t domain.Terms) []command.Field {
	fields := []command.Field{
		command.String("currency", t.Currency), command.Duration("hold_period", t.HoldPeriod),
		command.Duration("expires_after", t.ExpiresAfter), command.Duration("late_event_grace", t.LateEventGrace),
		command.Duration("qualification_window", t.QualificationWindow), command.Bool("allow_existing_customers", t.AllowExistingCustomers),
		command.String("downgrade", string(t.Downgrade)), command.String("time_zone", t.TimeZone),
	}
	for _, tier := range t.Tiers {
		fields = append(fields, command.String("tier", tier.Name), command.Int64("threshold", tier.Threshold),
			command.Int64("reward_minor", tier.RewardMinor), command.Int64("bonus_minor", tier.BonusMinor), command.Bool("premium", tier.Premium))
	}
	for _, w := range t.StageRewards {
		fields = append(fields, command.String("stage", string(w.Stage)), command.String("side", string(w.Side)), command.Int64("amount_minor", w.AmountMinor))
	}
	return fields
}
