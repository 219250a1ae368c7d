package scenario_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sekisho/sekisho/scripts/describe"
	"github.com/sekisho/sekisho/scripts/local/contract"
	"github.com/sekisho/sekisho/scripts/local/scenario"
	simcontract "github.com/sekisho/sekisho/shared/sim/contract"
	"github.com/sekisho/sekisho/shared/sim/emulator"
)

func TestMain(m *testing.M) { os.Exit(emulator.Main(m)) }

func play(t *testing.T, backend, file string) *scenario.Report {
	t.Helper()
	var out strings.Builder
	report, err := scenario.Play([]string{file}, scenario.Options{Backend: backend, Out: &out, Tap: judged(t)})
	if err != nil {
		t.Fatal(err)
	}
	if report.Failed != 0 {
		t.Errorf("%s does not hold:\n%s", file, out.String())
	}
	return report
}

// judge knows the vendors' descriptions of their APIs; nil where there are none.
var judge = sync.OnceValues(func() (*contract.Judge, error) {
	specs, ok := simcontract.Folder()
	if !ok {
		return nil, nil
	}
	return contract.New(specs)
})

// judged returns a tap that holds what passes against the vendors' descriptions, where there
// are any.
func judged(t *testing.T) func(string, http.Handler) http.Handler {
	t.Helper()
	j, err := judge()
	if err != nil {
		t.Fatal(err)
	}
	if j == nil {
		return nil
	}
	j = j.Again()
	t.Cleanup(func() {
		for _, v := range j.Report().Violations {
			t.Errorf("against the vendor's description: %s: %s: %s (%d times, first in %s)", v.Operation, v.At, v.Text, v.Count, v.Example)
		}
	})
	return j.Tap
}

// described returns the words below the headings of each function's comment.
func described() (map[string]map[string]map[string]bool, error) {
	functions, err := describe.Functions("../../..")
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]map[string]bool{}
	for _, f := range functions {
		out[f.Name] = map[string]map[string]bool{}
		for heading, text := range f.Headings {
			words := map[string]bool{}
			for _, w := range regexp.MustCompile(`[a-z]+(?:-[a-z]+)*`).FindAllString(text, -1) {
				words[w] = true
			}
			out[f.Name][heading] = words
		}
	}
	return out, nil
}

func TestScenarios(t *testing.T) {
	deployed, configuration, err := describe.Deployment("../../..")
	if err != nil {
		t.Fatal(err)
	}
	indexes, ok := configuration.Locals()["indexes"].([]any)
	if !ok {
		t.Fatal("terraform has no list of indexes")
	}
	comments, err := described()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stories(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			for _, result := range play(t, "embedded", file).Scenarios {
				for _, needed := range result.Indexes {
					if !slices.Contains(indexes, any(needed)) {
						t.Errorf("Firestore would refuse a query: terraform makes no index %q", needed)
					}
				}
				for _, r := range result.Reaches {
					may := deployed[r.Function]
					if r.Queue != "" && !slices.Contains(may.Enqueues, r.Queue) || r.Topic != "" && !slices.Contains(may.Publishes, r.Topic) {
						t.Errorf("Google would refuse it: terraform does not let %s into %s%s", r.Function, r.Queue, r.Topic)
					}
					if r.Writes != "" && may.ReadsOnly {
						t.Errorf("Google would refuse it: terraform does not let %s write to the database", r.Function)
					}
					if r.Queue != "" && r.Queue != may.Queue && !comments[r.Function]["Writes"][r.Queue] && !comments[r.Function]["Calls"][r.Queue] {
						t.Errorf("the comment of %s says nothing of the queue %s", r.Function, r.Queue)
					}
					for heading, collection := range map[string]string{"Reads": r.Reads, "Writes": r.Writes} {
						if collection != "" && !comments[r.Function][heading][collection] {
							t.Errorf("the comment of %s does not say so: %s %s", r.Function, heading, collection)
						}
					}
				}
			}
		})
	}
}

// The same on Firestore and Pub/Sub.
func TestScenariosOnGoogleCloud(t *testing.T) {
	t.Setenv("FIRESTORE_EMULATOR_HOST", emulator.Firestore(t))
	t.Setenv("PUBSUB_EMULATOR_HOST", emulator.PubSub(t))
	for _, file := range onGoogleCloud() {
		t.Run(filepath.Base(file), func(t *testing.T) { play(t, "gcp", file) })
	}
}

// Real groups of a public organisation, where the folder SEKISHO_DATA names them.
func TestPublicGroups(t *testing.T) {
	data := os.Getenv("SEKISHO_DATA")
	if data == "" {
		t.Skip("SEKISHO_DATA names no folder with public groups")
	}
	groups := filepath.Join(data, "groups", "kubernetes", "groups.yaml")
	script := `company ` + groups + `
policy policy.yaml
start
expect over-quota directory 0
expect calls directory.members.list == 101
expect mirror blog@kubernetes.io u0006@google.com
expect setting leads@kubernetes.io whoCanViewGroup ALL_MEMBERS_CAN_VIEW
workspace set-setting blog@kubernetes.io whoCanViewGroup ANYONE_CAN_VIEW by=u0001@vmware.com
workspace add-member blog@kubernetes.io u0100@example.org by=u0001@vmware.com
advance 10m
expect setting blog@kubernetes.io whoCanViewGroup ALL_MEMBERS_CAN_VIEW
expect mirror blog@kubernetes.io u0100@example.org
expect change group.settings blog@kubernetes.io applied n=1
expect slack u0001@vmware.com 'whoCanViewGroup.*ALL_MEMBERS_CAN_VIEW'
slack click u0001@vmware.com Undo
! expect setting blog@kubernetes.io whoCanViewGroup ANYONE_CAN_VIEW
slack click u0002@gmail.com Approve
expect setting blog@kubernetes.io whoCanViewGroup ANYONE_CAN_VIEW
-- policy.yaml --
settings:
  mode: auto
  rules:
    general:
      - {field: whoCanViewGroup, needles: [ANYONE_CAN_VIEW, ALL_IN_DOMAIN_CAN_VIEW], replace: ALL_MEMBERS_CAN_VIEW}
`
	file := filepath.Join(t.TempDir(), "public.txtar")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("embedded", func(t *testing.T) { play(t, "embedded", file) })
	t.Run("gcp", func(t *testing.T) {
		t.Setenv("FIRESTORE_EMULATOR_HOST", emulator.Firestore(t))
		t.Setenv("PUBSUB_EMULATOR_HOST", emulator.PubSub(t))
		play(t, "gcp", file)
	})
}

// Scenarios that are wrong must not hold, whatever they are wrong in.
func TestWrongScenariosDoNotHold(t *testing.T) {
	wrong := map[string]string{
		"an expectation that fails":  "expect setting data@example.com whoCanJoin NEVER",
		"a negated one that holds":   "! expect member leads@example.com mia@example.com",
		"an unknown command":         "frobnicate",
		"a misspelled expectation":   "! expect seting data@example.com whoCanJoin X",
		"a button that is not there": "slack click mia@example.com Approve",
		"an unknown fault":           "! fault settings sideways",
		"a clock that goes back":     "at 2020-01-01T00:00:00Z",
		"an unknown person":          "! workspace set-setting data@example.com",
	}
	company, err := filepath.Abs("../testdata/company.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, line := range wrong {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "wrong.txtar")
			if err := os.WriteFile(file, []byte("company "+company+"\n"+line+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			report, err := scenario.Play([]string{file}, scenario.Options{Out: &out})
			if err != nil {
				t.Fatal(err)
			}
			if report.Failed != 1 || !strings.Contains(out.String(), "FAIL") {
				t.Errorf("it held:\n%s", out.String())
			}
		})
	}
}

// What a scenario may say in more than one way, and what goes on after something was refused.
func TestRightScenariosHold(t *testing.T) {
	right := map[string]string{
		"a replay that comes to nothing, said either way": `policy ask.yaml
workspace set-setting data@example.com whoCanJoin ALL_IN_DOMAIN_CAN_JOIN by=ken@example.com
advance 5m
slack click ken@example.com Approve
slack replay ken@example.com
! slack replay ken@example.com
advance 10m
slack replay ken@example.com
! slack replay ken@example.com
expect change group.settings data@example.com applied n=1`,
		"a wrong policy leaves the one before it in force": `policy ask.yaml
! policy wrong.yaml
workspace set-setting data@example.com whoCanJoin ALL_IN_DOMAIN_CAN_JOIN by=ken@example.com
! policy wrong.yaml
advance 5m
expect change group.settings data@example.com proposed
expect policy deny ken@example.com ApproveAccess access:etl`,
		"a wrong policy at the beginning leaves none": `! policy wrong.yaml
start
expect mirror data@example.com ken@example.com`,
		"calls by a part of the method's name": `start
mark
workspace add-member data@example.com new@example.org
advance 10m
expect calls directory.members.list == 1
expect calls directory.list == 1
expect calls directory.members == 1`,
		"a change of a group by the address that it has now": `policy ask.yaml
workspace set-setting data@example.com whoCanJoin ALL_IN_DOMAIN_CAN_JOIN by=ken@example.com
advance 5m
workspace rename-group data@example.com figures@example.com
advance 10m
expect change group.settings figures@example.com proposed n=1
expect change group.settings data@example.com proposed n=1
expect change group.settings leads@example.com proposed n=0`,
	}
	company, err := filepath.Abs("../testdata/company.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const sections = `
-- ask.yaml --
settings:
  mode: ask
  rules:
    general:
      - {field: whoCanJoin, needles: [ANYONE_CAN_JOIN, ALL_IN_DOMAIN_CAN_JOIN], replace: INVITED_CAN_JOIN}
-- wrong.yaml --
settings: {mode: sometimes}
`
	for name, lines := range right {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "right.txtar")
			if err := os.WriteFile(file, []byte("company "+company+"\n"+lines+sections), 0o600); err != nil {
				t.Fatal(err)
			}
			play(t, "embedded", file)
		})
	}
}
