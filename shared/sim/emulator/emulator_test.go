package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestStartAnswersAndStopEndsJavaToo(t *testing.T) {
	for kind, program := range programs {
		t.Run(string(kind), func(t *testing.T) {
			if _, _, err := find(kind, sdkFolders()); err != nil {
				t.Skip(err)
			}
			t.Setenv(program.hostVariable, "")
			e, err := Start(t.Context(), kind)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.Get("http://" + e.Host)
			if err != nil {
				e.Stop()
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil || strings.TrimSpace(string(body)) != "Ok" {
				t.Errorf("GET / = %q, %v; want Ok", body, err)
			}
			e.Stop()
			if conn, err := net.Dial("tcp", e.Host); err == nil {
				conn.Close()
				t.Errorf("%s still listens at %s", kind, e.Host)
			}
			e.Stop() // again does nothing
		})
	}
}

func TestStartUsesWhatTheEnvironmentNames(t *testing.T) {
	t.Setenv("PUBSUB_EMULATOR_HOST", "emulators.example:8085")
	e, err := Start(t.Context(), KindPubSub)
	if err != nil || e.Host != "emulators.example:8085" {
		t.Fatalf("Start = %+v, %v", e, err)
	}
	e.Stop()
}

func TestFindSaysWhatIsNotInstalled(t *testing.T) {
	for kind, program := range programs {
		_, _, err := find(kind, []string{t.TempDir(), "/nowhere"})
		if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), program.component) {
			t.Errorf("find %s: %v; want ErrNotInstalled with %s", kind, err, program.component)
		}
	}
}

func TestStartWithoutJava(t *testing.T) {
	for kind, program := range programs {
		t.Setenv(program.hostVariable, "")
		t.Setenv("CLOUDSDK_ROOT_DIR", fakeSDK(t, "#!/bin/sh\nexit 0\n"))
		t.Setenv("JAVA_HOME", t.TempDir())
		if _, err := Start(t.Context(), kind); !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "Java") {
			t.Errorf("Start %s: %v; want ErrNotInstalled for Java", kind, err)
		}
	}
}

func TestStartTellsWhatAnEmulatorThatEndsSaid(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	java := filepath.Join(t.TempDir(), "bin", "java")
	write(t, java, "#!"+sh+"\n")
	t.Setenv("JAVA_HOME", filepath.Dir(filepath.Dir(java)))
	t.Setenv("CLOUDSDK_ROOT_DIR", fakeSDK(t, "#!"+sh+"\necho port 7 is taken\nexit 1\n"))
	t.Setenv("FIRESTORE_EMULATOR_HOST", "")
	_, err = Start(t.Context(), KindFirestore)
	if err == nil || !strings.Contains(err.Error(), "port 7 is taken") {
		t.Errorf("Start: %v; want what the emulator said", err)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	if _, _, err := find(KindFirestore, sdkFolders()); err != nil {
		t.Skip(err)
	}
	t.Setenv("FIRESTORE_EMULATOR_HOST", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if e, err := Start(ctx, KindFirestore); !errors.Is(err, context.Canceled) {
		t.Errorf("Start = %+v, %v; want context.Canceled", e, err)
	}
}

func TestStartUnknownKind(t *testing.T) {
	if _, err := Start(t.Context(), "spanner"); err == nil {
		t.Error("Start spanner: no error")
	}
}

func TestSharedEmulator(t *testing.T) {
	if a, b := Firestore(t), Firestore(t); a != b {
		t.Errorf("two emulators, %s and %s", a, b)
	}
	if a, b := Project(t), Project(t); a == b {
		t.Errorf("one project %s for two", a)
	}
}

// fakeSDK returns a folder with both emulators, which are this script.
func fakeSDK(t *testing.T, script string) string {
	t.Helper()
	sdk := t.TempDir()
	for _, program := range programs {
		write(t, filepath.Join(sdk, filepath.FromSlash(program.path)), script)
	}
	return sdk
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o755)); err != nil {
		t.Fatal(fmt.Errorf("write a script: %w", err))
	}
}
