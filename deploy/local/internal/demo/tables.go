package demo

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// printTables prints what the edge tells, not what the demo expects.
func printTables(out io.Writer, people *cast, after snapshot) error {
	for _, t := range []*table{
		statusTable(people, after), referralTable(people, after), postingTable(people, after), tierTable(people, after),
		boardTable(people, after),
	} {
		if err := t.write(out); err != nil {
			return err
		}
	}
	return nil
}

func statusTable(people *cast, after snapshot) *table {
	statuses := []string{"PENDING", "REGISTERED", "ACTIVE", "QUALIFIED", "COMPLETED", "EXPIRED"}
	t := &table{title: "Referrals by status", columns: []string{"referrer"}}
	for _, status := range statuses {
		t.columns = append(t.columns, ">"+strings.ToLower(status))
	}
	t.columns = append(t.columns, ">of them refunded", ">rejected", ">all")
	for _, p := range people.referrers {
		counts := map[string]int{}
		for _, r := range after.referrals {
			if r.ReferrerID != p.id {
				continue
			}
			counts["all"]++
			counts[word(r.Status)]++
			if r.Reversed != nil {
				counts["reversed"]++
			}
			if r.Rejected != nil {
				counts["rejected"]++
			}
		}
		cells := []string{p.name}
		for _, column := range append(statuses, "reversed", "rejected", "all") {
			cells = append(cells, strconv.Itoa(counts[column]))
		}
		t.add(cells...)
	}
	return t
}

func referralTable(people *cast, after snapshot) *table {
	t := &table{title: "Referrals", columns: []string{"referee", "referrer", "by", "status", "review", "beside it"}}
	for _, j := range people.journeys {
		r := after.referrals[j.id]
		by, beside := "code "+r.Code, ""
		if r.Code == "" {
			by = "invitation"
		}
		if r.Reversed != nil {
			beside = "reversed: " + r.Reversed.Reason
		}
		if r.Rejected != nil {
			beside = "rejected: " + r.Rejected.Reason
		}
		t.add(j.referee.name, people.name(r.ReferrerID), by, word(r.Status), word(r.Review), beside)
	}
	return t
}

func postingTable(people *cast, after snapshot) *table {
	t := &table{title: "Postings, and the balance of each person", columns: []string{"who", ">#", "kind", ">amount", ">balance", "why"}}
	for _, p := range people.people() {
		list := after.postings[p.id]
		running := int64(0)
		for i := len(list) - 1; i >= 0; i-- {
			name, amount := p.name, list[i].AmountMinor
			if i < len(list)-1 {
				name = ""
			}
			if list[i].takenBack() {
				amount = -amount
			}
			running += amount
			t.add(name, strconv.FormatInt(list[i].Seq, 10), word(list[i].Kind), rupees(amount), rupees(running),
				why(people, p, list[i]))
		}
	}
	return t
}

// why explains a posting in words.
func why(people *cast, owner person, got posting) string {
	var about *journey
	for _, j := range people.journeys {
		if j.id == got.ReferralID {
			about = j
		}
	}
	switch {
	case strings.HasPrefix(got.RewardID, "bonus/"):
		parts := strings.Split(got.RewardID, "/")
		return "bonus for reaching " + parts[len(parts)-1]
	case about == nil:
		return got.RewardID
	case got.takenBack():
		return fmt.Sprintf("%s of %s", strings.ToLower(got.Reason), about.referee.name)
	case owner == about.referee:
		return "welcome, invited by " + about.referrer.name
	default:
		return fmt.Sprintf("%s completed, at the rate of %s", about.referee.name, got.Tier)
	}
}

func tierTable(people *cast, after snapshot) *table {
	t := &table{title: "Tiers", columns: []string{"referrer", "tier", ">completed", "next", ">missing"}}
	for _, p := range people.referrers {
		m := after.members[p.id]
		t.add(p.name, m.Tier, strconv.FormatInt(m.Completed, 10), m.NextTier, strconv.FormatInt(m.Missing, 10))
	}
	return t
}

func boardTable(people *cast, after snapshot) *table {
	t := &table{title: "Leaderboard", columns: []string{">rank", "referrer", ">score"}}
	for _, r := range after.board {
		t.add(strconv.FormatInt(r.Rank, 10), people.name(r.UserID), strconv.FormatInt(r.Score, 10))
	}
	return t
}
