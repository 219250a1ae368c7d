package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// lived is the file of a store in which people of the company asked for access and decided.
func lived(t *testing.T) string {
	t.Helper()
	return livedUnder(t, os.DirFS("testdata/policy"), func(w *world.World) error {
		ctx := t.Context()
		return errors.Join(
			w.Command(ctx, "aiko@example.com", "/access", "prod-write"),
			w.Submit(ctx, "aiko@example.com", []string{"duration=8h", "reason=release 12"}),
			w.Click(ctx, "ken@example.com", "Approve", regexp.MustCompile("prod-write")),
			w.Click(ctx, "lena@example.com", "Approve", regexp.MustCompile("prod-write")),
		)
	})
}

// livedUnder is the file of a store in which people of the company did something under a policy.
func livedUnder(t *testing.T, inForce fs.FS, do func(*world.World) error) string {
	t.Helper()
	data, err := os.ReadFile("testdata/company.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := org.Parse("company.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "store.db")
	w, err := world.New(world.Options{Company: c, Policy: inForce, Path: name, Throwaway: true, Seed: demoSeed})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Start(t.Context()), do(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestWhatIfNamesWhoAndWhichDecisions(t *testing.T) {
	d := company(t)
	name := lived(t)
	o := options{policy: "testdata/looser", store: name, rate: 10, log: io.Discard}
	answer, err := o.whatIf(t.Context(), &d.platform, os.DirFS("testdata/policy"))
	if !errors.Is(err, errLooser) || status(err) != 3 {
		t.Fatalf("a lower quorum: %v with exit status %d, want errLooser with 3", err, status(err))
	}
	c := answer.(comparison)
	var decided []string
	for _, x := range c.Decisions {
		decided = append(decided, x.Person+" "+string(x.Operation)+" "+x.Resource)
		if !x.Was || strings.Contains(x.Then, "allowed by") {
			t.Errorf("%+v: want it allowed then and not now", x)
		}
	}
	if got := strings.Join(decided, "; "); got != "ken@example.com ApproveAccess access:prod-write" {
		t.Errorf("past decisions that would be others: %q, want Ken's approval alone", got)
	}
	everyFormat(t, "whatif", c)
}

// Lowering the quorum of two leads takes two leads. That Lena alone approves then takes somebody who
// may change the policy: administrators, as long as it does not say who, and after that those whom
// it names.
func TestWhoAgreesToAPolicyThatAsksLess(t *testing.T) {
	old, err := os.ReadFile("testdata/policy/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	named := strings.Replace(string(old), "policies:\n", "policies:\n  - name: change\n    rules: [{name: change, effect: allow, operations: [ChangePolicy], resources: [policy]}]\n", 1)
	named = strings.Replace(named, "roles:\n", "roles:\n  - {name: editor, policies: [change], members: [user:yui@example.com]}\n", 1)
	for name, test := range map[string]struct {
		inForce, agreed string
		enough          bool
		missing         policy.LooserKind // where some is enough
	}{
		"nobody":                       {string(old), "", false, ""},
		"one lead":                     {string(old), "ken@example.com", false, ""},
		"one lead twice":               {string(old), "ken@example.com, ken@example.com", false, ""},
		"two leads":                    {string(old), "ken@example.com,Lena@example.com", false, policy.MoreApprovers},
		"an administrator":             {string(old), "mika@example.com", false, policy.LowerQuorum},
		"two leads, one administrator": {string(old), "ken@example.com,mika@example.com", true, ""},
		"two leads, none who is named": {named, "ken@example.com,mika@example.com", false, policy.MoreApprovers},
		"two leads, one who is named":  {named, "ken@example.com,lena@example.com,yui@example.com", true, ""},
		"who is named, and no lead":    {named, "yui@example.com,aiko@example.com", false, policy.LowerQuorum},
		"a stranger":                   {named, "aiko@example.com", false, ""},
		"two leads, who are one":       {string(old) + "same_person: [[ken@example.com, lena@example.com]]\n", "ken@example.com,lena@example.com", false, ""},
		// When it takes long others count too; nothing here takes long.
		"a lead, and whom it is escalated to": {
			strings.Replace(string(old), "from: group:leads@example.com}]}", "from: group:leads@example.com}], escalate: {after: 4h, to: group:etl-team@example.com}}", 1),
			"ken@example.com,yui@example.com", false, "",
		},
		// Owners of no group in particular are nobody who could be asked.
		"a quorum of owners, and an administrator": {
			string(old) + "  - {kinds: [group.settings], quorum: [{count: 2, from: owners}]}\n", "ken@example.com,lena@example.com,mika@example.com", true, "",
		},
		"two leads, one of them twice": {string(old) + "same_person: [[ken@example.com, k.tanaka@example.com]]\n", "ken@example.com,lena@example.com,mika@example.com", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := company(t)
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "policy.yaml"), []byte(test.inForce), 0o600); err != nil {
				t.Fatal(err)
			}
			o := options{policy: "testdata/looser", agreed: test.agreed, rate: 10, log: io.Discard}
			answer, err := o.whatIf(t.Context(), &d.platform, os.DirFS(folder))
			if (err == nil) != test.enough || err != nil && !errors.Is(err, errLooser) {
				t.Fatalf("got %v, want enough: %t", err, test.enough)
			}
			for _, l := range answer.(comparison).Looser {
				want := test.enough || test.missing != "" && (l.What == policy.LowerQuorum) != (test.missing == policy.LowerQuorum)
				if l.Agreed != want {
					t.Errorf("%s: agreed %t, want %t", l.Text, l.Agreed, want)
				}
			}
		})
	}
	d := company(t)
	o := options{policy: "testdata/looser", agreed: "nobody@example.net", rate: 10, log: io.Discard}
	if _, err := o.whatIf(t.Context(), &d.platform, os.DirFS("testdata/policy")); err == nil || status(err) != 1 {
		t.Errorf("somebody unknown agreed: %v", err)
	}
}

// The same access by another name takes who was asked about it by the old one: the owners are Aiko.
func TestWhoAgreesToTheSameAccessByAnotherName(t *testing.T) {
	const entry = "  - {kinds: [access.grant], quorum: [{count: 1, from: "
	before := edited(t, shared, entry+"group:leads@example.com", entry+"owners")
	after := edited(t, before, "  - {name: prod-write,", "  - {name: quick,", "approval: quorum", "approval: self")
	for address, want := range map[string]bool{"aiko@example.com": true, "lena@example.com": false, "mika@example.com": false} {
		d := company(t)
		c, err := opened(t, d, "").compare(t.Context(), written(t, before), written(t, after), nil, []string{address})
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Looser) != 1 || c.Looser[0].Agreed != want || c.Looser[0].Needs != "1 of owners, as for prod-write" {
			t.Errorf("%s agrees: %+v, want enough: %t", address, c.Looser, want)
		}
	}
}

// Who had something taken back, asked for an undo: of that, only a deny of Undo is another answer.
func TestAPastUndoIsAskedAsUndo(t *testing.T) {
	old, err := os.ReadFile("testdata/policy/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	undone := past{
		Entry: audit.Entry{ID: "x-1.0001", Verb: string(change.VerbPropose), Actor: "aiko@example.com", Kind: string(change.AccessRevoke), Outcome: audit.Accepted},
		Of:    change.Change{ID: "x-1", Kind: change.AccessRevoke, Target: change.Target{Name: "prod-write"}, UndoOf: "y-1"},
	}
	for effect, want := range map[string][]policy.Operation{"allow": nil, "deny": {policy.Undo}} {
		text := strings.Replace(string(old), "policies:\n", "policies:\n  - name: undo\n    rules: [{name: undo, effect: "+effect+", operations: [Undo], resources: [access]}]\n", 1)
		text = strings.Replace(text, "roles:\n", "roles:\n  - {name: undoer, policies: [undo], members: [user:aiko@example.com]}\n", 1)
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "policy.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d := company(t)
		c, err := opened(t, d, "").compare(t.Context(), loaded(t, "testdata/policy"), loaded(t, folder), []past{undone}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []policy.Operation
		for _, x := range c.Decisions {
			got = append(got, x.Operation)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: past decisions that would be others (-want +got):\n%s", effect, diff)
		}
	}
}

// What somebody decided whom a rule lets, and whom an entry does not ask any more, would be another
// decision; and one of somebody whom the entry names would not. Rules let leads approve, of whom Lena is one.
func TestAPastDecisionIsAskedOfTheApprovalsToo(t *testing.T) {
	const entry = "approvals:\n"
	asking := func(who string) string {
		return edited(t, shared, entry, entry+"  - {kinds: [group.settings], quorum: [{count: 1, from: "+who+"}]}\n")
	}
	by := func(person string, outcome audit.Outcome) past {
		return past{
			Entry: audit.Entry{ID: "x-1.0001", Verb: string(change.VerbApprove), Actor: person, Kind: string(change.GroupSettings), Outcome: outcome},
			Of: change.Change{
				ID: "x-1", Kind: change.GroupSettings, Target: change.Target{Name: "payroll@example.com"}, Requirement: change.DefaultRequirement(),
			},
		}
	}
	const leads, aiko = "group:leads@example.com", "\"user:aiko@example.com\""
	for name, tt := range map[string]struct {
		before, after string
		past          past
		want          string
	}{
		"whom an entry does not ask any more": {
			shared, asking(aiko), by("lena@example.com", audit.Accepted),
			"lena@example.com was allowed true: allowed by the rule settings of the policy approve, but the approvals ask 1 of user:aiko@example.com",
		},
		"whom it asks still":                {shared, asking(leads), by("lena@example.com", audit.Accepted), ""},
		"who is named, where nobody was":    {asking(aiko), asking(leads), by("aiko@example.com", audit.Accepted), "aiko@example.com was allowed true: no rule allows it"},
		"who is named still":                {asking(aiko), asking(aiko), by("aiko@example.com", audit.Accepted), ""},
		"whom the new one asks again":       {asking(aiko), asking(leads), by("lena@example.com", audit.Accepted), ""},
		"who was refused, and is named":     {shared, asking(aiko), by("aiko@example.com", audit.Refused), "aiko@example.com was allowed false: named by the approvals as user:aiko@example.com"},
		"who was refused for other reasons": {shared, asking(aiko), by("lena@example.com", audit.Refused), ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := opened(t, company(t), "").compare(t.Context(), written(t, tt.before), written(t, tt.after), []past{tt.past}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range c.Decisions {
				got = append(got, fmt.Sprintf("%s was allowed %t: %s", x.Person, x.Was, x.Then))
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("got %q, want %q", strings.Join(got, "; "), tt.want)
			}
		})
	}
}

func TestSamePolicyChangesNothing(t *testing.T) {
	d := company(t)
	o := options{policy: "testdata/policy", store: lived(t), rate: 10, log: io.Discard}
	answer, err := o.whatIf(t.Context(), &d.platform, os.DirFS("testdata/policy"))
	if err != nil {
		t.Fatal(err)
	}
	if c := answer.(comparison); c.Record == 0 || len(c.Gains)+len(c.Loses)+len(c.Decisions)+len(c.Looser)+len(c.Notes) > 0 {
		t.Errorf("the same policy changes something: %+v", c)
	}
	o.store = ""
	if answer, err = o.whatIf(t.Context(), &d.platform, os.DirFS("testdata/policy")); err != nil {
		t.Fatal(err)
	}
	if notes := answer.(comparison).Notes; len(notes) != 1 || !strings.Contains(notes[0], "past decisions are not compared") {
		t.Errorf("without a record it says %q", notes)
	}
}

// With the record, what is in force by a grant is none of anybody else's doing.
func TestRecordExplainsGrants(t *testing.T) {
	d := company(t)
	name := lived(t)
	o := options{store: name}
	live, err := o.grants(t.Context(), &d.platform)
	if err != nil {
		t.Fatal(err)
	}
	if len(live) != 1 || live[0].Entitlement != "prod-write" || live[0].Address() != "aiko@example.com" {
		t.Errorf("grants of the record are %+v, want Aiko's", live)
	}
	if _, err := (options{store: filepath.Join(t.TempDir(), "none.db")}).grants(t.Context(), &d.platform); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a store that is not there: %v, want ErrNotExist", err)
	}
}

// Looking must not make a record of its own.
func TestReadingARecordLeavesIt(t *testing.T) {
	d := company(t)
	name := lived(t)
	before := entries(t, d, name)
	if _, err := (options{store: name}).record(t.Context(), &d.platform, nil); err != nil {
		t.Fatal(err)
	}
	if after := entries(t, d, name); after != before {
		t.Errorf("%d entries after reading, %d before", after, before)
	}
}

func entries(t *testing.T, d *demoCompany, name string) int {
	t.Helper()
	db, err := embedded.Open(name, d.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	list, err := recorded(t.Context(), db.Store(), d.Now())
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestRulingsKnowWhoApprovesThemselves(t *testing.T) {
	tests := map[string]struct {
		from, to string // replaced in the policy
		want     int
	}{
		"a quorum that becomes self":         {"approval: quorum", "approval: self", 1},
		"a quorum that becomes break-glass":  {"approval: quorum", "approval: break-glass", 1},
		"an entitlement that goes":           {"  - {name: prod-write", "  - {name: prod-read", 0},
		"a new entitlement without approval": {"  - {name: prod-write", "  - {name: quick, project: etl-prj-prd, roles: [roles/run.viewer], eligible: [group:etl-team@example.com], max: 1h, approval: self}\n  - {name: prod-write", 1},
		"more approvals than before":         {"count: 2, from: group:leads", "count: 3, from: group:leads", 0},
		"settings in another mode":           {"mode: auto", "mode: report", 0},
	}
	old, err := os.ReadFile("testdata/policy/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(string(old), tt.from, tt.to, 1)
			if text == string(old) {
				t.Fatal("nothing was replaced")
			}
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "policy.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			was, will := rulings(loaded(t, "testdata/policy"), loaded(t, folder))
			looser := policy.Loosened(was, will)
			got := loosenings(looser, make([]bool, len(looser)))
			if len(got) != tt.want {
				t.Errorf("%d loosenings: %+v; want %d", len(got), got, tt.want)
			}
			for _, l := range got {
				if l.Needs != "2 of group:leads@example.com" {
					t.Errorf("it needs %q, want the old quorum", l.Needs)
				}
			}
		})
	}
}

func TestWhyShowsThePath(t *testing.T) {
	d := company(t)
	tests := map[string]struct {
		question
		allowed bool
		parts   []string
	}{
		"by a role of a group": {
			question{person: "ken@example.com", operation: "ApproveAccess", resource: "access:prod-write"},
			true,
			[]string{"leads@example.com", "access-approver", "approve-access", "approve"},
		},
		"to nobody else": {
			question{person: "yui@example.com", operation: "ApproveAccess", resource: "access:prod-write"},
			false,
			[]string{"access-approver"},
		},
		"by an alias":       {question{person: "a.sato@example.com", operation: "ApproveSettings", resource: "group:data@example.com"}, false, nil},
		"of a stranger":     {question{person: "nobody@example.net", operation: "ApproveAccess", resource: "access:prod-write"}, false, nil},
		"what nobody names": {question{person: "ken@example.com", operation: "Undo", resource: "group:data@example.com"}, false, []string{"those whom it concerns"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			answer, err := opened(t, d, "").why(t.Context(), loaded(t, "testdata/policy"), tt.question)
			if err != nil {
				t.Fatal(err)
			}
			b := answer.(because)
			if b.Allowed != tt.allowed {
				t.Errorf("allowed is %v, want %v:\n%s", b.Allowed, tt.allowed, b.Why)
			}
			for _, part := range tt.parts {
				if !strings.Contains(b.Why, part) {
					t.Errorf("%q is missing in:\n%s", part, b.Why)
				}
			}
		})
	}
	if _, err := opened(t, d, "").why(t.Context(), loaded(t, "testdata/policy"), question{resource: "data@example.com"}); err == nil {
		t.Error("a resource without a type was taken")
	}
}

func TestFlagsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, args := range []string{
		"-format xml", "-rate 0", "-rate 1000", "-rate NaN", "why", "why a b", "what a b c", "-doctor -policy x", "-doctor why a b c:d",
		"-against x", "-agreed a@b", "-owner a@b", "-policy testdata/none -demo", "-nonsense",
	} {
		if err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard); err == nil || status(err) != 1 {
			t.Errorf("plan %s: %v, want an error with status 1", args, err)
		}
	}
}

// An unset variable of a pipeline is no way to ask for something else, with the exit status of a good answer. Nobody
// agreeing is something to say.
func TestAnEmptyFlagIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string // empty where it is taken
	}{
		"the policy":               {[]string{"-demo", "-policy", ""}, "-policy is empty: write the folder, or leave the flag out"},
		"the policy, as one word":  {[]string{"-demo", "-policy="}, "-policy is empty: write the folder, or leave the flag out"},
		"the policy, a blank":      {[]string{"-demo", "-policy", " "}, "-policy is empty: write the folder, or leave the flag out"},
		"the policy, after a word": {[]string{"-demo", "summary", "-policy", ""}, "-policy is empty: write the folder, or leave the flag out"},
		"what to compare with":     {[]string{"-demo", "-policy", "x", "-against", ""}, "-against is empty: write the folder, or leave the flag out"},
		"the record":               {[]string{"-demo", "-policy", "x", "-store", ""}, "-store is empty: write the store, or leave the flag out"},
		"who agreed":               {[]string{"-demo", "-policy", "x", "-agreed", ""}, ""},
		"no flag":                  {[]string{"-demo"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(tt.args, io.Discard)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want || status(err) != min(len(tt.want), 1) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// Who asks for help reads of the commands too, a line each, and of all flags.
func TestHelpNamesTheCommands(t *testing.T) {
	var log bytes.Buffer
	if err := run(t.Context(), []string{"-h"}, io.Discard, &log); status(err) != 0 {
		t.Fatal(err)
	}
	for _, command := range []string{"why PERSON OPERATION RESOURCE", "summary", "import-catalog"} {
		if !strings.Contains(log.String(), "\n  "+command+"  ") {
			t.Errorf("%s has no line in:\n%s", command, &log)
		}
	}
	if !strings.Contains(log.String(), "-policy folder") {
		t.Errorf("the flags are missing in:\n%s", &log)
	}
}

func TestDemoNeedsNothing(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/none")
	file := filepath.Join(t.TempDir(), "plan.md")
	var out, log bytes.Buffer
	if err := run(t.Context(), []string{"-demo", "-format", "markdown", "-out", file}, &out, &log); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(text, []byte("| auto | whoCanViewGroup |")) || out.Len() > 0 {
		t.Errorf("the file has %q, %v; standard output has %q", text, err, &out)
	}
	if !strings.Contains(log.String(), "settings of groups [####################] 13 of 13") {
		t.Errorf("progress is %q", &log)
	}
	// What people of the demo decided is in its record.
	out.Reset()
	if err := run(t.Context(), []string{"-demo", "-policy", "testdata/policy", "-format", "json"}, &out, &log); err != nil && !errors.Is(err, errLooser) {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), string(change.VerbApprove)) && !strings.Contains(out.String(), "ApproveSettings") {
		t.Errorf("the demo has no approval:\n%s", &out)
	}
}

// A policy that names nobody any more, neither by a rule nor by an entry, leaves the decision to owners
// and administrators, which Ken and Lena are not.
func TestWhatIfNobodyIsNamed(t *testing.T) {
	old, err := os.ReadFile("testdata/policy/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	text, _, _ := strings.Cut(strings.Replace(string(old), "operations: [ApproveAccess]", "operations: [RequestAccess]", 1), "approvals:")
	if err := os.WriteFile(filepath.Join(folder, "policy.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := company(t)
	o := options{policy: folder, store: lived(t), rate: 10, log: io.Discard}
	answer, err := o.whatIf(t.Context(), &d.platform, os.DirFS("testdata/policy"))
	if err != nil && !errors.Is(err, errLooser) {
		t.Fatal(err)
	}
	c := answer.(comparison)
	var who []string
	for _, x := range c.Decisions {
		who = append(who, x.Person+" "+string(x.Operation))
	}
	// Only leads may ask now, where everybody might.
	if diff := cmp.Diff([]string{"aiko@example.com RequestAccess", "ken@example.com ApproveAccess", "lena@example.com ApproveAccess"}, who); diff != "" {
		t.Errorf("past decisions that would be others (-want +got):\n%s", diff)
	}
	who = nil
	for _, x := range c.Loses {
		if x.Operation == "RequestAccess" {
			who = append(who, x.Person)
		}
	}
	if diff := cmp.Diff([]string{"aiko@example.com", "yui@example.com"}, who); diff != "" {
		t.Errorf("who may not ask any more (-want +got):\n%s", diff)
	}
	if notes := strings.Join(c.Notes, "\n"); !strings.Contains(notes, "does not say who may ApproveAccess on access any more") {
		t.Errorf("the notes are:\n%s", notes)
	}
}
