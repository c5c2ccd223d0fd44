package domain

import (
	"errors"
	"testing"
	"time"
)

func reward() Reward {
	return Reward{
		ID: "reward/p1/r1/completed/REFERRER", ProgramID: "p1", ProgramVersion: 3, ReferralID: "r1", Beneficiary: "ann",
		Side: SideReferrer, Kind: KindReferral, Amount: 5000, Currency: "INR", Hold: time.Hour, Tier: "STARTER",
	}
}

func bonus() Reward {
	r := reward()
	r.ID, r.Kind, r.Tier = "bonus/p1/ann/PRO", KindTierBonus, "PRO"
	return r
}

func TestM2_RewardIDSaysWhatItsFieldsSay(t *testing.T) {
	for name, c := range map[string]struct {
		reward Reward
		change func(*Reward)
		field  string
	}{
		"a reward":               {reward(), func(*Reward) {}, ""},
		"a bonus":                {bonus(), func(*Reward) {}, ""},
		"another programme":      {reward(), func(r *Reward) { r.ProgramID = "p2" }, "command_id"},
		"another referral":       {reward(), func(r *Reward) { r.ReferralID = "r2" }, "command_id"},
		"the other side":         {reward(), func(r *Reward) { r.Side = SideReferee }, "command_id"},
		"a bonus id of a reward": {reward(), func(r *Reward) { r.ID = bonus().ID }, "command_id"},
		"a reward id of a bonus": {bonus(), func(r *Reward) { r.ID = reward().ID }, "command_id"},
		"a bonus of another":     {bonus(), func(r *Reward) { r.Beneficiary = "bob" }, "command_id"},
		"an empty trigger":       {reward(), func(r *Reward) { r.ID = "reward/p1/r1//REFERRER" }, "command_id"},
		"a strange trigger":      {reward(), func(r *Reward) { r.ID = "reward/p1/r1/ü/REFERRER" }, "command_id"},
		"a part too many":        {reward(), func(r *Reward) { r.ID += "/x" }, "command_id"},
		"no amount":              {reward(), func(r *Reward) { r.Amount = 0 }, "amount_minor"},
		"a negative amount":      {reward(), func(r *Reward) { r.Amount = -1 }, "amount_minor"},
		"the largest amount":     {reward(), func(r *Reward) { r.Amount = MaxAmount }, ""},
		"a larger amount":        {reward(), func(r *Reward) { r.Amount = MaxAmount + 1 }, "amount_minor"},
		"a negative hold":        {reward(), func(r *Reward) { r.Hold = -1 }, "hold_period"},
		"no hold":                {reward(), func(r *Reward) { r.Hold = 0 }, ""},
		"a hold of years":        {reward(), func(r *Reward) { r.Hold = MaxHold + 1 }, "hold_period"},
		"a strange currency":     {reward(), func(r *Reward) { r.Currency = "RUPEE" }, "currency"},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.reward
			c.change(&r)
			var field *FieldError
			err := r.Validate()
			if c.field == "" && err != nil {
				t.Fatalf("refused: %v", err)
			}
			if c.field != "" && (!errors.As(err, &field) || field.Field != c.field) {
				t.Fatalf("got %v, want an error about %s", err, c.field)
			}
		})
	}
}

func TestM2_SettlementNamesItsReward(t *testing.T) {
	s := Settlement{ID: "release/" + reward().ID, RewardID: reward().ID}
	if err := s.ValidateRelease(); err != nil {
		t.Fatal(err)
	}
	if err := s.ValidateReversal(); err == nil {
		t.Fatal("a release was taken for a reversal")
	}
	s.ID = "reverse/" + reward().ID
	if err := s.ValidateReversal(); err != nil {
		t.Fatal(err)
	}
	s.RewardID = bonus().ID
	if err := s.ValidateReversal(); err == nil {
		t.Fatal("a reversal of another reward was taken")
	}
}

func TestM6_RewardAlwaysMeetsTheSameBudgetStripe(t *testing.T) {
	// A stripe that moves would let known ids be used again: these keys are for ever.
	for id, want := range map[string]string{
		"reward/p1/r1/completed/REFERRER": "budget/p1/INR/04",
		"reward/p1/r1/completed/REFEREE":  "budget/p1/INR/01",
		"bonus/p1/ann/PRO":                "budget/p1/INR/06",
	} {
		if got := BudgetKey("p1", "INR", id); got != want {
			t.Errorf("%s is counted in %s, was %s", id, got, want)
		}
	}
}
