package ops

import (
	"context"
	"fmt"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/page"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
)

const maxParked = 500

// GetBacklog counts the commands that this service has still to deliver.
func (s *Server) GetBacklog(ctx context.Context, req *commonv1.GetBacklogRequest) (*commonv1.GetBacklogResponse, error) {
	if err := s.checkService(req.GetService()); err != nil {
		return nil, err
	}
	if s.parts.Outbox == nil {
		return &commonv1.GetBacklogResponse{}, nil
	}
	backlog, err := s.parts.Outbox.Backlog(ctx, s.parts.Clock.Now())
	if err != nil {
		return nil, fmt.Errorf("count the backlog: %w", err)
	}
	return &commonv1.GetBacklogResponse{
		Pending:         int64(backlog.Pending),
		Scheduled:       int64(backlog.Scheduled),
		Parked:          int64(backlog.Parked),
		OldestPendingAt: timestamp(backlog.Oldest),
	}, nil
}

// ListParkedCommands returns the commands whose delivery was given up, oldest first.
func (s *Server) ListParkedCommands(ctx context.Context, req *commonv1.ListParkedCommandsRequest) (*commonv1.ListParkedCommandsResponse, error) {
	if err := s.checkService(req.GetService()); err != nil {
		return nil, err
	}
	answer := &commonv1.ListParkedCommandsResponse{}
	if s.parts.Outbox == nil {
		return answer, nil
	}
	parked, err := s.parts.Outbox.Parked(ctx, page.Size(req.GetPageSize(), defaultPage, maxParked))
	if err != nil {
		return nil, fmt.Errorf("list parked commands: %w", err)
	}
	for _, one := range parked {
		answer.Commands = append(answer.Commands, &commonv1.ParkedCommand{
			AggregateId: one.AggregateID,
			CommandId:   one.Message.ID,
			Kind:        one.Message.Kind,
			Attempts:    int32(one.Message.Attempts),
			LastError:   one.Message.LastError,
			CreatedAt:   timestamp(one.Message.CreatedAt),
		})
	}
	return answer, nil
}

// RedriveCommand puts one parked command back into delivery. A command that is not parked is left alone.
func (s *Server) RedriveCommand(ctx context.Context, req *commonv1.RedriveCommandRequest) (*commonv1.RedriveCommandResponse, error) {
	if err := s.checkService(req.GetService()); err != nil {
		return nil, err
	}
	if s.parts.Outbox == nil {
		return nil, errs.New(errs.NotFound, ReasonCommandNotFound, "the %s service delivers no commands", s.parts.Service)
	}
	redriven, err := s.parts.Outbox.Redrive(ctx, req.GetAggregateId(), req.GetCommandId(), s.parts.Clock.Now())
	if err != nil {
		return nil, fmt.Errorf("redrive %s of %s: %w", req.GetCommandId(), req.GetAggregateId(), err)
	}
	return &commonv1.RedriveCommandResponse{Redriven: redriven}, nil
}
