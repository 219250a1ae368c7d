package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// code is the text of all that functions run, without tests.
func code(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range []string{"functions", "shared"} {
		err := filepath.WalkDir(filepath.Join(top, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// Who is woken at night and looks for a line that is worded otherwise by now finds nothing, and takes
// that for good news.
func TestPagesLookForLinesThatFunctionsWrite(t *testing.T) {
	written := code(t)
	message := regexp.MustCompile(`jsonPayload\.message=(?:"([^"]+)"|\(([^)]+)\))`)
	field := regexp.MustCompile(`jsonPayload\.([a-z_]+)`)
	seen := 0
	for path, text := range pages(t) {
		for _, match := range message.FindAllStringSubmatch(text, -1) {
			for line := range strings.SplitSeq(match[1]+match[2], " OR ") {
				seen++
				if line = strings.Trim(line, `"`); !strings.Contains(written, `Context(ctx, "`+line+`"`) {
					t.Errorf("%s looks for the line %q, which no function writes", path, line)
				}
			}
		}
		for _, match := range field.FindAllStringSubmatch(text, -1) {
			if name := match[1]; name != "message" && !strings.Contains(written, `"`+name+`"`) {
				t.Errorf("%s looks at the field %s, which no line has", path, name)
			}
		}
		for line := range strings.Lines(text) {
			if strings.Contains(line, "timestamp") && strings.Contains(line, "| uniq -c") && !strings.Contains(line, "uniq -c -f") {
				t.Errorf("%s counts lines of which each has another time: %s", path, line)
			}
		}
	}
	if seen == 0 {
		t.Error("no page looks for a line")
	}
}

// What pages say to run is a job of the scheduler.
func TestPagesRunJobsThatThereAre(t *testing.T) {
	jobs := []string{"FUNCTION-JOB", "$job"}
	for _, j := range world.Jobs {
		jobs = append(jobs, strings.ToLower(j.Function)+"-"+j.Name)
	}
	run := regexp.MustCompile(`scheduler jobs run ([$A-Za-z-]+[a-zA-Z])`)
	loop := regexp.MustCompile(`for job in ([a-z -]+);`)
	for path, text := range pages(t) {
		named := []string{}
		for _, match := range run.FindAllStringSubmatch(text, -1) {
			named = append(named, match[1])
		}
		for _, match := range loop.FindAllStringSubmatch(text, -1) {
			named = append(named, strings.Fields(match[1])...)
		}
		for _, name := range named {
			if !slices.Contains(jobs, name) {
				t.Errorf("%s runs the job %s, which there is not", path, name)
			}
		}
	}
}

// To stop everything that acts is to stop every queue but those that read, tell and take presses.
func TestEveryQueueThatActsCanBeStopped(t *testing.T) {
	text, err := os.ReadFile("upgrade.md")
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`for queue in ([a-z -]+); do gcloud tasks queues pause`).FindStringSubmatch(string(text))
	if match == nil {
		t.Fatal("the page does not say how everything is stopped")
	}
	want := slices.DeleteFunc(event.Queues(), func(name string) bool {
		return name == event.QueueDirectory || name == event.QueuePresses || name == event.QueueSlack
	})
	agree(t, "queues to stop", want, strings.Fields(match[1]))
}
