package ops

import (
	"context"
	"fmt"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/page"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
)

const defaultPage = 50

// auditQuery is what a page token belongs to.
type auditQuery struct {
	Service, Subject, Method string
}

// ListAuditEntries returns the audit trail of this service, newest first.
func (s *Server) ListAuditEntries(ctx context.Context, req *commonv1.ListAuditEntriesRequest) (*commonv1.ListAuditEntriesResponse, error) {
	if err := s.checkService(req.GetService()); err != nil {
		return nil, err
	}
	fingerprint := auditQuery{req.GetService(), req.GetSubject(), req.GetMethod()}
	query := audit.Query{
		Subject: req.GetSubject(),
		Method:  req.GetMethod(),
		Limit:   page.Size(req.GetPageSize(), defaultPage, audit.MaxPage),
	}
	if token := req.GetPageToken(); token != "" {
		if err := page.Decode(token, fingerprint, &query.Before); err != nil {
			return nil, err
		}
	}
	if s.parts.Audit == nil {
		return &commonv1.ListAuditEntriesResponse{}, nil
	}
	entries, err := s.parts.Audit.List(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list audit entries: %w", err)
	}
	answer := &commonv1.ListAuditEntriesResponse{Entries: make([]*commonv1.AuditEntry, 0, len(entries))}
	for _, entry := range entries {
		answer.Entries = append(answer.Entries, auditEntry(entry))
	}
	// A full page may be the last one; its token then leads to an empty page.
	if len(entries) == query.Limit {
		if answer.NextPageToken, err = page.Encode(fingerprint, entries[len(entries)-1].ID); err != nil {
			return nil, fmt.Errorf("list audit entries: %w", err)
		}
	}
	return answer, nil
}

func auditEntry(entry audit.Entry) *commonv1.AuditEntry {
	return &commonv1.AuditEntry{
		EntryId:    entry.ID,
		Method:     entry.Method,
		Subject:    entry.Subject,
		Roles:      entry.Roles,
		RequestId:  entry.RequestID,
		TraceId:    entry.TraceID,
		StartedAt:  timestamp(entry.StartedAt),
		FinishedAt: timestamp(entry.FinishedAt),
		Outcome:    entry.Code,
		Reason:     entry.Reason,
		Targets:    entry.Targets,
	}
}
