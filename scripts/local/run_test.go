package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever has scenarios played learns from the exit alone whether all of them held; the report says
// which.
func TestRunFailsWhereOneScenarioDoes(t *testing.T) {
	folder := t.TempDir()
	write := func(name, script string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	right := write("right.txtar", "start\nexpect over-quota directory 0\n")
	wrong := write("wrong.txtar", "start\nexpect over-quota directory 1\n")
	for _, test := range []struct {
		name  string
		files []string
		want  error
		says  string
	}{
		{"all hold", []string{right}, nil, "1 passed, 0 failed"},
		{"one does not", []string{wrong, right}, errScenarios, "1 passed, 1 failed"},
		{"one has nothing in it", []string{write("empty.txtar", "# to be written\n"), right}, errScenarios, "1 passed, 1 failed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			report := filepath.Join(t.TempDir(), "report.json")
			var out bytes.Buffer
			err := run(t.Context(), append([]string{"run", "-report", report}, test.files...), &out, io.Discard)
			if !errors.Is(err, test.want) || !strings.Contains(out.String(), test.says) {
				t.Errorf("error %v, it says %s", err, &out)
			}
			data, err := os.ReadFile(report)
			if err != nil {
				t.Fatal(err)
			}
			var got struct{ Scenarios []struct{ OK bool } }
			if err := json.Unmarshal(data, &got); err != nil || len(got.Scenarios) != len(test.files) {
				t.Errorf("%v in the report %s", err, data)
			}
		})
	}
	for _, args := range [][]string{{"run"}, {"run", filepath.Join(folder, "none.txtar")}, {"run", "-backend", "paper", right}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
	for _, args := range [][]string{{"run", "-report", folder, right}, {"bench", "-report", folder, "-groups", "10"}} {
		var out bytes.Buffer
		if err := run(t.Context(), args, &out, io.Discard); err == nil || out.Len() > 0 {
			t.Errorf("%q: error %v after it has said %s: what nobody can read later is not begun", args, err, &out)
		}
	}
}

// Each command says what it takes, and the one without a name says which others there are.
func TestHelp(t *testing.T) {
	for _, test := range []struct {
		args []string
		says []string
	}{
		{[]string{"-h"}, []string{"local run FILE.txtar", "local bench", "-addr"}},
		{[]string{"run", "-h"}, []string{"-report"}},
		{[]string{"bench", "-h"}, []string{"-groups"}},
	} {
		var said bytes.Buffer
		err := run(t.Context(), test.args, io.Discard, &said)
		if err != nil {
			t.Errorf("%q: %v", test.args, err)
		}
		for _, want := range test.says {
			if !strings.Contains(said.String(), want) {
				t.Errorf("%q says %s, without %q", test.args, &said, want)
			}
		}
	}
}
