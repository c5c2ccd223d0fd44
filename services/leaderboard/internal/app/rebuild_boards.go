package app

import "context"

// Rebuild builds all boards of a programme again from the chains, while the old ones are read. Nothing recorded meanwhile is
// lost. Equal chains give equal digests (L4).
func (s *Scores) Rebuild(ctx context.Context, programID string) (Rebuilt, error) {
	return s.rebuilder.Rebuild(ctx, programID)
}
