package errs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/refersuite/refersuite/pkg/errs"
)

func TestReasonAndCode_SurviveWrapping(t *testing.T) {
	base := errs.New(errs.NotFound, "CODE_NOT_FOUND", "no code %q", "ABC")
	err := fmt.Errorf("validate: %w", base)
	if errs.Reason(err) != "CODE_NOT_FOUND" || errs.CodeOf(err) != errs.NotFound {
		t.Fatalf("reason %q, code %d", errs.Reason(err), errs.CodeOf(err))
	}
}

func TestCodeOf_ClassifiesForeignErrors(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want errs.Code
	}{
		{nil, 0},
		{errors.New("boom"), errs.Internal},
		{fmt.Errorf("call: %w", context.DeadlineExceeded), errs.DeadlineExceeded},
		{context.Canceled, errs.Canceled},
	} {
		if got := errs.CodeOf(tc.err); got != tc.want {
			t.Errorf("CodeOf(%v) = %d, want %d", tc.err, got, tc.want)
		}
	}
}

func TestWithField_LeavesTheOriginalAlone(t *testing.T) {
	base := errs.Invalid("TERMS_INVALID", "terms.currency", "must be INR")
	more := base.WithField("terms.ladder", "must not be empty")
	if len(base.Fields) != 1 || len(more.Fields) != 2 {
		t.Fatalf("fields: %v and %v", base.Fields, more.Fields)
	}
}

func TestOutcomeUnknown_IsTransientAndKeepsItsCause(t *testing.T) {
	cause := errors.New("connection reset")
	err := errs.OutcomeUnknown(cause)
	if !errs.IsTransient(err) || !errors.Is(err, cause) || errs.Reason(err) != errs.ReasonOutcomeUnknown {
		t.Fatalf("err = %v", err)
	}
	if errs.IsTransient(errs.New(errs.FailedPrecondition, "X", "no")) {
		t.Error("a failed precondition is not transient")
	}
}
