package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

// report is what the policy would change, as it is printed in JSON.
type report struct {
	Tenant string `json:"tenant"`
	// Policy is the hash of the policy; empty where there is none.
	Policy string `json:"policy,omitempty"`
	// Read is when the reading began, Judged the instant by which it was judged.
	Read    time.Time      `json:"read"`
	Judged  time.Time      `json:"judged"`
	Groups  groupsReport   `json:"groups"`
	Systems []systemReport `json:"accounts"`
	Places  []placeReport  `json:"access"`
	Notes   []string       `json:"notes,omitempty"`
}

// groupsReport is about the settings of groups.
type groupsReport struct {
	Total     int `json:"total"`
	Compliant int `json:"compliant"`
	Secure    int `json:"secure"`
	// Auto, Ask and Report count the groups of which something would be corrected at once, put
	// before people, or reported only. One group can count in several.
	Auto   int `json:"auto"`
	Ask    int `json:"ask"`
	Report int `json:"report"`
	// Held says that the brake would hold the corrections in mode auto until people have looked.
	Held  bool         `json:"held"`
	Limit int          `json:"limit,omitempty"`
	Rules []ruleReport `json:"rules"`
	// Unclear are groups of which the rules cannot say what to do.
	Unclear []unclearReport `json:"unclear,omitempty"`
}

// ruleReport is one thing that the rules want, with the groups that are otherwise.
type ruleReport struct {
	Field string      `json:"field"`
	Want  string      `json:"want"`
	Mode  change.Mode `json:"mode"`
	// Follows says that no rule names the field: the API wants it to agree with one that does.
	Follows bool      `json:"follows,omitempty"`
	Groups  []groupIs `json:"groups"`
}

// groupIs is a group with the value that it has.
type groupIs struct {
	Group string `json:"group"`
	Is    string `json:"is"`
}

type unclearReport struct {
	Group string `json:"group"`
	Why   string `json:"why"`
}

// judgeGroups holds every group that was read against the rules.
func judgeGroups(m *memory, rules settingsrule.Rules, now time.Time) groupsReport {
	var out groupsReport
	byRule := map[ruleKey]*ruleReport{}
	for _, g := range m.present() {
		values, read := m.Settings[g.ID]
		if !read {
			continue
		}
		out.Total++
		secure := slices.Contains(m.Secure[rules.Anchor], g.ID)
		if secure {
			out.Secure++
		}
		finding := rules.Evaluate(settingsrule.Subject{Group: g.Email, Settings: values, Secure: secure}, now)
		if finding.Compliant() {
			out.Compliant++
		}
		for _, c := range finding.Corrections {
			out.count(c.Mode)
			for _, d := range c.Diff {
				key := ruleKey{d.Field, d.After, c.Mode, slices.Contains(c.Follows, d.Field)}
				if byRule[key] == nil {
					byRule[key] = &ruleReport{Field: key.field, Want: key.want, Mode: key.mode, Follows: key.follows}
				}
				byRule[key].Groups = append(byRule[key].Groups, groupIs{g.Email, d.Before})
			}
		}
		for _, d := range finding.Unknown {
			out.Unclear = append(out.Unclear, unclearReport{g.Email, fmt.Sprintf("%s has a value that is not known: %q", d.Field, d.Before)})
		}
		for _, text := range finding.Unresolved {
			out.Unclear = append(out.Unclear, unclearReport{g.Email, text})
		}
	}
	for _, r := range byRule {
		slices.SortFunc(r.Groups, func(a, b groupIs) int { return cmp.Compare(a.Group, b.Group) })
		out.Rules = append(out.Rules, *r)
	}
	slices.SortFunc(out.Rules, func(a, b ruleReport) int {
		return cmp.Or(cmp.Compare(modeOrder(a.Mode), modeOrder(b.Mode)), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Want, b.Want), cmp.Compare(fmt.Sprint(a.Follows), fmt.Sprint(b.Follows)))
	})
	slices.SortStableFunc(out.Unclear, func(a, b unclearReport) int { return cmp.Compare(a.Group, b.Group) })
	verdict := rules.Brake.Check(out.Total, 0, out.Auto)
	out.Held, out.Limit = verdict.Held, verdict.Limit
	return out
}

type ruleKey struct {
	field, want string
	mode        change.Mode
	follows     bool
}

func (r *groupsReport) count(m change.Mode) {
	switch m {
	case change.Auto:
		r.Auto++
	case change.Ask:
		r.Ask++
	default:
		r.Report++
	}
}

// modeOrder sorts what happens by itself before what people decide.
func modeOrder(m change.Mode) int {
	return slices.Index([]change.Mode{change.Auto, change.Ask, change.Report}, m)
}

// sections says the report as headings, sentences and tables.
func (r report) sections() []section {
	policy := "no policy"
	if r.Policy != "" {
		policy = "policy " + r.Policy
	}
	head := section{Title: "What the policy would change", Lines: []string{
		fmt.Sprintf("Read from %s on %s, judged by %s on %s. Nothing was changed.", r.Tenant, clockTime(r.Read), policy, clockTime(r.Judged)),
	}}
	head.Lines = append(head.Lines, r.Notes...)
	out := append([]section{head}, r.Groups.sections()...)
	for _, s := range r.Systems {
		out = append(out, s.section())
	}
	return append(out, accessSection(r.Places))
}

func (r groupsReport) sections() []section {
	s := section{Title: "Groups by rule", Lines: []string{
		fmt.Sprintf("%s, %d of them secure: %d as the rules want them, %d corrected at once, %d put before people, %d reported only.",
			counted(r.Total, "group"), r.Secure, r.Compliant, r.Auto, r.Ask, r.Report),
	}}
	if r.Held {
		s.Lines = append(s.Lines, fmt.Sprintf("The brake would hold the corrections until two people have agreed: %d are wanted, and %d a day may happen by themselves.", r.Auto, r.Limit))
	}
	s.Head = []string{"Mode", "Setting", "Would be", "Group", "Is"}
	for _, rule := range r.Rules {
		field := rule.Field
		if rule.Follows {
			field += " (follows)"
		}
		for _, g := range rule.Groups {
			s.Rows = append(s.Rows, []string{string(rule.Mode), field, rule.Want, g.Group, g.Is})
		}
	}
	out := []section{s}
	if len(r.Unclear) > 0 {
		u := section{Title: "Groups that a person has to look at", Head: []string{"Group", "Why"}}
		for _, g := range r.Unclear {
			u.Rows = append(u.Rows, []string{g.Group, g.Why})
		}
		out = append(out, u)
	}
	return out
}

// clockTime is an instant as it is printed, in UTC.
func clockTime(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04 MST")
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// joined lists words, sorted as they are.
func joined[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}
