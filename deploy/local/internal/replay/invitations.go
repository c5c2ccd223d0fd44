// Package replay plays a file of invitations as referrals that are driven to completion, through the gRPC stubs, as an
// outside service would. It is the main job of the suite on real input, and its proof: the money at the end must be the
// same whatever is sent twice, out of order, or cut off by a crash.
package replay

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Invitation says who brought whom.
type Invitation struct {
	// Inviter is the referrer.
	Inviter string
	// Invitee is the referee.
	Invitee string
}

// ReadFile reads the invitations of a CSV file with a header that names the columns inviter and invitee. Other columns are
// ignored.
func ReadFile(path string) ([]Invitation, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the invitations: %w", err)
	}
	invitations, err := Read(file)
	if closeErr := file.Close(); err == nil && closeErr != nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return invitations, nil
}

// Read reads the invitations of a CSV stream.
func Read(r io.Reader) ([]Invitation, error) {
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("the file must begin with a header line: %w", err)
	}
	inviter, invitee := slices.Index(header, "inviter"), slices.Index(header, "invitee")
	if inviter < 0 || invitee < 0 {
		return nil, errors.New("the header must name the columns inviter and invitee")
	}
	var invitations []Invitation
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return invitations, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := rows.FieldPos(0)
		if row[inviter] == "" || row[invitee] == "" {
			return nil, fmt.Errorf("line %d: inviter and invitee must not be empty", line)
		}
		invitations = append(invitations, Invitation{Inviter: row[inviter], Invitee: row[invitee]})
	}
}
