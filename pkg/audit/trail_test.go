package audit_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/audit/memaudit"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
)

func record(t *testing.T, req proto.Message) audit.Entry {
	t.Helper()
	store := memaudit.New(10)
	trail, err := audit.NewTrail(audit.Deps{
		Store: store, Clock: clock.NewFake(time.Unix(1000, 0)), IDs: idgen.Sequence("entry"),
	})
	if err != nil {
		t.Fatal(err)
	}
	call := audit.Call{Method: "/x/y", Caller: access.Caller{Subject: "asha", Roles: []string{"USER"}}, Request: req}
	if err := trail.Record(t.Context(), call, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	entries, err := store.List(t.Context(), audit.Query{})
	if err != nil || len(entries) != 1 {
		t.Fatalf("entries = %+v, err = %v", entries, err)
	}
	return entries[0]
}

func TestTargets_NameThingsAndNeverPersonalData(t *testing.T) {
	entry := record(t, &referralv1.CreateReferralRequest{
		Code: "ASHA-25", ProgramId: "spring", RefereeId: "ravi",
		IpAddress: "203.0.113.9", DeviceId: "device-1", ReferrerDeviceId: "device-2",
		RefereeEmail: "ravi@example.com", ReferrerEmail: "asha@example.com",
	})
	got := strings.Join(entry.Targets, " ")
	if got != "code=ASHA-25 program_id=spring referee_id=ravi" {
		t.Fatalf("targets = %q", got)
	}
}

func TestTargets_AreCutWhenLong(t *testing.T) {
	entry := record(t, &tierv1.GetMemberRequest{UserId: strings.Repeat("é", 1000)})
	if len(entry.Targets) != 1 || len(entry.Targets[0]) > 400 || !strings.HasSuffix(entry.Targets[0], "é…") {
		t.Fatalf("targets = %q", entry.Targets)
	}
}

func TestRecord_KeepsWhoAndWhen(t *testing.T) {
	entry := record(t, &tierv1.GetMemberRequest{})
	if entry.ID != "entry-1" || entry.Subject != "asha" || entry.Roles[0] != "USER" || entry.Method != "/x/y" ||
		!entry.StartedAt.Equal(time.Unix(1000, 0)) || !entry.FinishedAt.Equal(time.Unix(1000, 0)) || entry.Code != "OK" {
		t.Fatalf("entry = %+v", entry)
	}
}
