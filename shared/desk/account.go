package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

// Account is the desk at which people ask for an account in some system, for the first time or to
// have it back.
type Account struct {
	Counter
	// Rules say who can ask for what, by the name of the system: "looker".
	Rules map[string]idle.RequestRule
}

// Fields of the form.
const (
	fieldSystem = "system"
	fieldRole   = "role"
	fieldReason = "reason"
)

// Word implements [Desk].
func (d *Account) Word() string { return fieldSystem }

// Form implements [Desk].
func (d *Account) Form(ctx context.Context, a Asker, v Values) (Form, error) {
	roles := map[string][]string{}
	for name, rule := range d.Rules {
		_, offers, err := d.offered(ctx, a, rule)
		if err != nil {
			return Form{}, err
		}
		if len(offers) > 0 {
			roles[name] = offers
		}
	}
	systems := slices.Sorted(maps.Keys(roles))
	system := d.system(v)
	switch {
	case system != "":
	case len(systems) == 0:
		return Form{}, &Refused{a.Says("No system's accounts can be asked for here.", "ここで依頼できるアカウントはありません。")}
	default:
		system = systems[0]
	}
	if len(roles[system]) == 0 {
		return Form{}, d.unknown(a, system)
	}
	if err := d.may(ctx, a, change.AccountCreate, system+"/"+a.Person.Email); err != nil {
		return Form{}, err
	}
	return d.form(a, systems, system, roles[system]), nil
}

// Offers implements [Desk].
func (d *Account) Offers(ctx context.Context, a Asker) ([]Offer, error) {
	var out []Offer
	for _, system := range slices.Sorted(maps.Keys(d.Rules)) {
		if err := d.may(ctx, a, change.AccountCreate, system+"/"+a.Person.Email); err != nil {
			if err := unlessRefused(err); err != nil {
				return nil, err
			}
			continue
		}
		mode, roles, err := d.offered(ctx, a, d.Rules[system])
		if err != nil {
			return nil, err
		}
		if len(roles) == 0 {
			continue
		}
		out = append(out, Offer{Name: system, Roles: roles, Approval: approvalBy(mode), Form: d.form(a, []string{system}, system, roles)})
	}
	return out, nil
}

// form makes the form for one of some systems.
func (d *Account) form(a Asker, systems []string, system string, roles []string) Form {
	f := Form{
		Title: a.Says("Ask for an account", "アカウントの依頼"), Submit: a.Says("Ask", "依頼する"),
		Fields: []Field{
			{Name: fieldSystem, Label: a.Says("System", "システム"), Kind: Choice, Value: []string{system}, Live: true},
			{Name: fieldRole, Label: a.Says("Role", "ロール"), Kind: Choice},
			{Name: fieldReason, Label: a.Says("What for", "利用目的"), Kind: Long},
		},
	}
	for _, s := range systems {
		f.Fields[0].Options = append(f.Fields[0].Options, Option{Label: s, Value: s})
	}
	for i, role := range roles {
		f.Fields[1].Options = append(f.Fields[1].Options, Option{Label: role, Value: role})
		if i == 0 {
			f.Fields[1].Value = []string{role}
		}
	}
	return f
}

func (d *Account) unknown(a Asker, system string) error {
	return &Refused{fmt.Sprintf(a.Says("Accounts of %.100s cannot be asked for here.", "%.100s のアカウントはここでは依頼できません。"), system)}
}

// system returns the system that is named, as the policy writes it; people write it with a capital, as
// messages do.
func (d *Account) system(v Values) string {
	named := v.One(fieldSystem)
	for name := range d.Rules {
		if strings.EqualFold(name, named) {
			return name
		}
	}
	return named
}

// offered returns what the asker can ask for now, and how that is decided: no roles where nobody is
// let ask.
func (d *Account) offered(ctx context.Context, a Asker, rule idle.RequestRule) (change.Mode, []string, error) {
	holds, err := d.holds(ctx, a, rule)
	if err != nil {
		return "", nil, err
	}
	mode := rule.ModeFor(holds)
	if mode == change.Report {
		return mode, nil, nil
	}
	return mode, rule.Offers(holds), nil
}

// holds returns which of the sets of people that a rule names the asker is in.
func (d *Account) holds(ctx context.Context, a Asker, rule idle.RequestRule) ([]change.Selector, error) {
	return d.Standing.In(ctx, a.Person.ID, rule.Sets())
}

// Check implements [Desk].
func (d *Account) Check(ctx context.Context, a Asker, v Values) error {
	_, err := d.proposal(ctx, a, v)
	return err
}

// Submit implements [Desk].
func (d *Account) Submit(ctx context.Context, name string, a Asker, v Values) error {
	p, err := d.proposal(ctx, a, v)
	if err != nil {
		return err
	}
	return d.propose(ctx, name, p)
}

func (d *Account) proposal(ctx context.Context, a Asker, v Values) (change.Proposal, error) {
	system, role, reason := d.system(v), v.One(fieldRole), v.One(fieldReason)
	rule, ok := d.Rules[system]
	if !ok {
		return change.Proposal{}, d.unknown(a, system)
	}
	if err := d.may(ctx, a, change.AccountCreate, system+"/"+a.Person.Email); err != nil {
		return change.Proposal{}, err
	}
	mode, offers, err := d.offered(ctx, a, rule)
	if err != nil {
		return change.Proposal{}, err
	}
	if len(offers) == 0 {
		return change.Proposal{}, d.unknown(a, system)
	}
	wrong := complaints{}
	wrong.unknown(a, v, fieldSystem, fieldRole, fieldReason)
	if role == "" {
		role = rule.Default
	}
	if !slices.Contains(offers, role) {
		wrong.about(fieldRole, fmt.Sprintf(a.Says("You can ask for: %s.", "依頼できるロール: %s"), strings.Join(offers, ", ")))
	}
	if reason == "" {
		wrong.about(fieldReason, a.Says("Please say what it is for.", "利用目的をご記入ください。"))
	}
	requirement, err := d.requirement(a, change.AccountCreate, system, mode)
	if err != nil {
		return change.Proposal{}, err
	}
	return change.Proposal{
		Kind:   change.AccountCreate,
		Target: change.Target{ID: system + ":" + a.Person.Email, Name: a.Person.Email},
		Diff: []change.Delta{
			// Whether there is an account, and a stopped one, is seen when it is made.
			{Field: "enabled", After: "true"}, {Field: "role", After: role}, {Field: "system", After: system},
		},
		Reason: reason, Requester: a.Actor(), Concerned: []string{a.Person.ID}, Owners: idle.Owners(system, a.Person.ID),
		Requirement: requirement, Policy: d.Policy,
	}, wrong.err()
}

// requirement says how a request of a kind is decided in a mode.
func (d *Account) requirement(a Asker, kind change.Kind, system string, mode change.Mode) (change.Requirement, error) {
	switch mode {
	case change.Auto:
		return change.Requirement{Mode: change.Auto}, nil
	case change.Ask:
		return d.Asks(kind, ""), nil
	}
	return change.Requirement{}, d.unknown(a, system)
}

// Undoing says how the giving back of an account that was stopped is decided. Its owner may ask
// for it where policy lets people ask for accounts of the system; who decides about it may
// anyhow.
func (d *Account) Undoing(ctx context.Context, a Asker, c change.Change) (change.Requirement, error) {
	system, _, _ := strings.Cut(c.Target.ID, ":")
	rule, ok := d.Rules[system]
	if !ok {
		return d.Asks(change.AccountEnable, ""), nil
	}
	holds, err := d.holds(ctx, a, rule)
	if err != nil {
		return change.Requirement{}, err
	}
	mode := rule.ModeFor(holds)
	if mode == change.Auto && !slices.Contains(c.Concerned, a.Person.ID) {
		mode = change.Ask // what one may have oneself one may not give to others
	}
	if mode == change.Report {
		mode = change.Ask
	}
	return d.requirement(a, change.AccountEnable, system, mode)
}
