// Package grpcserver serves ReferralService: it converts between messages and domain types, and nothing else.
package grpcserver

import (
	"context"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/refersuite/refersuite/pkg/access"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	"github.com/refersuite/refersuite/services/referral/internal/app"
)

// Server is the gRPC face of the referral service.
type Server struct {
	referralv1.UnimplementedReferralServiceServer

	programs  *app.Programs
	codes     *app.Codes
	referrals *app.Referrals
}

// New returns a server over the use cases.
func New(programs *app.Programs, codes *app.Codes, referrals *app.Referrals) *Server {
	return &Server{programs: programs, codes: codes, referrals: referrals}
}

const (
	defaultPage = 50
	maxPage     = 500
)

// fold applies NFKC, so that what looks like the same character is the same one (C1).
func fold(s string) string { return norm.NFKC.String(strings.TrimSpace(s)) }

// caller returns the subject of the caller's token; empty where a server runs without authentication.
func caller(ctx context.Context) string {
	c, _ := access.FromContext(ctx)
	return c.Subject
}
