package referral_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/config/configtest"
	"github.com/refersuite/refersuite/services/referral"
)

func TestReadmeTellsTheSettings(t *testing.T) {
	configtest.CheckReadme(t, "README.md", referral.Config{})
}

func TestSettingsOutOfRangeAreNamed(t *testing.T) {
	for name, work := range map[string]referral.Work{
		"workers": {Workers: 1001}, "poll": {Poll: 1}, "lease": {LeaseTTL: 1}, "attempts": {MaxAttempts: -1}, "sweep": {SweepInterval: 1},
		"assess": {AssessTimeout: 1},
	} {
		if work.Validate() == nil {
			t.Errorf("%s: %+v is accepted", name, work)
		}
	}
	if err := (referral.Work{}).Validate(); err != nil {
		t.Errorf("no settings mean the defaults: %v", err)
	}
	if (referral.Others{}).Validate() == nil {
		t.Error("addresses are needed")
	}
}
