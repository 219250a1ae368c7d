package slackinteract

import (
	"context"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// This file answers what the policy's rules say, and who has to do with a connection.

// explainRule answers whether a person may do something with a thing, and by which rules.
func (d *decider) explainRule(ctx context.Context, person policy.Person, o policy.Operation, about policy.Resource) (string, error) {
	var err error
	if about.Type == policy.ConnectionResource {
		var h connection.Handover
		var ok bool
		if h, ok, err = d.connectionCalled(ctx, about.Name); ok {
			about.Owners = []policy.Reference{{Type: policy.TypeUser, Name: h.Owner}}
		}
	} else {
		about.Owners, err = d.standing.OwnersOf(ctx, about, d.policy.Access)
	}
	if err != nil {
		return "", err
	}
	x, err := d.standing.May(ctx, person.ID, o, about)
	return x.String(), err
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
