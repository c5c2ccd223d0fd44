package app

import (
	"context"

	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// Position is the state of a person and where it stands on the ladder in force.
type Position struct {
	Member   domain.Member
	Standing domain.Standing
}

// Member returns the tier of a person in a programme. A person without completed referrals holds the lowest.
func (m *Members) Member(ctx context.Context, program, user string) (Position, error) {
	ladder, err := m.latest(ctx, program)
	if err != nil {
		return Position{}, err
	}
	head, ok, err := m.log.Head(ctx, domain.MemberKey(program, user))
	if err != nil {
		return Position{}, err
	}
	state := domain.Member{}
	if ok {
		state = member(&head)
	}
	return Position{Member: state, Standing: state.Standing(ladder)}, nil
}
