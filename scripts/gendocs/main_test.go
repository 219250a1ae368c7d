package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
)

const top = "../.."

func TestThePagesAreWhatTheCodeSays(t *testing.T) {
	for name, generate := range pages {
		want, err := generate(top)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
		if err != nil {
			t.Errorf("read the page: %v", err)
			continue
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("docs/%s is not what go run ./scripts/gendocs writes (-want +got):\n%s", name, diff)
		}
	}
}

func TestWriteMakesThePages(t *testing.T) {
	docs := filepath.Join(t.TempDir(), "docs")
	if err := write(top, docs); err != nil {
		t.Fatal(err)
	}
	for name, generate := range pages {
		want, err := generate(top)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(docs, name))
		if err != nil || string(got) != want {
			t.Errorf("%s: error %v, %d bytes, want %d", name, err, len(got), len(want))
		}
	}
	if err := write(top, filepath.Join(docs, "change-states.md")); err == nil {
		t.Error("the pages were written into a file")
	}
	if err := write(t.TempDir(), docs); err == nil {
		t.Error("pages about no functions were written")
	}
}

func TestThePageOfStatesHasEveryTransition(t *testing.T) {
	page, err := changeStates()
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for _, line := range strings.Split(page, "\n") {
		if strings.Count(line, "|") == len(change.States)+3 {
			lines[strings.Trim(strings.SplitN(line, "|", 3)[1], " *")] = line
		}
	}
	for _, v := range change.Verbs {
		cells := strings.Split(lines[string(v)], "|")
		if len(cells) != len(change.States)+4 {
			t.Errorf("%s has %d cells", v, len(cells))
			continue
		}
		for i, s := range append([]change.State{change.None}, change.States...) {
			for _, to := range change.Next(s, v) {
				if !strings.Contains(cells[i+2], string(to)) {
					t.Errorf("%s of a change that is %q leads to %s, the page says %q", v, s, to, cells[i+2])
				}
			}
		}
	}
}
