package accessgrant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/domain/zone"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/notice"
	"github.com/sekisho/sekisho/shared/state/press"
)

// explain answers which bindings, groups and conditions give a person access at a place now, and
// by which entitlement. Asked about one entitlement, it shows only what that gives, and says whether
// the person may ask for it. It reads the place's own policy: what is inherited stands
// in the policies above.
func (h *handler) explain(ctx context.Context, e event.ExplainAccess) error {
	at, err := grant.ParseScope(grant.Kind(e.Kind), e.Name)
	if err != nil {
		return cloudfn.Permanent(fmt.Errorf("explain access: %w", err))
	}
	person, known, err := h.standing.Person(ctx, e.Person)
	if err != nil {
		return err
	}
	if !known {
		return cloudfn.Permanent(fmt.Errorf("explain access of %s: nobody has that id", e.Person))
	}
	text, err := h.answer(ctx, e, at, person)
	if err != nil {
		return err
	}
	err = press.Record(ctx, h.store, press.Press{ID: e.Request, User: e.User, Channel: e.Channel, At: e.At, Outcome: press.Answered, Text: text})
	if err != nil {
		return err
	}
	return notice.Tell(ctx, h.queue, event.Notify{Subject: event.SubjectPress + e.Request}, "press-"+e.Request, time.Time{})
}

// answer writes what gives a person access at a place.
func (h *handler) answer(ctx context.Context, e event.ExplainAccess, at grant.Scope, person policy.Person) (string, error) {
	if at.Kind == grant.Group {
		return h.inGroup(ctx, e, at, person)
	}
	read, err := h.policies.Read(ctx, at)
	switch {
	case (errors.Is(err, iam.ErrNotFound) || errors.Is(err, iam.ErrForbidden)) && at.Kind == grant.Project && e.Entitlement == "":
		return says(e.Language, "No group, entitlement or connection is called %[1]s, and a project of that name cannot be read.",
			"%[1]s という名前のグループ、アクセス権、接続はありません。プロジェクト %[1]s のポリシーも読み取れません。", at.Name), nil
	case errors.Is(err, iam.ErrNotFound), errors.Is(err, iam.ErrForbidden):
		return says(e.Language, "The policy of %s %s cannot be read.", "%s %s のポリシーを読み取れません。", at.Kind, at.Name), nil
	case err != nil:
		return "", err
	}
	who := grant.Identity{Email: person.Email, Aliases: person.Aliases, Groups: map[string][]string{}}
	for _, g := range person.Groups {
		who.Groups[g.Group] = append(slices.Clone(g.Via), g.Group)
	}
	return h.inWords(ctx, e, person.Email, at, grant.Why(at, read.Policy(), who, "", h.now()))
}

// clock words a time in the time zone of who asked.
func clock(e event.ExplainAccess, t time.Time) string {
	return zone.Clock(t, zone.Of(e.Zone), "2006-01-02 15:04")
}

func says(language, english, japanese string, args ...any) string {
	if language == "ja" {
		return fmt.Sprintf(japanese, args...)
	}
	return fmt.Sprintf(english, args...)
}

// inWords writes the ways by which somebody has access, one on a line.
func (h *handler) inWords(ctx context.Context, e event.ExplainAccess, person string, at grant.Scope, paths []grant.Path) (string, error) {
	var lines []string
	if wanted, ok := h.entitlement(e.Entitlement); ok {
		line, err := h.eligibility(ctx, e, person, wanted)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
		paths = slices.DeleteFunc(paths, func(p grant.Path) bool { return !slices.Contains(wanted.Roles, p.Binding.Role) })
	}
	if len(paths) == 0 {
		lines = append(lines, says(e.Language, "Nothing in the policy of %s %s gives %s access.", "%s %s のポリシーには %s にアクセス権を与えるものがありません。", at.Kind, at.Name, person))
		return strings.Join(lines, "\n"), nil
	}
	lines = append(lines, says(e.Language, "What gives %s access to %s %s:", "%s が %s %s にアクセスできる理由:", person, at.Kind, at.Name))
	for _, p := range paths {
		line, err := h.path(ctx, e, p)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), nil
}

// eligibility says what lets somebody ask for an entitlement.
func (h *handler) eligibility(ctx context.Context, e event.ExplainAccess, person string, wanted grant.Entitlement) (string, error) {
	holds, err := h.standing.In(ctx, e.Person, wanted.Eligible)
	if err != nil {
		return "", err
	}
	if len(holds) == 0 {
		return says(e.Language, "Nothing lets %s ask for %s.", "%s は %s を依頼できません。", person, wanted.Name), nil
	}
	names := make([]string, len(holds))
	for i, s := range holds {
		names[i] = string(s)
	}
	return says(e.Language, "%s may ask for %s, by %s.", "%s は %s を依頼できます (%s)。", person, wanted.Name, strings.Join(names, ", ")), nil
}

func (h *handler) path(ctx context.Context, e event.ExplainAccess, p grant.Path) (string, error) {
	parts := []string{p.Binding.Role, p.Member}
	if len(p.Via) > 0 {
		parts = append(parts, says(e.Language, "through %s", "%s を通じて", strings.Join(p.Via, " → ")))
	}
	switch {
	case p.Change != "":
		by, err := h.ledger.Get(ctx, p.Change)
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return "", err
		}
		until := clock(e, p.Until)
		if err != nil {
			parts = append(parts, says(e.Language, "until %s, by request %s", "%s まで (依頼 %s)", until, p.Change))
		} else {
			parts = append(parts, says(e.Language, "until %s, by %s (request %s)", "%s まで、%s による (依頼 %s)", until, by.Target.Name, p.Change))
		}
	case p.Binding.Condition != nil:
		parts = append(parts, says(e.Language, "if %s", "条件: %s", p.Binding.Condition.Expression))
	default:
		parts = append(parts, says(e.Language, "without an end", "無期限"))
	}
	if p.Answer == grant.Fails {
		parts = append(parts, says(e.Language, "(has ended)", "(終了済み)"))
	}
	return strings.Join(parts, " · "), nil
}
