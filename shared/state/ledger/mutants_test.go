package ledger_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A test that finds nothing may mean that there is nothing to find, or that it cannot find
// anything. So mistakes are planted in the code, one at a time and never in the files
// themselves, and the tests must find each:
//
//	SEKISHO_MUTANTS=all go test ./shared/state/ledger -run TestMutants -v -timeout 1h
//	SEKISHO_MUTANTS=sim …  with the simulation alone
//
// SEKISHO_SIM_SEEDS says how many interleavings each of them gets. An ordinary run only checks
// that every mistake can still be planted.

// mutant is a mistake: texts of the source, and what stands there instead.
type mutant struct {
	name  string
	file  string
	edits []string // before, after, before, after …
	// quiet says that the simulation cannot notice it, and why.
	quiet string
}

const (
	decideFile  = "../../domain/change/decide.go"
	executeFile = "../../domain/change/execute.go"
	waitFile    = "../../domain/change/wait.go"
	reviseFile  = "../../domain/change/revise.go"
	applyFile   = "../../domain/change/apply.go"
	quorumFile  = "../../domain/change/quorum.go"
)

var mutants = []mutant{
	{"a press on an older revision counts", decideFile, []string{"case revision != c.Revision:", "case false && revision != c.Revision:"}, ""},
	{"the requester may approve", decideFile, []string{"if a.By.Same(c.Requester) {", "if a.By.Same(Actor{}) {"}, ""},
	{"the requester's other account may approve", decideFile, []string{"if a.By.Same(c.Requester) {", "if a.By.ID == c.Requester.ID {"}, ""},
	{"one person counts twice", decideFile, []string{"if d.counts(c.Revision) && d.By.Same(a.By) {", "if d.counts(c.Revision) && d.By.ID == a.By.ID {"}, ""},
	{"one person takes two places", quorumFile, []string{"if !busy || fill(other, tried) {", "if _ = other; !busy || true {"}, "it takes more people than there are"},
	{"anybody may decide", decideFile, []string{"case !c.mayDecide(counts):", "case false && !c.mayDecide(counts):"}, ""},
	{"who is escalated to may decide at once", quorumFile, []string{"if escalated && r.Escalate != nil && !slices", "if r.Escalate != nil && !slices"}, ""},
	{"the deadline is not looked at", decideFile, []string{"case c.State == Proposed && !now.Before(c.Deadline()):", "case false && now.IsZero():"}, ""},
	{"approvals outlive a revision", reviseFile, []string{
		"if c.Decisions[i].Void == \"\" {", "if c.Decisions[i].Revision++; false {",
	}, ""},
	{"a revision keeps its number", reviseFile, []string{"	c.Revision++\n", ""}, ""},
	{"a lapsed approval is not noticed", executeFile, []string{"	c.lapse(a.Standing)\n", ""}, ""},
	{"a lapsed approval is not noticed in what was begun", "carry.go", []string{"	case !c.Authorized():\n", "	case false && !c.Authorized():\n"}, ""},
	{"a denial is overlooked", "carry.go", []string{"	case c.Stopped():\n", "	case false && c.Stopped():\n"}, ""},
	{"a denial since the claim is overlooked", "carry.go", []string{"if c, err = l.Get(ctx, c.ID); err != nil {", "if _, err = l.Get(ctx, c.ID); err != nil {"}, ""},
	{"a denial ends what may be in effect", decideFile, []string{" || c.State == Approved && c.Tried\n", "\n"}, ""},
	{"a denial of what was begun is lost", executeFile, []string{"	case c.Stopped():\n		c.State = Denied\n", ""}, ""},
	{"a retry beats a denial", executeFile, []string{"	case c.Stopped():\n		return refuse(RefusedState, \"it was denied\")\n", ""}, "nothing is done for it all the same"},
	{"a withdrawal ends what may be in effect", reviseFile, []string{"case c.State == Applying, c.State == Approved && c.Tried:", "case c.State == Applying:"}, ""},
	{"anybody withdraws what is claimed", reviseFile, []string{"case c.State == Applying, c.State", "case c.State"}, ""},
	{"no fence is checked", executeFile, []string{"if c.Claim == nil || c.Claim.Fence != fence {", "if c.Claim == nil {"}, ""},
	{"a fence is used twice", executeFile, []string{"fence = c.Claim.Fence + 1", "fence = max(1, c.Claim.Fence)"}, ""},
	{"a claim is taken while it is held", executeFile, []string{"case c.State == Applying && now.Before(c.Claim.Until):", "case false && now.IsZero():"}, ""},
	{"the wait between attempts is not kept", executeFile, []string{"case c.State == Approved && now.Before(c.RetryAt):", "case false && now.IsZero():"}, ""},
	{"nobody looks before the effect", "carry.go", []string{"first, err := applier.Look(during, c)", "first, err := Sight{}, error(nil)"}, ""},
	{"nobody looks before the second attempt", "carry.go", []string{
		"first, err := applier.Look(during, c)", "first, err := Sight{}, error(nil)\n\tif c.Attempts == 1 {\n\t\tfirst, err = applier.Look(during, c)\n\t}",
	}, ""},
	{"nobody reads back", "carry.go", []string{"case err == nil && second.InEffect:", "case acted == nil || err == nil && second.InEffect:"}, ""},
	{"a vendor's refusal is not read back", "carry.go", []string{
		"	// Whatever the answer was, what", "	if acted != nil && retry.IsPermanent(acted) {\n		return l.retry(ctx, c, by, acted)\n	}\n	// Whatever the answer was, what",
	}, "the change fails visibly"},
	{"an applier acts on a claim that has lapsed", "carry.go", []string{" || !now.Before(c.Claim.Until):", ":"}, "its context has ended"},
	{"an attempt without an answer counts as seen not to be there", "attempts.go", []string{"r.Fence, r.Problem, r.RetryAt = c.Claim.Fence,", "r.Absent, r.Fence, r.Problem, r.RetryAt = true, c.Claim.Fence,"}, ""},
	{"an attempt that acted counts as one that could not look", "carry.go", []string{"change.Release{By: by}, fmt.Errorf(\"change %s", "change.Release{By: by, Blind: true}, fmt.Errorf(\"change %s"}, ""},
	{"who cannot look forgets what was done before", executeFile, []string{"(!a.Blind || c.Claim.Tried)", "!a.Blind"}, ""},
	{"a change that may be in effect counts as not begun", executeFile, []string{"	c.Tried = true\n", ""}, ""},
	{"what is never seen is tried for ever", "attempts.go", []string{"retry.IsPermanent(cause) || diverges || c.Attempts >= MaxAttempts", "retry.IsPermanent(cause) || c.Attempts >= MaxAttempts"}, "it fails a little later"},
	{"an applier that dies is started for ever", "carry.go", []string{"	case c.Attempts > MaxAttempts:\n", "	case false:\n"}, "nobody dies so often"},
	{"the head of the outbox is taken out", applyFile, []string{
		"c.Outbox = slices.DeleteFunc(slices.Clone(c.Outbox), func(n Notice) bool { return slices.Contains(seqs, n.Seq) })",
		"c.Outbox = slices.Clone(c.Outbox[min(len(seqs), len(c.Outbox)):])",
	}, ""},
	{"a transition is published before it is committed", "ledger.go", []string{
		"		moved = next\n", "		moved = next\n		_ = l.tell(context.WithoutCancel(ctx), next, next.Outbox[len(next.Outbox)-1])\n",
	}, ""},
	{"a notice is taken out although it was not sent", "ledger.go", []string{"		if err := l.tell(ctx, c, n); err != nil {\n			return err\n		}\n", "		_ = l.tell(ctx, c, n)\n"}, ""},
	{"nobody looks after a full outbox", waitFile, []string{"	if len(c.Outbox) > 0 {\n", "	if false {\n"}, ""},
	{"nobody looks after an applier that died", waitFile, []string{
		"		due = append(due, c.Claim.Until.Add(LapsedAfter))\n", "		return time.Time{}, false\n",
	}, ""},
	{"nobody looks after what was approved", waitFile, []string{"		due = append(due, later(c.Updated, c.RetryAt).Add(ActAfter))\n", ""}, ""},
	{"a lapsed claim is published as it is", waitFile, []string{"	if c.State == Applying {\n", "	if false {\n"}, ""},
	{"a press is not remembered", "once.go", []string{"	known := err == nil\n", "	known := false\n"}, ""},
	{"a refusal is not recorded", "once.go", []string{"return trail.Entries.Create(tx, e.ID, e)\n		}\n		switch {", "return nil\n		}\n		switch {"}, ""},
	{"a transition leaves no entry", "ledger.go", []string{
		"	if err := changes.Put(tx, c.ID, c); err != nil {\n		return err\n	}\n	return trail.Entries.Create(tx, entry.ID, entry)\n",
		"	_ = entry\n	return changes.Put(tx, c.ID, c)\n",
	}, ""},
	{"every sensor makes a change of its own", "ledger.go", []string{"if old.Holds(p, now) {", "if false {"}, ""},
	{"an undo does not mark what it took back", "ledger.go", []string{"		if hasUndone {\n", "		if hasUndone && false {\n"}, ""},
	{"who approved may word the request", reviseFile, []string{"	case !c.mayChange(a.By):\n		return refuse(RefusedStranger, \"only who asked can revise it\")\n", ""}, "nobody tries"},
}

func TestMutants(t *testing.T) {
	mode := os.Getenv("SEKISHO_MUTANTS")
	survivors := 0
	for _, m := range mutants {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) {
			path, err := filepath.Abs(m.file)
			if err != nil {
				t.Fatal(err)
			}
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text := string(source)
			for edit := range slices.Chunk(m.edits, 2) {
				if n := strings.Count(text, edit[0]); n != 1 {
					t.Fatalf("%s has %d places with %q, want 1: the mistake cannot be planted any more", m.file, n, edit[0])
				}
				text = strings.Replace(text, edit[0], edit[1], 1)
			}
			if mode == "" || mode == "sim" && m.quiet != "" {
				return
			}
			found, output := plant(t, path, text, mode)
			if len(found) == 0 {
				survivors++
				t.Errorf("nothing finds it:\n%s", output)
			}
			t.Logf("found by %s", strings.Join(found, ", "))
		})
	}
	if mode != "" {
		t.Logf("%d mistakes, %d not found", len(mutants), survivors)
	}
}

var failed = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)

// plant runs the tests with another text in the place of one file, and returns those that
// failed.
func plant(t *testing.T, path, text, mode string) (found []string, output string) {
	t.Helper()
	dir := t.TempDir()
	mutated := filepath.Join(dir, filepath.Base(path))
	if err := os.WriteFile(mutated, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: mutated}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"test", "-count=1", "-overlay", file, "-skip", "TestMutants"}
	if mode == "sim" {
		args = append(args, "-run", "TestInterleavings")
	}
	cmd := exec.CommandContext(t.Context(), "go", append(args, ".", "../../domain/change")...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SEKISHO_MUTANTS=") }), "SEKISHO_MUTANTS=")
	out, err := cmd.CombinedOutput()
	for _, match := range failed.FindAllStringSubmatch(string(out), -1) {
		found = append(found, match[1])
	}
	if err != nil && len(found) == 0 && !strings.Contains(string(out), "panic:") {
		t.Fatalf("it cannot be tried: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "panic:") {
		found = append(found, "a panic")
	}
	return found, fmt.Sprintf("%.2000s", out)
}
