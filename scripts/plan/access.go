package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/grant"
)

// placeReport is about the bindings of ours at one place.
type placeReport struct {
	Place string `json:"place"`
	// Problem says why the place could not be read; then nothing is known of it.
	Problem  string          `json:"problem,omitempty"`
	Bindings int             `json:"bindings"`
	Findings []bindingReport `json:"findings"`
}

// bindingReport is one binding that has ended, or that is not as somebody decided.
type bindingReport struct {
	What    string   `json:"what"`
	Change  string   `json:"change,omitempty"`
	Role    string   `json:"role"`
	Members []string `json:"members"`
	Text    string   `json:"text"`
}

// expired is a binding of ours after its end: it gives nothing, and would be cleared away.
const expired = "expired"

// places lists where the policy gives access by a binding, and where there are grants; each once.
func places(p *policyfile.Policy, live []grant.Grant) []grant.Scope {
	var out []grant.Scope
	for _, e := range p.Access {
		out = append(out, e.Scope)
	}
	for _, g := range live {
		out = append(out, g.Scope)
	}
	// A membership ends by itself, and Google says nothing of who gave it.
	out = slices.DeleteFunc(out, func(s grant.Scope) bool { return !s.Conditional() })
	slices.SortFunc(out, func(a, b grant.Scope) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	return slices.Compact(out)
}

// readAccess reads the access policy of every place and judges it. A place that cannot be read is
// said to be so, and does not keep the others from being read.
func readAccess(ctx context.Context, r *reader, from *iam.Policies, at []grant.Scope, live []grant.Grant, now time.Time) []placeReport {
	out := []placeReport{}
	r.progress.begin("access policies", 0, len(at))
	for _, scope := range at {
		var h iam.Handle
		err := r.try(ctx, func() (err error) {
			h, err = from.Read(ctx, scope)
			return err
		})
		if err != nil {
			out = append(out, placeReport{Place: scope.String(), Problem: err.Error(), Findings: []bindingReport{}})
		} else {
			out = append(out, judgePlace(scope, h.Policy(), live, now))
		}
		r.progress.add(1)
	}
	if len(at) > 0 {
		r.progress.end()
	}
	return out
}

// judgePlace finds the bindings that have ended, and what differs from the grants that are known.
func judgePlace(at grant.Scope, p grant.Policy, live []grant.Grant, now time.Time) placeReport {
	out := placeReport{Place: at.String(), Bindings: len(p.Bindings), Findings: []bindingReport{}}
	for _, b := range p.Bindings {
		ours, mark := grant.Recognize(b)
		if mark == grant.Exact && !ours.Until.Add(grant.Grace).After(now) {
			out.Findings = append(out.Findings, bindingReport{
				What: expired, Change: ours.ID, Role: ours.Role, Members: []string{ours.Member}, Text: "ended on " + clockTime(ours.Until) + "; the next night clears it away",
			})
		}
	}
	here := slices.DeleteFunc(slices.Clone(live), func(g grant.Grant) bool {
		// A grant whose access an extension took over has no binding of its own any more.
		return g.Scope != at || slices.ContainsFunc(live, func(o grant.Grant) bool { return slices.Contains(o.Replaces, g.ID) })
	})
	for _, d := range grant.Drifts(p, here, now) {
		out.Findings = append(out.Findings, bindingReport{What: string(d.Kind), Change: d.Change, Role: d.Role, Members: d.Members, Text: d.Text})
	}
	return out
}

func accessSection(places []placeReport) section {
	s := section{Title: "Access that has ended or drifted", Head: []string{"Place", "What", "Role", "Members", "In words"}}
	if len(places) == 0 {
		s.Lines = []string{"The policy gives access at no place with bindings."}
	}
	bindings := 0
	for _, p := range places {
		bindings += p.Bindings
		if p.Problem != "" {
			s.Lines = append(s.Lines, fmt.Sprintf("The %s could not be read: %s", p.Place, p.Problem))
		}
		for _, f := range p.Findings {
			s.Rows = append(s.Rows, []string{p.Place, f.What, f.Role, strings.Join(f.Members, ", "), f.Text})
		}
	}
	if len(places) > 0 {
		s.Lines = append(s.Lines, fmt.Sprintf("%s at %s.", counted(bindings, "binding"), counted(len(places), "place")))
	}
	return s
}
