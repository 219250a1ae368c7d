package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestServeSaysWhereAndEnds(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out, said := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-addr", "127.0.0.1:0", "-db", filepath.Join(t.TempDir(), "world.db")}, said, io.Discard)
		_ = said.Close()
		done <- err
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("said %q: %v, and ended with %v", line, err, <-done)
	}
	_, address, ok := strings.Cut(strings.TrimSpace(line), " at ")
	if !ok {
		t.Fatalf("no address in %q", line)
	}
	// A stream that is open does not keep it from ending.
	answer, err := http.Get(address + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("status %s", answer.Status)
	}
	interrupt()
	if err := <-done; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestServeRefusesWhatItCannotUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"a port that is taken", []string{"-addr", taken.Addr().String()}, "another program serves at"},
		{"an address that is none", []string{"-addr", "nowhere"}, "serve at nowhere"},
		{"a policy with a mistake", []string{"-policy", file("policy.yaml", "settings: {anker: x}\n")}, "anker"},
		{"a policy that is not there", []string{"-policy", filepath.Join(folder, "none")}, "read policy"},
		{"a company that is not there", []string{"-company", filepath.Join(folder, "none.yaml")}, "read company"},
		{"a company with a mistake", []string{"-company", file("company.yaml", "domain: 7@\n")}, "company.yaml"},
		{"a database that exists", []string{"-db", file("old.db", "")}, "exists already"},
		{"a backend that is unknown", []string{"-addr", "127.0.0.1:0", "-backend", "paper"}, "paper"},
		{"a command that is unknown", []string{"walk"}, `"walk" is no command`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := run(t.Context(), tt.args, &out, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
			if out.Len() > 0 {
				t.Errorf("it says %q", &out)
			}
		})
	}
}

func TestCompaniesAddUp(t *testing.T) {
	folder := t.TempDir()
	var paths []string
	for name, text := range map[string]string{
		"a.yaml": "domain: example.com\npeople: [{email: ann@example.com}]\n",
		"b.yaml": "domain: example.com\npeople: [{email: bob@example.com}]\n",
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	c, err := loadCompany(paths)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.People) != 2 {
		t.Errorf("%d people, want 2: %v", len(c.People), c.People)
	}
}
