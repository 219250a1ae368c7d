package slackinteract

import (
	"context"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// This file answers what the policy's rules say, and who has to do with a connection.

// explainRule answers whether a person may do something with a thing, and by which rules. A slip of the
// pen is told, and not answered: no rule speaks of it. What is in the data catalogue is looked up by the
// function that may read it; then the answer is empty.
func (d *decider) explainRule(ctx context.Context, e event.Asked, a desk.Asker, person policy.Person, q policy.Request) (string, error) {
	o, about := q.Operations[0], q.Resource
	from := standing.Sources{Entitlements: d.policy.Access, Connections: d.shelf, Systems: policyfile.AccountSystems()}
	doubt, some, err := d.standing.Doubt(ctx, o, about.Type, about.Name, from)
	if err != nil || some {
		return doubt.In(a.Language), err
	}
	if standing.InCatalog(about.Type) {
		return "", queue.Order(ctx, d.queue, queue.Task{Queue: event.QueueCatalog, Name: "explain-" + e.Request}, event.ExplainRule{
			Request: e.Request, User: e.User, Channel: e.Channel, Language: a.Language, Person: person.ID,
			Operation: string(o), Kind: about.Type, Name: about.Name, At: e.At,
		})
	}
	about, err = d.standing.Describe(ctx, about.Type, about.Name, from)
	if err != nil {
		return "", err
	}
	x, err := d.standing.Why(ctx, person.ID, catalog.Account{}, o, about, d.policy.Asks)
	return x.In(a.Language), err
}

// connectionCalled returns the connection of a name, which may stand behind its type.
func (d *decider) connectionCalled(ctx context.Context, name string) (connection.Handover, bool, error) {
	all, err := d.shelf.Named(ctx, strings.TrimPrefix(name, policy.ConnectionResource+":"))
	if err != nil || len(all) == 0 {
		return connection.Handover{}, false, err
	}
	return all[0], true, nil
}

// explainConnection answers what a person has to do with a connection.
func (d *decider) explainConnection(ctx context.Context, a desk.Asker, person policy.Person, h connection.Handover, err error) (string, error) {
	if err != nil {
		return "", err
	}
	var lines []string
	say := func(english, japanese string) {
		lines = append(lines, fmt.Sprintf(a.Says(english, japanese), person.Email, h.Name))
	}
	if person.ID == h.Owner {
		say("%s owns the data of %s, and alone enters its credentials.", "%s は %s のデータの所有者で、認証情報を入力する唯一の人です。")
	}
	if person.ID == h.Requester {
		say("%s has asked for %s, and sees no credentials.", "%s は %s を依頼した人です。認証情報は見えません。")
	}
	if len(lines) == 0 {
		say("Nothing gives %s access to %s.", "%s が %s にアクセスできる経路はありません。")
	}
	return strings.Join(lines, "\n"), nil
}
