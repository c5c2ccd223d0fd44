package grpcx_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }
