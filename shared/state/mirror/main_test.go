package mirror_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain lets the machine draw fewer lives than usual: each of them has a database. The flag
// on the command line says otherwise.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "20"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}
