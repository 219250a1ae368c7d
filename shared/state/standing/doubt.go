package standing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/domain/spelling"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file says what in a question cannot be meant as it is written. An engine answers any question: of
// an operation that nobody has heard of, it says that no rule allows it, and of a thing that is not there,
// what holds for all of its type. Who asked with a slip of the pen would take that for a fact.

// Doubt returns what keeps a question from being answered: an operation or a type of resource that is a
// slip of the pen, a thing that is not there, or no name where things of the type have names. The boolean
// is false where there is no doubt.
//
// The names of connections are not doubted: who asks for one, and who decides about that, do it before the
// connection is there. Neither are the addresses of accounts, which outlive people in the directory, and
// what is in the data catalogue, of which that itself says what it knows.
func (r *Resolver) Doubt(ctx context.Context, o policy.Operation, kind, name string, from Sources) (policy.Phrase, bool, error) {
	if slip, some := Slip(o, kind, name); some {
		return slip, true, nil
	}
	switch kind {
	case policy.GroupResource:
		_, err := r.mirror.Find(ctx, name)
		if errors.Is(err, mirror.ErrUnknown) {
			return suggesting("", "No group is known here as %.100s", "%.100s というグループは見つかりません", name), true, nil
		}
		return policy.Phrase{}, false, err
	case policy.AccessResource:
		names := make([]string, 0, len(from.Entitlements))
		for _, e := range from.Entitlements {
			names = append(names, e.Name)
		}
		if !slices.Contains(names, name) {
			return suggesting(spelling.Near(name, names), "The policy has no entitlement %.100s", "%.100s というアクセス権はポリシーにありません", name), true, nil
		}
	case policy.AccountResource:
		return from.doubtAccount(name)
	}
	return policy.Phrase{}, false, nil
}

// Slip returns the doubts for which nothing has to be looked up: see [Resolver.Doubt].
func Slip(o policy.Operation, kind, name string) (policy.Phrase, bool) {
	if near, ok := o.Meant(); !ok {
		return suggesting(near, "The operation %.100s is not known", "操作 %.100s は存在しません", string(o)), true
	}
	if near, ok := policy.MeantResource(kind); !ok {
		return suggesting(near, "The type of resource %.100s is not known", "対象の種類 %.100s は存在しません", kind), true
	}
	if example, named := named[kind]; named && name == "" {
		return policy.Phrase{
			English:  fmt.Sprintf("Which %s? Write its name too, as in %s:%s.", kind, kind, example),
			Japanese: fmt.Sprintf("対象の名前もご記入ください。例: %s:%s", kind, example),
		}, true
	}
	return policy.Phrase{}, false
}

// named are the types of Sekisho's things that have names, each with a name as it is written.
var named = map[string]string{
	policy.GroupResource: "data@example.com", policy.AccessResource: "etl", policy.AccountResource: "looker/aiko@example.com",
	policy.ConnectionResource: "sales_db",
}

// doubtAccount returns what is wrong with how an account is written.
func (s Sources) doubtAccount(name string) (policy.Phrase, bool, error) {
	system, email, ok := strings.Cut(name, "/")
	switch {
	case !ok || system == "" || email == "":
		return policy.Phrase{
			English:  fmt.Sprintf("%.100s is no account: write account:%s.", name, named[policy.AccountResource]),
			Japanese: fmt.Sprintf("%.100s はアカウントではありません。account:%s の形でご記入ください。", name, named[policy.AccountResource]),
		}, true, nil
	case len(s.Systems) > 0 && !slices.Contains(s.Systems, system):
		near := spelling.Near(system, s.Systems)
		return suggesting(near, "No system with accounts is known here as %.100s", "%.100s というアカウントのシステムはありません", system), true, nil
	}
	return policy.Phrase{}, false, nil
}

// suggesting says a doubt about a name, and what may have been meant, where something is near.
func suggesting(near, english, japanese, name string) policy.Phrase {
	out := policy.Phrase{English: fmt.Sprintf(english, name), Japanese: fmt.Sprintf(japanese, name)}
	if near == "" {
		return policy.Phrase{English: out.English + ".", Japanese: out.Japanese + "。"}
	}
	return policy.Phrase{English: out.English + ": did you mean " + near + "?", Japanese: out.Japanese + "。" + near + " ではありませんか。"}
}
