package emulator

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childVariable makes a child of this test binary start an emulator and wait.
const childVariable = "SEKISHO_TEST_START"

func TestEmulatorEndsWithAKilledProgram(t *testing.T) {
	if kind := os.Getenv(childVariable); kind != "" { // in the child
		e, err := Start(context.Background(), Kind(kind))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(e.Host)
		select {}
	}
	for kind, program := range programs {
		t.Run(string(kind), func(t *testing.T) {
			if _, _, err := find(kind, sdkFolders()); err != nil {
				t.Skip(err)
			}
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEmulatorEndsWithAKilledProgram$")
			child.Env = append(os.Environ(), childVariable+"="+string(kind), program.hostVariable+"=")
			child.Stderr = os.Stderr
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatalf("read the child's line %q: %v", line, err)
			}
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			child.Wait() //nolint:errcheck // it was killed

			again := time.NewTicker(20 * time.Millisecond)
			defer again.Stop()
			deadline, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			for {
				conn, err := net.Dial("tcp", strings.TrimSpace(line))
				if err != nil {
					return
				}
				conn.Close()
				select {
				case <-again.C:
				case <-deadline.Done():
					t.Fatalf("%s still listens at %s", kind, line)
				}
			}
		})
	}
}
