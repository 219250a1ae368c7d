package emulator

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// verdict is a test that only remembers how it ended.
type verdict struct {
	testing.TB
	skipped, failed string
}

func (v *verdict) Helper() {}

func (v *verdict) Skip(args ...any) {
	v.skipped = fmt.Sprint(args...)
	runtime.Goexit()
}

func (v *verdict) Fatal(args ...any) {
	v.failed = fmt.Sprint(args...)
	runtime.Goexit()
}

// Where no emulator is installed a test is skipped and says what to install; where emulators are
// required, it fails.
func TestWhatIsNotInstalledIsSkippedUnlessItIsRequired(t *testing.T) {
	t.Setenv("CLOUDSDK_ROOT_DIR", fakeSDK(t, "#!/bin/sh\nexit 0\n"))
	t.Setenv("JAVA_HOME", t.TempDir())
	for kind, program := range programs {
		t.Setenv(program.hostVariable, "")
		for _, required := range []string{"", "0", "1"} {
			t.Setenv(RequireVariable, required)
			p := pool{open: true, entries: map[Kind]entry{}}
			v := &verdict{TB: t}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				p.host(v, kind)
			}()
			<-ended
			said, other := v.skipped, v.failed
			if required == "1" {
				said, other = v.failed, v.skipped
			}
			if !strings.Contains(said, "Java") || other != "" {
				t.Errorf("%s, %s=%q: skipped %q, failed %q", kind, RequireVariable, required, v.skipped, v.failed)
			}
		}
	}
}
