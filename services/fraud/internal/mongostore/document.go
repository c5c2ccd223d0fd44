package mongostore

import (
	"fmt"
	"time"

	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// assessmentDoc is an assessment as it is stored. Names are written out: there is one document per referral.
type assessmentDoc struct {
	ReferralID      string      `bson:"_id"`
	Program         string      `bson:"program"`
	Referrer        string      `bson:"referrer"`
	Referee         string      `bson:"referee"`
	Code            string      `bson:"code"`
	OccurredAt      time.Time   `bson:"occurred_at"`
	Device          string      `bson:"device,omitempty"`
	Address         string      `bson:"address,omitempty"`
	ReferrerDevice  string      `bson:"referrer_device,omitempty"`
	ReferrerAddress string      `bson:"referrer_address,omitempty"`
	KeyID           string      `bson:"key_id"`
	Score           int         `bson:"score"`
	Band            string      `bson:"band"`
	Flagged         bool        `bson:"flagged,omitempty"` // true when the band is not ALLOW
	ReviewFrom      int         `bson:"review_from"`
	BlockFrom       int         `bson:"block_from"`
	Signals         []signalDoc `bson:"signals,omitempty"`
	RulesVersion    string      `bson:"rules_version"`
	AssessedAt      time.Time   `bson:"assessed_at"`
	FactsHash       []byte      `bson:"facts_hash"`
}

type signalDoc struct {
	Name     string `bson:"name"`
	Points   int    `bson:"points"`
	Evidence string `bson:"evidence"`
}

func assessmentToDoc(a domain.Assessment) assessmentDoc {
	f := a.Facts
	doc := assessmentDoc{
		ReferralID: f.ReferralID, Program: f.ProgramID, Referrer: f.ReferrerID, Referee: f.RefereeID, Code: f.Code,
		OccurredAt: f.OccurredAt, Device: string(f.Device), Address: string(f.Address),
		ReferrerDevice: string(f.ReferrerDevice), ReferrerAddress: string(f.ReferrerAddress), KeyID: f.KeyID,
		Score: a.Score, Band: string(a.Band), Flagged: a.Band != domain.BandAllow,
		ReviewFrom: a.Bands.Review, BlockFrom: a.Bands.Block,
		RulesVersion: a.RulesVersion, AssessedAt: a.AssessedAt, FactsHash: a.FactsHash[:],
	}
	for _, s := range a.Signals {
		doc.Signals = append(doc.Signals, signalDoc{Name: string(s.Name), Points: s.Points, Evidence: s.Evidence})
	}
	return doc
}

func (d assessmentDoc) assessment() (domain.Assessment, error) {
	a := domain.Assessment{
		Facts: domain.Facts{
			ReferralID: d.ReferralID, ProgramID: d.Program, ReferrerID: d.Referrer, RefereeID: d.Referee, Code: d.Code,
			OccurredAt: d.OccurredAt.UTC(), Device: domain.Fingerprint(d.Device), Address: domain.Fingerprint(d.Address),
			ReferrerDevice:  domain.Fingerprint(d.ReferrerDevice),
			ReferrerAddress: domain.Fingerprint(d.ReferrerAddress), KeyID: d.KeyID,
		},
		Score: d.Score, Band: domain.Band(d.Band), Bands: domain.Bands{Review: d.ReviewFrom, Block: d.BlockFrom},
		RulesVersion: d.RulesVersion, AssessedAt: d.AssessedAt.UTC(),
	}
	if copy(a.FactsHash[:], d.FactsHash) != len(a.FactsHash) {
		return a, fmt.Errorf("assessment %s is damaged: its hash has %d bytes", d.ReferralID, len(d.FactsHash))
	}
	for _, s := range d.Signals {
		a.Signals = append(a.Signals, domain.Signal{Name: domain.SignalName(s.Name), Points: s.Points, Evidence: s.Evidence})
	}
	return a, nil
}

// sightingDoc is a sighting as it is stored.
type sightingDoc struct {
	ReferralID string    `bson:"_id"`
	Program    string    `bson:"program"`
	Referee    string    `bson:"referee"`
	Device     string    `bson:"device,omitempty"`
	Address    string    `bson:"address,omitempty"`
	OccurredAt time.Time `bson:"occurred_at"`
}

func sightingToDoc(s domain.Sighting) sightingDoc {
	return sightingDoc{
		ReferralID: s.ReferralID, Program: s.ProgramID, Referee: s.RefereeID,
		Device: string(s.Device), Address: string(s.Address), OccurredAt: s.OccurredAt,
	}
}
