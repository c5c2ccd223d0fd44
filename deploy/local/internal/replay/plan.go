package replay

import (
	"math/rand/v2"
	"time"

	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
)

// Options say how the file is played.
type Options struct {
	// ProgramID is the programme that is published for the replay.
	ProgramID string
	// Workers is the number of referrals played at a time.
	Workers int
	// Duplicate is the share of requests that are sent twice, 0 to 1.
	Duplicate float64
	// ShuffleEvents delivers the events of each referral in random order.
	ShuffleEvents bool
	// Seed makes duplicates and orders repeatable.
	Seed uint64
	// RefereeReward is paid to each referee at completion, in minor units; 0 pays referrers only.
	RefereeReward int64
	// GiveUpAfter is how long one request is repeated while the suite does not answer.
	GiveUpAfter time.Duration
}

// steps are the events that complete a referral when the programme has no qualification window.
var steps = []referralv1.EventType{
	referralv1.EventType_EVENT_TYPE_SIGNUP,
	referralv1.EventType_EVENT_TYPE_ACTIVITY,
	referralv1.EventType_EVENT_TYPE_PURCHASE,
}

// script is everything that is sent for one invitation, in order.
type script struct {
	create *referralv1.CreateReferralRequest
	events []*referralv1.RecordEventRequest
	// twice tells for each request, the creation first, whether it is sent a second time.
	twice []bool
}

// newScript writes the script of the invitation at one position of the file. The same position and options give the same
// script, so that a replay that was cut off can be played again from the start.
func newScript(o Options, position int, in Invitation) script {
	random := rand.New(rand.NewPCG(o.Seed, uint64(position))) //nolint:gosec // repeatable, not secret
	s := script{
		create: &referralv1.CreateReferralRequest{ProgramId: o.ProgramID, ReferrerId: in.Inviter, RefereeId: in.Invitee},
		twice:  make([]bool, 1+len(steps)),
	}
	for i := range steps {
		s.events = append(s.events, &referralv1.RecordEventRequest{
			EventId:   in.Invitee + "-" + eventName(steps[i]),
			ProgramId: o.ProgramID,
			RefereeId: in.Invitee,
			Type:      steps[i],
		})
	}
	if o.ShuffleEvents {
		random.Shuffle(len(s.events), func(i, j int) { s.events[i], s.events[j] = s.events[j], s.events[i] })
	}
	for i := range s.twice {
		s.twice[i] = random.Float64() < o.Duplicate
	}
	return s
}

func eventName(t referralv1.EventType) string {
	switch t {
	case referralv1.EventType_EVENT_TYPE_SIGNUP:
		return "signup"
	case referralv1.EventType_EVENT_TYPE_ACTIVITY:
		return "activity"
	default:
		return "purchase"
	}
}
