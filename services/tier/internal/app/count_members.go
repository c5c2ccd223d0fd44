package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// Count returns how many people of a programme hold each tier of the ladder in force, people with at least one recorded
// completion only. It streams the chains of the programme and keeps one head at a time.
func (m *Members) Count(ctx context.Context, program string) (map[string]int64, error) {
	ladder, err := m.latest(ctx, program)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	var last chain.Entry[domain.Line]
	flush := func() {
		if last.Seq > 0 {
			counts[member(&last).Standing(ladder).Tier]++
		}
	}
	_, err = m.log.VerifyAll(ctx, domain.MemberPrefix(program), func(e chain.Entry[domain.Line]) error {
		if e.Key != last.Key {
			flush()
		}
		last = e
		return nil
	})
	if err != nil {
		return nil, err
	}
	flush()
	return counts, nil
}
