package replaytest

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/refersuite/refersuite/deploy/local/internal/replay"
)

// tiers is the default ladder, written down again: the test must not believe the code it tests.
var tiers = []struct {
	name             string
	from             int
	reward, bonusPay int64
}{
	{"STARTER", 0, 5000, 0}, {"PRO", 5, 10000, 20000}, {"ELITE", 10, 15000, 50000}, {"CHAMPION", 20, 20000, 100000},
	{"LEGEND", 50, 30000, 250000},
}

func tierAt(completed int) int {
	held := 0
	for i, tier := range tiers {
		if completed >= tier.from {
			held = i
		}
	}
	return held
}

// money is what a replay must end with.
type money struct {
	Rewards, Bonuses, Postings int64
	Tiers                      map[string]int64
}

// expected computes the money from the rules alone: each referral is paid at the tier held before it, each tier's bonus
// once.
func expected(invitations []replay.Invitation) money {
	brought := map[string]int{}
	for _, in := range invitations {
		brought[in.Inviter]++
	}
	m := money{Tiers: map[string]int64{}}
	for _, n := range brought {
		for before := range n {
			m.Rewards += tiers[tierAt(before)].reward
			m.Postings++
		}
		for reached := 1; reached <= tierAt(n); reached++ {
			m.Bonuses += tiers[reached].bonusPay
			m.Postings++
		}
		m.Tiers[tiers[tierAt(n)].name]++
	}
	return m
}

// got is the money of a report.
func got(r replay.Report) money {
	return money{Rewards: r.RewardsMinor, Bonuses: r.BonusesMinor, Postings: r.Postings, Tiers: r.Tiers}
}

// invitations returns at most n lines to play, and a file with them: from the file that INVITATIONS_CSV names, else a made
// up tree in which a few invite many.
func invitations(t *testing.T, n int) (string, []replay.Invitation) {
	t.Helper()
	var list []replay.Invitation
	if path := os.Getenv("INVITATIONS_CSV"); path != "" {
		all, err := replay.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		list = all[:min(n, len(all))]
	} else {
		for i := range n {
			list = append(list, replay.Invitation{Inviter: "u" + strconv.Itoa(i*i%(i/7+1)), Invitee: fmt.Sprintf("v%d", i)})
		}
	}
	path := filepath.Join(t.TempDir(), "invitations.csv")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewWriter(file)
	lines := [][]string{{"inviter", "invitee"}}
	for _, in := range list {
		lines = append(lines, []string{in.Inviter, in.Invitee})
	}
	if err := rows.WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path, list
}
