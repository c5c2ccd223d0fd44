package domain

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// DefaultZone is the time zone of a programme that has not said its own.
const DefaultZone = "Asia/Kolkata"

// ErrZone refuses a name that is not in the time zone database.
var ErrZone = errors.New("not an IANA time zone")

// zones keeps what was loaded: there are some hundreds of names.
var zones sync.Map

// Zone returns the time zone of an IANA name such as Asia/Kolkata.
func Zone(name string) (*time.Location, error) {
	if known, ok := zones.Load(name); ok {
		if zone, ok := known.(*time.Location); ok {
			return zone, nil
		}
	}
	// Local is where the process happens to run.
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q: %w", name, ErrZone)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", name, ErrZone)
	}
	zones.Store(name, zone)
	return zone, nil
}
