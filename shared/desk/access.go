package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/span"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/place"
)

// Access is the desk at which people ask for access for a time.
type Access struct {
	Counter
	// Entitlements are what can be asked for.
	Entitlements []grant.Entitlement
	Now          func() time.Time
	// Store holds the policies of places as they were read last; without one no limits are known
	// before access is given.
	Store store.Reader
}

// Fields of the form.
const (
	fieldEntitlement = "entitlement"
	fieldRoles       = "roles"
	fieldDuration    = "duration"
)

// AccessDetail is what a change of kind [change.AccessGrant] keeps of the request: what the one
// who grants needs, and reads again against the policy then.
type AccessDetail struct {
	Entitlement string        `json:"entitlement"`
	Roles       []string      `json:"roles,omitempty"`
	For         time.Duration `json:"for"`
	// Extends is the change that the request is to extend; empty for a new one.
	Extends string `json:"extends,omitempty"`
}

// Word implements [Desk].
func (d *Access) Word() string { return fieldEntitlement }

// Form implements [Desk].
func (d *Access) Form(ctx context.Context, a Asker, v Values) (Form, error) {
	offers, err := d.offers(ctx, a)
	if err != nil {
		return Form{}, err
	}
	wanted := v.One(fieldEntitlement)
	if err := d.may(ctx, a, change.AccessGrant, d.called(wanted)); err != nil {
		return Form{}, err
	}
	at := slices.IndexFunc(offers, func(o grant.Offer) bool { return o.Entitlement.Name == wanted })
	switch {
	case wanted != "" && at < 0:
		return Form{}, d.notNow(ctx, a, wanted)
	case len(offers) == 0:
		return Form{}, &Refused{a.Says("There is no access that you could ask for.", "依頼できるアクセス権はありません。")}
	}
	return d.form(a, offers, at), nil
}

// Offers implements [Desk].
func (d *Access) Offers(ctx context.Context, a Asker) ([]Offer, error) {
	offers, err := d.offers(ctx, a)
	if err != nil {
		return nil, err
	}
	var out []Offer
	for _, o := range offers {
		e := o.Entitlement
		if err := d.may(ctx, a, change.AccessGrant, e.Name); err != nil {
			if err := unlessRefused(err); err != nil {
				return nil, err
			}
			continue
		}
		one := Offer{Name: e.Name, Place: e.Scope, Roles: e.Roles, Most: o.Most, Approval: e.Approval, Form: d.form(a, []grant.Offer{o}, 0)}
		if e.Reason != nil {
			one.Reason = e.Reason.String()
		}
		out = append(out, one)
	}
	return out, nil
}

// offers returns what the asker is eligible for and does not have for as long as can be.
func (d *Access) offers(ctx context.Context, a Asker) ([]grant.Offer, error) {
	now := d.Now()
	holds, err := d.Standing.In(ctx, a.Person.ID, d.eligible())
	if err != nil {
		return nil, err
	}
	grants, err := d.grants(ctx, a.Person.ID, now)
	if err != nil {
		return nil, err
	}
	return grant.Offers(d.Entitlements, holds, grants, now), nil
}

// form makes the form, about one of the offers where that is chosen already, or -1.
func (d *Access) form(a Asker, offers []grant.Offer, at int) Form {
	f := Form{
		Title: a.Says("Ask for access", "アクセス権の依頼"), Submit: a.Says("Ask", "依頼する"),
		Fields: []Field{{Name: fieldEntitlement, Label: a.Says("What", "アクセス権"), Kind: Choice, Live: true}},
	}
	for _, o := range offers {
		f.Fields[0].Options = append(f.Fields[0].Options, Option{
			Label: fmt.Sprintf("%s (%s)", o.Entitlement.Name, o.Entitlement.Scope.Name), Value: o.Entitlement.Name,
		})
	}
	duration := Field{Name: fieldDuration, Label: a.Says("How long", "期間"), Kind: Text, Hint: a.Says("Such as 2h or 30m.", "例: 2h、30m")}
	reason := Field{Name: fieldReason, Label: a.Says("Why", "理由"), Kind: Long}
	if at < 0 && len(offers) == 1 {
		at = 0
	}
	if at >= 0 {
		o := offers[at]
		f.Fields[0].Value = []string{o.Entitlement.Name}
		f.Lines = append(f.Lines, d.terms(a, o.Entitlement))
		duration.Hint = fmt.Sprintf(a.Says("Up to %s, such as 2h or 30m.", "最長 %s。例: 2h、30m"), span.Spell(o.Most))
		if r := o.Entitlement.Reason; r != nil {
			reason.Hint = fmt.Sprintf(a.Says("It has to match %s", "次の形式に一致する必要があります: %s"), r)
		}
		if len(o.Entitlement.Roles) > 1 {
			roles := Field{Name: fieldRoles, Label: a.Says("Roles", "ロール"), Kind: Many, Value: o.Entitlement.Roles}
			for _, role := range o.Entitlement.Roles {
				roles.Options = append(roles.Options, Option{Label: role, Value: role})
			}
			f.Fields = append(f.Fields, roles)
		}
	}
	f.Fields = append(f.Fields, duration, reason)
	return f
}

// terms says how a request for an entitlement is decided.
func (d *Access) terms(a Asker, e grant.Entitlement) string {
	switch e.Approval {
	case grant.BySelf:
		return a.Says("You have it at once. It ends by itself.", "すぐに利用でき、期限が来ると自動的に終了します。")
	case grant.BreakGlass:
		return a.Says("For emergencies: you have it at once, everybody is told, and it is reviewed afterwards.",
			"緊急用です。すぐに利用できますが、全員に通知され、事後に確認が行われます。")
	}
	return a.Says("Somebody else has to approve it. It ends by itself.", "ほかの方の承認が必要です。期限が来ると自動的に終了します。")
}

// notOffered is one answer for what does not exist and what is not for the asker.
func (d *Access) notOffered(a Asker, entitlement string) error {
	return &Refused{fmt.Sprintf(a.Says("You cannot ask for %.100s now.", "%.100s は現在依頼できません。"), entitlement)}
}

// notNow is [Access.notOffered] for who does not have an entitlement, and says to who has it that there is no more of it.
func (d *Access) notNow(ctx context.Context, a Asker, entitlement string) error {
	now := d.Now()
	grants, err := d.grants(ctx, a.Person.ID, now)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if g.Entitlement == entitlement && g.Live(now) {
			return &Refused{fmt.Sprintf(
				a.Says("You have %.100s already, for as long as it can be had without a break. Please ask anew when it has ended.",
					"%.100s はすでに付与されており、続けて利用できる最長期間に達しています。終了後に改めて依頼してください。"), entitlement)}
		}
	}
	return d.notOffered(a, entitlement)
}

// called returns the name of an entitlement as it is; empty where there is none of that name.
func (d *Access) called(name string) string {
	if slices.ContainsFunc(d.Entitlements, func(e grant.Entitlement) bool { return e.Name == name }) {
		return name
	}
	return ""
}

func (d *Access) eligible() []change.Selector {
	var out []change.Selector
	for _, e := range d.Entitlements {
		for _, s := range e.Eligible {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// grants returns the access that a person has now.
func (d *Access) grants(ctx context.Context, person string, now time.Time) ([]grant.Grant, error) {
	live, err := d.Ledger.Held(ctx, change.AccessGrant, person, now)
	if err != nil {
		return nil, err
	}
	return GrantsOf(live)
}

// GrantsOf returns the grants that applied changes of kind [change.AccessGrant] gave, in their order.
func GrantsOf(changes []change.Change) ([]grant.Grant, error) {
	var out []grant.Grant
	for _, c := range changes {
		g, err := GrantOf(c)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// GrantOf returns the grant that an applied change of kind [change.AccessGrant] gave.
func GrantOf(c change.Change) (grant.Grant, error) {
	var g grant.Grant
	if err := json.Unmarshal(c.Result, &g); err != nil {
		return grant.Grant{}, fmt.Errorf("decode what change %s gave: %w", c.ID, err)
	}
	return g, nil
}

// Check implements [Desk].
func (d *Access) Check(ctx context.Context, a Asker, v Values) error {
	_, err := d.proposal(ctx, a, v)
	return err
}

// Submit implements [Desk].
func (d *Access) Submit(ctx context.Context, name string, a Asker, v Values) error {
	p, err := d.proposal(ctx, a, v)
	if err != nil {
		return err
	}
	return d.propose(ctx, name, p)
}

func (d *Access) proposal(ctx context.Context, a Asker, v Values) (change.Proposal, error) {
	wrong := complaints{}
	wrong.unknown(a, v, fieldEntitlement, fieldRoles, fieldDuration, fieldReason)
	r := grant.Request{Roles: v[fieldRoles], Reason: v.One(fieldReason)}
	var err error
	if r.For, err = lasting(v.One(fieldDuration)); err != nil {
		wrong.about(fieldDuration, a.Says("Please write a time such as 2h or 30m.", "2h や 30m のようにご記入ください。"))
	}
	i := slices.IndexFunc(d.Entitlements, func(e grant.Entitlement) bool { return e.Name == v.One(fieldEntitlement) })
	if i < 0 {
		return change.Proposal{}, d.notOffered(a, v.One(fieldEntitlement))
	}
	r.Entitlement = d.Entitlements[i]
	return d.decide(ctx, a, r, "", wrong)
}

// decide checks a request and makes the proposal of it. Extends is the change that it extends.
func (d *Access) decide(ctx context.Context, a Asker, r grant.Request, extends string, wrong complaints) (change.Proposal, error) {
	e := r.Entitlement
	now := d.Now()
	if err := d.may(ctx, a, change.AccessGrant, e.Name); err != nil {
		return change.Proposal{}, err
	}
	holds, err := d.Standing.In(ctx, a.Person.ID, e.Eligible)
	if err != nil {
		return change.Proposal{}, err
	}
	grants, err := d.grants(ctx, a.Person.ID, now)
	if err != nil {
		return change.Proposal{}, err
	}
	problems := r.Check(holds)
	if len(problems) == 0 {
		g, p := grant.Plan(r, "request", grant.Member(a.Person.Email), grants, now)
		if p != nil {
			problems = append(problems, p)
		} else if err := d.room(ctx, a, g, e, now, wrong); err != nil {
			return change.Proposal{}, err
		}
	}
	for _, p := range problems {
		if p.Code == grant.NotEligible {
			return change.Proposal{}, d.notOffered(a, e.Name)
		}
		wrong.about(string(p.Field), d.inWords(a, p, e))
	}
	detail, err := json.Marshal(AccessDetail{Entitlement: e.Name, Roles: r.Roles, For: r.For, Extends: extends})
	if err != nil {
		return change.Proposal{}, fmt.Errorf("encode a request for %s: %w", e.Name, err)
	}
	p := change.Proposal{
		Kind: change.AccessGrant, Target: change.Target{ID: e.Name, Name: e.Name}, Detail: detail, Reason: strings.TrimSpace(r.Reason),
		Diff: []change.Delta{
			{Field: "person", After: a.Person.Email},
			{Field: "scope", After: string(e.Scope.Kind) + " " + e.Scope.Name},
			{Field: "duration", After: span.Spell(r.For)},
		},
		Requester: a.Actor(), Concerned: []string{a.Person.ID}, Owners: e.Owners(), Policy: d.Policy,
		Requirement: change.Requirement{Mode: change.Auto},
	}
	roles := r.Roles
	if len(roles) == 0 {
		roles = e.Roles
	}
	for _, role := range roles {
		p.Diff = append(p.Diff, change.Delta{Field: "role " + role, After: role})
	}
	if extends != "" {
		p.Diff = append(p.Diff, change.Delta{Field: "extends", After: extends})
	}
	if e.Approval.Mode() == change.Ask {
		p.Requirement = d.Asks(change.AccessGrant, e.Name)
	}
	return p, wrong.err()
}

// room complains where the place has no room for a grant, as far as its policy was read lately: what
// IAM would refuse is not put before people.
func (d *Access) room(ctx context.Context, a Asker, g grant.Grant, e grant.Entitlement, now time.Time, wrong complaints) error {
	if d.Store == nil || e.Scope.Kind == grant.Group {
		return nil
	}
	known, ok, err := place.Get(ctx, d.Store, e.Scope)
	if err != nil || !ok {
		return err
	}
	headroom := 0.0
	if e.Approval.Mode() == change.Ask {
		headroom = grant.Headroom
	}
	short, err := grant.Room(e.Scope, known.Policy, grant.Edit{Give: []grant.Grant{g}, Now: now}, headroom)
	if err != nil {
		return fmt.Errorf("look for room at %s: %w", e.Scope.Name, err)
	}
	for _, s := range short {
		wrong.about(fieldEntitlement, shortInWords(a, s, e))
	}
	return nil
}

// shortInWords says to an asker which limit of the place is in the way, and what helps.
func shortInWords(a Asker, s *grant.Shortage, e grant.Entitlement) string {
	if a.Language != "ja" {
		return s.Advice
	}
	const most = "%s のポリシーの%sが %d になります (上限 %d)。"
	at := e.Scope.String()
	switch s.Limit {
	case "principals":
		return fmt.Sprintf(most, at, "プリンシパル数", s.Have, s.Most) + "個人の代わりにグループを指定するか、グループのメンバーシップとして付与してください。"
	case "groups":
		return fmt.Sprintf(most, at, "グループとドメインの数", s.Have, s.Most) + "グループをまとめるか、小さなグループの代わりに個人を指定してください。"
	case "size":
		return fmt.Sprintf(most, at, "バイト数", s.Have, s.Most) + "不要なバインディングを削除するか、グループのメンバーシップとして付与してください。"
	case "same-role":
		return fmt.Sprintf("%s で同じロールのバインディングが %d 件になります (上限 %d 件)。不要になったアクセス権を返却してください。", at, s.Have, s.Most)
	}
	return "このアクセス権の設定に誤りがあるため、付与できません。管理者にご連絡ください。"
}

// inWords says what is wrong with a request to its asker.
func (d *Access) inWords(a Asker, p *grant.Problem, e grant.Entitlement) string {
	if a.Language != "ja" {
		return p.Text
	}
	switch p.Code {
	case grant.NoDuration:
		return "期間をご記入ください。"
	case grant.TooLong:
		return fmt.Sprintf("最長 %s までです。", span.Spell(p.Most))
	case grant.NoReason:
		return "理由をご記入ください。"
	case grant.ReasonForm:
		return fmt.Sprintf("理由が次の形式に一致しません: %s", e.Reason)
	case grant.LongEnough:
		return "すでにそれ以上の期間のアクセス権をお持ちです。"
	case grant.NothingLeft:
		return "利用できる最長期間を使い切りました。終了後に改めて依頼してください。"
	case grant.UnknownRole:
		return "このアクセス権にないロールです。"
	}
	return p.Text
}

// Press implements the button that extends access: a request for as long again as before, or for
// as much of that as there is, which is decided afresh.
func (d *Access) Press(ctx context.Context, name string, a Asker, c change.Change) error {
	now := d.Now()
	if c.Kind != change.AccessGrant || c.Requester.ID != a.Person.ID {
		return &Refused{a.Says("Only who has the access can extend it.", "延長できるのは利用者本人だけです。")}
	}
	over := &Refused{a.Says("It has ended. Please ask for it anew.", "すでに終了しています。改めて依頼してください。")}
	var asked AccessDetail
	if err := json.Unmarshal(c.Detail, &asked); err != nil {
		return fmt.Errorf("decode request %s: %w", c.ID, err)
	}
	i := slices.IndexFunc(d.Entitlements, func(e grant.Entitlement) bool { return e.Name == asked.Entitlement })
	if c.State != change.Applied || i < 0 {
		return over
	}
	grants, err := d.grants(ctx, a.Person.ID, now)
	if err != nil {
		return err
	}
	// What is extended is what the person has now, which may have been extended before.
	var latest *grant.Grant
	for _, g := range grants {
		if g.Entitlement == asked.Entitlement && (latest == nil || g.Until.After(latest.Until)) {
			latest = &g
		}
	}
	if latest == nil {
		return over
	}
	e := d.Entitlements[i]
	longer, err := latest.Extension(asked.For, e.Max, now)
	switch {
	case errors.Is(err, grant.ErrEnded):
		return over
	case errors.Is(err, grant.ErrNothingLeft):
		return &Refused{fmt.Sprintf(a.Says("It cannot be had for longer than %s without a break.", "続けて利用できるのは最長 %s です。"), span.Spell(e.Max))}
	case err != nil:
		return err
	}
	p, err := d.decide(ctx, a, grant.Request{Entitlement: e, Roles: latest.Roles, For: longer, Reason: c.Reason}, latest.ID, complaints{})
	var wrong *Invalid
	if errors.As(err, &wrong) {
		return &Refused{wrong.Text()}
	}
	if err != nil {
		return err
	}
	return d.propose(ctx, name, p)
}

// GiveBack proposes that access ends now, which waits for nobody: whoever has it may be done with it.
// The name is that of the request. The error is a [Refused] where there is nothing to give back.
func (d *Access) GiveBack(ctx context.Context, name string, a Asker, c change.Change) error {
	if c.Kind != change.AccessGrant || !a.Actor().Same(c.Requester) {
		return &Refused{a.Says("Only who has the access can give it back.", "返却できるのは利用者本人だけです。")}
	}
	p, ok := c.Reverse(a.Actor(), "", d.Now())
	if !ok {
		return &Refused{a.Says("There is nothing to give back: it has ended, or is not there yet.", "返却するものがありません。すでに終了しているか、まだ付与されていません。")}
	}
	p.Requirement, p.Policy = change.Requirement{Mode: change.Auto}, d.Policy
	return d.propose(ctx, name, p)
}

// lasting reads a length of time as people type it, with spaces and capitals.
func lasting(text string) (time.Duration, error) {
	return span.Parse(strings.ToLower(strings.Join(strings.Fields(text), "")))
}
