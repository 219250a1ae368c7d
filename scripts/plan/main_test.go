package main

import (
	"os"
	"testing"

	"github.com/sekisho/sekisho/shared/sim/emulator"
)

// TestMain ends the emulators that tests have started.
func TestMain(m *testing.M) { os.Exit(emulator.Main(m)) }
