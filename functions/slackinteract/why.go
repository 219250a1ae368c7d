package slackinteract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/press"
)

// commandWhy is answered in place: which path gives somebody access.
const commandWhy = "/why"

// ask queues a question.
func (d *decider) ask(ctx context.Context, request string, in slack.Interaction) error {
	return d.enqueue(ctx, event.Asked{
		Request: request, User: in.User, Team: in.Team, Channel: in.Channel, Command: in.Command, Text: in.Text, At: d.now(),
	}, "asked-"+request)
}

// why answers why somebody has access to something, or has the one answered who can read it.
func (d *decider) why(ctx context.Context, e event.Asked) error {
	a, err := d.identify(ctx, e.Team, e.User)
	if err == nil {
		var text string
		if text, err = d.explain(ctx, e, a); err == nil && text == "" {
			return nil // another function answers
		} else if err == nil {
			return d.answer(ctx, e, text)
		}
	}
	no, ok := asRefusal(err)
	if !ok {
		return err
	}
	return d.unanswered(ctx, e, a, err, no)
}

func (d *decider) answer(ctx context.Context, e event.Asked, text string) error {
	err := press.Record(ctx, d.store, press.Press{ID: e.Request, User: e.User, Channel: e.Channel, At: e.At, Outcome: press.Answered, Text: text})
	if err != nil {
		return err
	}
	return d.tell(ctx, e.Request)
}

// explain returns the answer; empty where the question was passed on.
func (d *decider) explain(ctx context.Context, e event.Asked, a desk.Asker) (string, error) {
	words := strings.Fields(e.Text)
	usage := a.Says(
		"Write /why EMAIL TARGET, where the target is a group, an entitlement or a project; or /why EMAIL OPERATION type:name for what the policy says.",
		"/why メールアドレス 対象 の形でご記入ください。対象はグループ、アクセス権、プロジェクトのいずれかです。ポリシーの判断は /why メールアドレス 操作 種類:名前 で確認できます。")
	if len(words) != 2 && len(words) != 3 {
		return usage, nil
	}
	person, known, err := d.standing.Person(ctx, group.Address(words[0]))
	switch {
	case err != nil:
		return "", err
	case !known:
		return fmt.Sprintf(a.Says("Nobody in the directory has the address %.100s.", "%.100s というアドレスの人は見つかりません。"), words[0]), nil
	}
	if person.ID != a.Person.ID {
		may, err := d.standing.MayReadAudit(ctx, a.Person.ID)
		if err != nil {
			return "", err
		}
		if !may {
			return "", &desk.Refused{Text: a.Says("You may ask about yourself only.", "ご自身についてのみ確認できます。")}
		}
	}
	if len(words) == 3 {
		kind, name, _ := strings.Cut(words[2], ":")
		return d.explainRule(ctx, e, a, person, policy.Request{
			Operations: []policy.Operation{policy.Operation(words[1])}, Resource: policy.Resource{Type: kind, Name: name},
		})
	}
	if h, ok, err := d.connectionCalled(ctx, words[1]); err != nil || ok {
		return d.explainConnection(ctx, a, person, h, err)
	}
	return d.explainTarget(ctx, e, a, person, words[1])
}

func (d *decider) explainTarget(ctx context.Context, e event.Asked, a desk.Asker, person policy.Person, target string) (string, error) {
	header, err := d.mirror.Find(ctx, strings.TrimPrefix(target, policy.GroupResource+":"))
	switch {
	case err == nil && !d.givesMembership(header.Group.Email):
		return d.inGroup(ctx, a, person, header.Group)
	case err == nil:
		target = string(grant.Group) + ":" + header.Group.Email
	case !errors.Is(err, mirror.ErrUnknown):
		return "", err
	}
	at, entitlement, err := d.placeOf(target)
	if err != nil {
		return fmt.Sprintf(a.Says("That is no group, entitlement or project that is known here: %.100s", "グループ、アクセス権、プロジェクトのいずれでもありません: %.100s"), target), nil
	}
	return "", queue.Order(ctx, d.queue, queue.Task{Queue: event.QueueIAM, Name: "explain-" + e.Request}, event.ExplainAccess{
		Request: e.Request, User: e.User, Channel: e.Channel, Language: a.Language, Zone: a.Zone, Person: person.ID, Kind: string(at.Kind), Name: at.Name,
		Entitlement: entitlement, At: e.At,
	})
}

// givesMembership reports whether people may have the membership of a group for a time.
func (d *decider) givesMembership(address string) bool {
	return slices.ContainsFunc(d.policy.Access, func(e grant.Entitlement) bool {
		return e.Scope == grant.Scope{Kind: grant.Group, Name: group.Address(address)}
	})
}

// placeOf finds the place that people mean: that of an entitlement, whose name it returns too, a
// place by kind:name, or a project by its id.
func (d *decider) placeOf(target string) (at grant.Scope, entitlement string, err error) {
	kind, name, ok := strings.Cut(target, ":")
	for _, e := range d.policy.Access {
		if e.Name == target || kind == policy.AccessResource && e.Name == name {
			return e.Scope, e.Name, nil
		}
	}
	if ok && slices.Contains(grant.Kinds, grant.Kind(kind)) {
		at, err = grant.ParseScope(grant.Kind(kind), name)
		return at, "", err
	}
	at, err = grant.ParseScope(grant.Project, target)
	return at, "", err
}

// inGroup says by which way somebody is in a group.
func (d *decider) inGroup(ctx context.Context, a desk.Asker, person policy.Person, in group.Group) (string, error) {
	address := in.Email
	for _, g := range person.Groups {
		if g.Group != address {
			continue
		}
		if len(g.Via) == 0 {
			return fmt.Sprintf(a.Says("%s is a member of %s itself.", "%s は %s の直接のメンバーです。"), person.Email, address), nil
		}
		way := strings.Join(append(slices.Clone(g.Via), address), " → ")
		return fmt.Sprintf(a.Says("%s is in %s through other groups: %s.", "%s は %s に、ほかのグループを通じて入っています: %s"), person.Email, address, way), nil
	}
	everybody, err := d.mirror.HasEverybody(ctx, in.ID)
	if err != nil {
		return "", err
	}
	if everybody {
		return fmt.Sprintf(a.Says("%s is in %s as everybody in the company is.", "%s は %s に、会社の全員として入っています。"), person.Email, address), nil
	}
	return fmt.Sprintf(a.Says("Nothing puts %s into %s.", "%s が %s に入る経路はありません。"), person.Email, address), nil
}
