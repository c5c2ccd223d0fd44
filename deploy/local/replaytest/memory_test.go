package replaytest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/refersuite/refersuite/deploy/local/internal/replay"
)

// check fails unless the replay ended as it must.
func check(t *testing.T, r replay.Report, list []replay.Invitation) {
	t.Helper()
	if !r.Sound(len(list)) {
		t.Errorf("the replay is not sound: %+v", r)
	}
	if diff := cmp.Diff(expected(list), got(r)); diff != "" {
		t.Errorf("the money is not what the rules say (-want +got):\n%s", diff)
	}
}

func TestReplay_SameMoneyWhateverIsSentTwiceOrOutOfOrder(t *testing.T) {
	file, list := invitations(t, 250)
	for name, args := range map[string][]string{
		"plain":                  nil,
		"duplicates":             {"--duplicate", "0.1"},
		"everything twice":       {"--duplicate", "1"},
		"shuffled":               {"--shuffle-events"},
		"shuffled and duplicate": {"--shuffle-events", "--duplicate", "0.3", "--seed", "7"},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, start(t, false, append(args, "--file", file)...).report(), list)
		})
	}
}

func TestReplay_RefereesArePaidWhenTheProgrammeSaysSo(t *testing.T) {
	file, list := invitations(t, 100)
	r := start(t, false, "--file", file, "--referee-reward", "2500").report()
	if want := int64(2500 * len(list)); r.RefereeRewardsMinor != want {
		t.Errorf("referees got %d, want %d", r.RefereeRewardsMinor, want)
	}
}
