package accessgrant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/press"
)

// explain answers which bindings, groups and conditions give a person access at a place now. It
// reads the place's own policy: what is inherited stands in the policies above.
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
	read, err := h.policies.Read(ctx, at)
	var text string
	switch {
	case errors.Is(err, iam.ErrNotFound), errors.Is(err, iam.ErrForbidden):
		text = says(e.Language, "The policy of %s %s cannot be read.", "%s %s のポリシーを読み取れません。", at.Kind, at.Name)
	case err != nil:
		return err
	default:
		who := grant.Identity{Email: person.Email, Aliases: person.Aliases, Groups: map[string][]string{}}
		for _, g := range person.Groups {
			who.Groups[g.Group] = append(slices.Clone(g.Via), g.Group)
		}
		text = inWords(e.Language, person.Email, at, grant.Why(at, read.Policy(), who, "", h.now()))
	}
	err = press.Record(ctx, h.store, press.Press{ID: e.Request, User: e.User, Channel: e.Channel, At: e.At, Outcome: press.Answered, Text: text})
	if err != nil {
		return err
	}
	body, err := event.Seal(event.Notify{Subject: event.SubjectPress + e.Request})
	if err != nil {
		return err
	}
	err = h.queue.Enqueue(ctx, queue.Task{Queue: event.QueueSlack, Name: "notify-press-" + e.Request, Body: body})
	if errors.Is(err, queue.ErrExists) {
		return nil
	}
	return err
}

func says(language, english, japanese string, args ...any) string {
	if language == "ja" {
		return fmt.Sprintf(japanese, args...)
	}
	return fmt.Sprintf(english, args...)
}

// inWords writes the ways by which somebody has access, one on a line.
func inWords(language, person string, at grant.Scope, paths []grant.Path) string {
	if len(paths) == 0 {
		return says(language, "Nothing in the policy of %s %s gives %s access.", "%s %s のポリシーには %s にアクセス権を与えるものがありません。", at.Kind, at.Name, person)
	}
	lines := []string{says(language, "What gives %s access to %s %s:", "%s が %s %s にアクセスできる理由:", person, at.Kind, at.Name)}
	for _, p := range paths {
		parts := []string{p.Binding.Role, p.Member}
		if len(p.Via) > 0 {
			parts = append(parts, says(language, "through %s", "%s を通じて", strings.Join(p.Via, " → ")))
		}
		switch {
		case p.Change != "":
			parts = append(parts, says(language, "until %s, by request %s", "%s まで (依頼 %s)", p.Until.UTC().Format("2006-01-02 15:04 UTC"), p.Change))
		case p.Binding.Condition != nil:
			parts = append(parts, says(language, "if %s", "条件: %s", p.Binding.Condition.Expression))
		default:
			parts = append(parts, says(language, "without an end", "無期限"))
		}
		if p.Answer == grant.Fails {
			parts = append(parts, says(language, "(has ended)", "(終了済み)"))
		}
		lines = append(lines, strings.Join(parts, " · "))
	}
	return strings.Join(lines, "\n")
}
