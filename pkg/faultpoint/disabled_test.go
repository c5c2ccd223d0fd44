//go:build !faultpoint

package faultpoint_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/refersuite/refersuite/pkg/faultpoint"
)

func TestReached_DoesNothingInANormalBuild(t *testing.T) {
	log := filepath.Join(t.TempDir(), "points")
	t.Setenv(faultpoint.AfterVariable, "1")
	t.Setenv(faultpoint.LogVariable, log)
	faultpoint.Reached("a")
	if _, err := os.Stat(log); !os.IsNotExist(err) || faultpoint.Enabled {
		t.Errorf("enabled %v, log %v", faultpoint.Enabled, err)
	}
}
