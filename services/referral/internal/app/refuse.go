package app

import (
	"errors"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// refusal gives a rule's no its code; any other error stays as it is.
func refusal(err error) error {
	var r *domain.Refusal
	if !errors.As(err, &r) {
		return err
	}
	e := errs.New(refusalCode(r.Kind), r.Reason, "%s", r.Message)
	if r.Field != "" {
		e = e.WithField(r.Field, r.Message)
	}
	return e
}

func refusalCode(k domain.RefusalKind) errs.Code {
	switch k {
	case domain.Invalid:
		return errs.InvalidArgument
	case domain.Precondition:
		return errs.FailedPrecondition
	case domain.Conflict:
		return errs.AlreadyExists
	case domain.Exhausted:
		return errs.ResourceExhausted
	default:
		return errs.Internal
	}
}

func errProgramNotFound(id string) error {
	return errs.New(errs.NotFound, "PROGRAM_NOT_FOUND", "there is no programme %s", id)
}

func errNotPublished(id string) error {
	return errs.New(errs.FailedPrecondition, "PROGRAM_NOT_PUBLISHED", "programme %s is a draft: publish it first", id)
}

func errReferralNotFound(what string) error {
	return errs.New(errs.NotFound, "REFERRAL_NOT_FOUND", "there is no referral %s", what)
}

func errCodeNotFound() error {
	return errs.New(errs.NotFound, "CODE_NOT_FOUND", "there is no such code")
}
