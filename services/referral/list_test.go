package referral_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/otelx"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
)

func TestListsArePagedAndTokensBelongToTheirQuery(t *testing.T) {
	w := newWorld(t, otelx.Discard(), nil, "")
	w.publish()
	for i := range 5 {
		_, err := w.referrals.CreateReferral(w.system(), &referralv1.CreateReferralRequest{ProgramId: program, ReferrerId: "asha", RefereeId: fmt.Sprint("friend", i)})
		must(t, err)
	}
	asha := w.as("asha", access.RoleUser)
	req := &referralv1.ListReferralsRequest{ProgramId: program, ReferrerId: "asha", PageSize: 2}
	var got []string
	var token string
	for {
		page, err := w.referrals.ListReferrals(asha, req)
		must(t, err)
		for _, r := range page.GetReferrals() {
			got = append(got, r.GetRefereeId())
			if len(r.GetHistory()) != 0 {
				t.Error("a list leaves the history out")
			}
		}
		if page.GetNextPageToken() == "" {
			break
		}
		token = page.GetNextPageToken()
		req.PageToken = token
	}
	if !slices.Equal(got, []string{"friend4", "friend3", "friend2", "friend1", "friend0"}) {
		t.Errorf("got %v", got)
	}
	_, err := w.referrals.ListReferrals(asha, &referralv1.ListReferralsRequest{ProgramId: program, ReferrerId: "asha", PageToken: token,
		Status: referralv1.ReferralStatus_REFERRAL_STATUS_COMPLETED})
	if errs.Reason(err) != "PAGE_TOKEN_INVALID" {
		t.Errorf("a token of another query: %v", err)
	}
	_, err = w.referrals.ListReferrals(asha, &referralv1.ListReferralsRequest{ProgramId: program, ReferrerId: "mina"})
	if errs.CodeOf(err) != errs.PermissionDenied {
		t.Errorf("somebody else's list: %v", err)
	}
	programs, err := w.referrals.ListPrograms(w.admin(), &referralv1.ListProgramsRequest{PageSize: 1})
	must(t, err)
	if len(programs.GetPrograms()) != 1 || programs.GetNextPageToken() != "" || programs.GetPrograms()[0].GetVersion() != 1 {
		t.Errorf("programmes: %v", programs)
	}
}

func TestC1_CodesAreFoldedAtTheEdge(t *testing.T) {
	w := newWorld(t, otelx.Discard(), nil, "")
	w.publish()
	asha := w.as("asha", access.RoleUser)
	_, err := w.referrals.CreateVanityCode(asha, &referralv1.CreateVanityCodeRequest{ProgramId: program, OwnerId: "asha", Code: "diwali"})
	must(t, err)
	for _, typed := range []string{"ＤＩＷＡＬＩ", " d1wa11\t", "DIWALI"} {
		found, err := w.referrals.ValidateCode(t.Context(), &referralv1.ValidateCodeRequest{Code: typed})
		must(t, err)
		if !found.GetValid() || found.GetCode() != "DIWALI" || found.GetProgramId() != program {
			t.Errorf("%q: %v", typed, found)
		}
	}
	generated, err := w.referrals.GenerateCode(asha, &referralv1.GenerateCodeRequest{ProgramId: program, OwnerId: "asha"})
	must(t, err)
	_, err = w.referrals.DisableCode(w.admin(), &referralv1.DisableCodeRequest{Code: generated.GetCode().GetCode(), Reason: "leaked"})
	must(t, err)
	for _, typed := range []string{generated.GetCode().GetCode(), "NEVER-MADE", "??"} {
		answer, err := w.referrals.ValidateCode(t.Context(), &referralv1.ValidateCodeRequest{Code: typed})
		must(t, err)
		if answer.GetValid() || answer.GetCode() != "" || answer.GetProgramId() != "" {
			t.Errorf("%q: %v", typed, answer)
		}
	}
}

func TestRefereesSeeNeitherPayoutsNorHistoryOfTheirReferral(t *testing.T) {
	w := newWorld(t, otelx.Discard(), nil, "")
	w.publish()
	_, err := w.drive("asha", "ravi")
	must(t, err)
	w.settle()
	again, err := w.referrals.CreateReferral(w.as("ravi", access.RoleUser), &referralv1.CreateReferralRequest{ProgramId: program, ReferrerId: "asha", RefereeId: "ravi"})
	must(t, err)
	if !again.GetReplayed() || len(again.GetReferral().GetPayouts()) != 0 || len(again.GetReferral().GetHistory()) != 0 {
		t.Errorf("answer: %v", again)
	}
}
