package mongoaudit

import (
	"time"

	"github.com/refersuite/refersuite/pkg/audit"
)

// outcomeSuffix makes the id of an outcome from that of its intent. A second outcome of the same call is a duplicate.
const outcomeSuffix = "~end"

// intent is a call before it happens. What is empty is absent, which keeps anonymous callers out of the index of subjects.
type intent struct {
	ID        string    `json:"_id"`
	Method    string    `json:"method,omitempty"`
	Subject   string    `json:"subject,omitempty"`
	Roles     []string  `json:"roles,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	TraceID   string    `json:"trace_id,omitempty"`
	StartedAt time.Time `json:"started_at"`
	Targets   []string  `json:"targets,omitempty"`
}

// outcome is what came of a call. It has nothing that the trail is searched by, which keeps it out of those indexes, and
// unlike an intent it always has a finished_at.
type outcome struct {
	ID string `json:"_id"`
	// AgesOut is the end of the call under the name that documents age out by, so that an outcome outlives its intent.
	AgesOut    time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Code       string    `json:"code"`
	Reason     string    `json:"reason,omitempty"`
}

func intentOf(i audit.Intent) intent {
	return intent{
		ID: i.ID, Method: i.Method, Subject: i.Subject, Roles: i.Roles, RequestID: i.RequestID, TraceID: i.TraceID,
		StartedAt: i.StartedAt, Targets: i.Targets,
	}
}

func outcomeOf(o audit.Outcome) outcome {
	return outcome{ID: outcomeID(o.ID), AgesOut: o.FinishedAt, FinishedAt: o.FinishedAt, Code: o.Code, Reason: o.Reason}
}

func outcomeID(id string) string { return id + outcomeSuffix }

// entry joins an intent with its outcome; the zero outcome means that there is none yet.
func entry(i intent, o outcome) audit.Entry {
	joined := audit.Entry{
		Intent: audit.Intent{
			ID: i.ID, Method: i.Method, Subject: i.Subject, Roles: i.Roles, RequestID: i.RequestID, TraceID: i.TraceID,
			StartedAt: i.StartedAt.UTC(), Targets: i.Targets,
		},
		Code: o.Code, Reason: o.Reason,
	}
	if o.ID != "" {
		joined.FinishedAt = o.FinishedAt.UTC()
	}
	return joined
}
