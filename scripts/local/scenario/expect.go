package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/trail"
)

func expect(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		return mistaken("what is expected?")
	}
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	plain, options := named(args[1:], "n", "role")
	checks := map[string]struct {
		words int
		form  string
		hold  func() error
	}{
		"setting":    {3, "GROUP FIELD VALUE", func() error { return expectSetting(w, plain[0], lowerFirst(plain[1]), plain[2]) }},
		"member":     {2, "GROUP EMAIL [role=ROLE]", func() error { return expectMember(w, plain[0], plain[1], options["role"]) }},
		"mirror":     {2, "GROUP EMAIL", func() error { return expectMirror(ctx, s, plain[0], plain[1]) }},
		"slack":      {2, "PERSON-or-#CHANNEL REGEXP [n=N]", func() error { return expectSlack(w, s.negated, plain[0], plain[1], options["n"]) }},
		"change":     {3, "KIND TARGET STATE [n=N]", func() error { return expectChange(ctx, s, plain[0], plain[1], plain[2], options["n"]) }},
		"audit":      {1, "REGEXP [n=N]", func() error { return expectAudit(ctx, w, plain[0], options["n"]) }},
		"calls":      {3, "API[.METHOD] OP N", func() error { return expectCalls(w, plain[0], plain[1], plain[2]) }},
		"looker":     {2, "EMAIL enabled-or-disabled", func() error { return expectLooker(w, plain[0], plain[1]) }},
		"access":     {3, "PERSON PROJECT ROLE", func() error { return expectAccess(w, plain[0], plain[1], plain[2]) }},
		"bindings":   {2, "PROJECT N", func() error { return expectBindings(w, plain[0], plain[1]) }},
		"connection": {2, "NAME STATE", func() error { return expectConnection(ctx, w, plain[0], plain[1]) }},
		"catalog":    {3, "member-team-holder-role-or-policy NAME WHAT", func() error { return expectCatalog(w, plain[0], plain[1], plain[2]) }},
		"policy":     {4, "allow-or-deny PERSON OPERATION RESOURCE", func() error { return expectPolicy(ctx, s, plain) }},
		"over-quota": {2, "API N", func() error { return expectOverQuota(w, plain[0], plain[1]) }},
	}
	check, ok := checks[args[0]]
	if !ok {
		return mistaken("%q is nothing that can be expected here", args[0])
	}
	if len(plain) != check.words {
		return mistaken("write expect %s %s", args[0], check.form)
	}
	return check.hold()
}

func expectSetting(w *world.World, g, field, value string) error {
	got, ok := w.Workspace.Setting(g, field)
	if !ok {
		return fmt.Errorf("%s has no setting %s, or there is no such group", g, field)
	}
	if got != value {
		return fmt.Errorf("%s of %s is %s, not %s", field, g, got, value)
	}
	return nil
}

func expectMember(w *world.World, g, email, role string) error {
	var seen []string
	for _, m := range w.Workspace.Members(g) {
		if strings.EqualFold(m.Email, email) && (role == "" || strings.EqualFold(role, m.Role)) {
			return nil
		}
		seen = append(seen, m.Email+" "+m.Role)
	}
	return fmt.Errorf("%s is no such member of %s; members: %s", email, g, strings.Join(seen, ", "))
}

// expectMirror asks as other systems do.
func expectMirror(ctx context.Context, s *stage, g, email string) error {
	var seen []string
	var asOf time.Time
	for next := ""; ; {
		var page struct {
			Data []struct {
				Email string `json:"email"`
			} `json:"data"`
			AsOf time.Time `json:"as_of"`
			Next string    `json:"next"`
		}
		path := "/v1/groups/" + url.PathEscape(g) + "/members?limit=1000"
		if next != "" {
			path += "&cursor=" + url.QueryEscape(next)
		}
		if err := s.world.Ask(ctx, path, &page); err != nil {
			return err
		}
		asOf = page.AsOf
		for _, m := range page.Data {
			if group.Address(m.Email) == group.Address(email) {
				return nil
			}
			seen = append(seen, m.Email)
		}
		if next = page.Next; next == "" {
			break
		}
	}
	return fmt.Errorf("the mirror of %s, read %s, has no %s; members: %s", g, asOf.Format(time.RFC3339), email, strings.Join(seen, ", "))
}

// expectSlack looks at what a channel shows, or at what a person was sent. What the person sees in
// channels counts too where it makes the line hold; where the line is negated it does not, since a
// channel is no word to that person.
func expectSlack(w *world.World, negated bool, who, pattern, n string) error {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return mistake{err}
	}
	var seen []string
	sent, found := 0, 0
	for _, m := range w.Slack.Visible(who) {
		text, own := m.Text, m.ChannelName == "" || strings.HasPrefix(who, "#")
		if !own {
			text = "in " + m.ChannelName + ": " + text
		}
		seen = append(seen, text)
		if re.MatchString(m.Text) {
			found++
			if own {
				sent++
			}
		}
	}
	what := fmt.Sprintf("messages to %s that match %s", who, pattern)
	err = counted(sent, n, what, seen)
	if err == nil || isMistake(err) || negated {
		return err
	}
	return counted(found, n, what, seen)
}

func expectChange(ctx context.Context, s *stage, kind, target, state, n string) error {
	if !slices.Contains(change.States, change.State(state)) {
		return mistaken("state %q is unknown: write one of %v", state, change.States)
	}
	all, err := s.ledger().Since(ctx, change.Kind(kind), time.Time{})
	if err != nil {
		return mistake{err}
	}
	// A change keeps the address that its group had; people say the one that it has now.
	renamed, err := groupID(ctx, s, target)
	if err != nil {
		return mistake{err}
	}
	var seen []string
	found := 0
	for _, c := range all {
		if !strings.EqualFold(c.Target.Name, target) && c.Target.ID != target && c.Target.ID != renamed {
			continue
		}
		if c.State == change.State(state) {
			found++
		}
		seen = append(seen, describe(c))
	}
	return counted(found, n, fmt.Sprintf("changes %s of %s that are %s", kind, target, state), seen)
}

// groupID returns the id of the group that has an address now; empty where none has.
func groupID(ctx context.Context, s *stage, address string) (string, error) {
	header, err := mirror.New(s.world.Store()).Find(ctx, address)
	if errors.Is(err, mirror.ErrUnknown) {
		return "", nil
	}
	return header.Group.ID, err
}

func describe(c change.Change) string {
	var diff []string
	for _, d := range c.Diff {
		diff = append(diff, fmt.Sprintf("%s: %s → %s", d.Field, d.Before, d.After))
	}
	text := fmt.Sprintf("%s %s %s %s (%s)", c.ID, c.Kind, c.Target.Name, c.State, strings.Join(diff, ", "))
	if c.Problem != "" {
		text += ": " + c.Problem
	}
	return text
}

func expectAudit(ctx context.Context, w *world.World, pattern, n string) error {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return mistake{err}
	}
	var seen []string
	found := 0
	err = trail.Latest(ctx, w.Store(), func(e audit.Entry) error {
		line := e.String()
		if re.MatchString(line) {
			found++
		}
		if len(seen) < 20 {
			seen = append(seen, line)
		}
		return nil
	})
	if err != nil {
		return mistake{err}
	}
	return counted(found, n, "audit entries that match "+pattern, seen)
}

// counted compares how many were found: at least one, or exactly n.
func counted(found int, n, what string, seen []string) error {
	want := -1
	if n != "" {
		var err error
		if want, err = strconv.Atoi(n); err != nil || want < 0 {
			return mistaken("n=%s is no number", n)
		}
	}
	if (want < 0 && found > 0) || found == want {
		return nil
	}
	wanted := "at least one"
	if want >= 0 {
		wanted = strconv.Itoa(want)
	}
	if len(seen) == 0 {
		seen = []string{"(nothing)"}
	}
	return fmt.Errorf("%s: %d, wanted %s; there is\n  %s", what, found, wanted, strings.Join(seen, "\n  "))
}

func expectCalls(w *world.World, what, op, n string) error {
	api, method, _ := strings.Cut(what, ".")
	calls, _ := w.Calls.Count(api, method)
	want, err := strconv.Atoi(n)
	if err != nil {
		return mistaken("%q is no number", n)
	}
	var holds bool
	switch op {
	case "==":
		holds = calls == want
	case "<=":
		holds = calls <= want
	case ">=":
		holds = calls >= want
	default:
		return mistaken("%q is no comparison: write ==, <= or >=", op)
	}
	if !holds {
		return fmt.Errorf("calls of %s: %d, not %s %d", what, calls, op, want)
	}
	return nil
}

func expectOverQuota(w *world.World, api, n string) error {
	want, err := strconv.Atoi(n)
	if err != nil {
		return mistaken("%q is no number", n)
	}
	if _, refused := w.Calls.Count(api, ""); refused != want {
		return fmt.Errorf("requests that %s refused for quota: %d, not %d", api, refused, want)
	}
	return nil
}
