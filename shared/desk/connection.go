package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/handover"
)

// Connection is the desk at which people ask for a connection to a data source. The credentials
// are not asked for: their owner, who is named here, enters them on the vendor's own page.
type Connection struct {
	Counter
	// Rules say which services can be connected, and what has to be known of each.
	Rules connection.Policy
	// Shelf has what the vendor offers, as it was read last, and the connections that there are.
	Shelf *handover.Shelf
	// Queue takes the orders for new links.
	Queue queue.Queue
}

// Fields of the form besides the service's settings, which stand under their own names.
const (
	fieldService = connection.FieldService
	fieldName    = connection.FieldName
	fieldGroup   = connection.FieldGroup
	fieldOwner   = connection.FieldOwner
)

// connectionFields are the fields that every request for a connection has.
var connectionFields = []string{fieldService, fieldName, fieldGroup, fieldOwner, fieldReason}

// mostOptions is how many options a choice can have, the limit of Slack's menus.
const mostOptions = 100

// settingField is the field of a service's setting: the setting's own name, unless every request
// has a field that is called so.
func settingField(setting string) string {
	if slices.Contains(connectionFields, setting) {
		return connection.FieldSettings + setting
	}
	return setting
}

// Word implements [Desk].
func (d *Connection) Word() string { return fieldService }

// Form implements [Desk]. It asks for what the policy requires of the service, and offers the
// choices that the vendor lists.
func (d *Connection) Form(ctx context.Context, a Asker, v Values) (Form, error) {
	if err := d.may(ctx, a); err != nil {
		return Form{}, err
	}
	names := slices.Sorted(maps.Keys(d.Rules.Services))
	if len(names) == 0 {
		return Form{}, &Refused{a.Says("No service can be connected here.", "ここで接続できるサービスはありません。")}
	}
	service := v.One(fieldService)
	if _, ok := d.Rules.Services[service]; !ok && service != "" {
		return Form{}, &Refused{fmt.Sprintf(a.Says("%.100s cannot be connected here. These can: %s.", "%.100s はここでは接続できません。接続できるサービス: %s"), service, strings.Join(names, ", "))}
	}
	if service == "" && len(names) == 1 {
		service = names[0]
	}
	group, err := d.groupField(ctx, a, v)
	if err != nil {
		return Form{}, err
	}
	f := Form{
		Title: a.Says("Ask for a connection", "データ接続の依頼"), Submit: a.Says("Ask", "依頼する"),
		Lines: []string{a.Says(
			"Please enter no password, key or token here. The owner of the data enters the credentials on the vendor's own page.",
			"パスワード、キー、トークンはここに入力しないでください。認証情報はデータの所有者が提供元のページで入力します。")},
		Fields: []Field{
			{Name: fieldService, Label: a.Says("Service", "サービス"), Kind: Choice, Live: true},
			{
				Name: fieldName, Label: a.Says("Name", "名前"), Kind: Text, Value: v[fieldName],
				Hint: a.Says("How the connection and its schema are called, such as sales_db.", "接続とスキーマの名前。例: sales_db"),
			},
			group,
			{
				Name: fieldOwner, Label: a.Says("Owner of the data", "データの所有者"), Kind: People, Value: v[fieldOwner],
				Hint: a.Says("Who has the credentials and enters them.", "認証情報を持ち、入力する人です。"),
			},
		},
	}
	for _, name := range names {
		f.Fields[0].Options = append(f.Fields[0].Options, Option{Label: name, Value: name})
	}
	if service != "" {
		f.Fields[0].Value = []string{service}
		settings, err := d.settingFields(ctx, service, v)
		if err != nil {
			return Form{}, err
		}
		f.Fields = append(f.Fields, settings...)
	}
	f.Fields = append(f.Fields, Field{Name: fieldReason, Label: a.Says("What for", "利用目的"), Kind: Long, Value: v[fieldReason]})
	return f, nil
}

// Offers implements [Desk].
func (d *Connection) Offers(ctx context.Context, a Asker) ([]Offer, error) {
	var out []Offer
	for _, service := range slices.Sorted(maps.Keys(d.Rules.Services)) {
		f, err := d.Form(ctx, a, Values{fieldService: {service}})
		if err != nil {
			if err := unlessRefused(err); err != nil {
				return nil, err
			}
			continue
		}
		f.Fields[0].Options = []Option{{Label: service, Value: service}}
		out = append(out, Offer{Name: service, Approval: approvalBy(d.Asks(change.ConnectionCreate, "").Mode), Form: f})
	}
	return out, nil
}

// groupField asks for the destination: by a menu, or where there are too many, by its name.
func (d *Connection) groupField(ctx context.Context, a Asker, v Values) (Field, error) {
	all, err := d.Shelf.Destinations(ctx)
	if err != nil {
		return Field{}, err
	}
	if len(all.List) == 0 {
		return Field{}, &Refused{a.Says("The destinations are not known yet. Please try again in an hour.", "接続先の一覧をまだ取得できていません。1 時間ほど後にもう一度お試しください。")}
	}
	f := Field{Name: fieldGroup, Label: a.Says("Destination", "接続先"), Kind: Choice, Value: v[fieldGroup]}
	if len(all.List) > mostOptions {
		f.Kind, f.Hint = Text, a.Says("Its name at Fivetran.", "Fivetran での名前")
		return f, nil
	}
	for _, g := range all.List {
		f.Options = append(f.Options, Option{Label: g.Name, Value: g.ID})
	}
	return f, nil
}

func (d *Connection) settingFields(ctx context.Context, service string, v Values) ([]Field, error) {
	known, err := d.known(ctx, service)
	if err != nil {
		return nil, err
	}
	var out []Field
	for _, setting := range d.Rules.Services[service].Required {
		f := Field{Name: settingField(setting), Label: setting, Kind: Text, Value: v[settingField(setting)]}
		if i := slices.IndexFunc(known.Fields, func(k connection.Field) bool { return k.Name == setting }); i >= 0 {
			if choices := known.Fields[i].Choices; len(choices) > 0 && len(choices) <= mostOptions {
				f.Kind = Choice
				for _, c := range choices {
					f.Options = append(f.Options, Option{Label: c, Value: c})
				}
			}
		}
		out = append(out, f)
	}
	return out, nil
}

// known returns what is known of a service. One that was not read yet counts as there.
func (d *Connection) known(ctx context.Context, service string) (handover.Service, error) {
	s, read, err := d.Shelf.Service(ctx, service)
	if !read {
		s.Known = true
	}
	return s, err
}

// Check implements [Desk].
func (d *Connection) Check(ctx context.Context, a Asker, v Values) error {
	_, err := d.proposal(ctx, a, v)
	return err
}

// Submit implements [Desk].
func (d *Connection) Submit(ctx context.Context, name string, a Asker, v Values) error {
	p, err := d.proposal(ctx, a, v)
	if err != nil {
		return err
	}
	return d.propose(ctx, name, p)
}

func (d *Connection) proposal(ctx context.Context, a Asker, v Values) (change.Proposal, error) {
	r := connection.Request{Service: v.One(fieldService), Name: v.One(fieldName), Reason: v.One(fieldReason), Settings: map[string]string{}}
	if err := d.may(ctx, a); err != nil {
		return change.Proposal{}, err
	}
	for field := range v {
		if !slices.Contains(connectionFields, field) {
			r.Settings[strings.TrimPrefix(field, connection.FieldSettings)] = v.One(field)
		}
	}
	wrong := complaints{}
	group, err := d.group(ctx, a, v, &r, wrong)
	if err != nil {
		return change.Proposal{}, err
	}
	owner, err := d.owner(ctx, a, v, &r, wrong)
	if err != nil {
		return change.Proposal{}, err
	}
	known, err := d.known(ctx, r.Service)
	if err != nil {
		return change.Proposal{}, err
	}
	if !known.Known {
		wrong.about(fieldService, a.Says("Fivetran does not have this service.", "Fivetran にこのサービスはありません。"))
	}
	_, problems := d.Rules.Plan(r, known.Fields)
	for _, p := range problems {
		wrong.about(fieldOf(p), d.inWords(a, p))
	}
	if err := d.free(ctx, a, r.Name, wrong); err != nil {
		return change.Proposal{}, err
	}
	if err := wrong.err(); err != nil {
		return change.Proposal{}, err
	}
	detail, err := json.Marshal(r)
	if err != nil {
		return change.Proposal{}, fmt.Errorf("encode a request for %s: %w", r.Name, err)
	}
	p := change.Proposal{
		Kind: change.ConnectionCreate, Target: change.Target{ID: r.Name, Name: r.Name}, Detail: detail, Reason: r.Reason,
		Diff: []change.Delta{
			{Field: "service", After: r.Service}, {Field: "destination", After: group}, {Field: "owner", After: owner},
		},
		Requester: a.Actor(), Owners: []change.Selector{change.Selector("user:" + owner)},
		Requirement: d.Asks(change.ConnectionCreate, ""), Policy: d.Policy,
	}
	for _, setting := range slices.Sorted(maps.Keys(r.Settings)) {
		p.Diff = append(p.Diff, change.Delta{Field: setting, After: r.Settings[setting]})
	}
	return p, d.mayFor(ctx, a, p, owner)
}

// mayFor refuses who may not ask for a connection to the data of this owner, as before its effect.
func (d *Connection) mayFor(ctx context.Context, a Asker, p change.Proposal, owner string) error {
	c := change.Change{Kind: p.Kind, Target: p.Target, Owners: p.Owners, Requester: p.Requester}
	ok, err := d.Standing.MayStillAsk(ctx, c, nil)
	if err != nil || ok {
		return err
	}
	no := &Refused{fmt.Sprintf(a.Says("The policy does not let you ask for a connection to the data of %s.", "ポリシーにより、%s が所有するデータの接続は依頼できません。"), owner)}
	return &Barred{Refused: no, Kind: p.Kind, About: owner}
}

// may is [Counter.may] of a new connection. How that is called, somebody typed: if another one is called so, whose that
// is does not matter.
func (d *Connection) may(ctx context.Context, a Asker) error {
	return d.Counter.may(ctx, a, change.ConnectionCreate, "")
}

// group finds the destination that was chosen, by its id or its name, and returns its name.
func (d *Connection) group(ctx context.Context, a Asker, v Values, r *connection.Request, wrong complaints) (string, error) {
	chosen := v.One(fieldGroup)
	all, err := d.Shelf.Destinations(ctx)
	if err != nil || chosen == "" {
		return "", err
	}
	var found []handover.Destination
	for _, g := range all.List {
		if g.ID == chosen || g.Name == chosen {
			found = append(found, g)
		}
	}
	r.Group = chosen // whatever it is, it is not missing
	if len(found) != 1 {
		wrong.about(fieldGroup, a.Says("There is no such destination, or more than one.", "該当する接続先がないか、複数あります。"))
		return "", nil
	}
	r.Group = found[0].ID
	return found[0].Name, nil
}

// owner finds who is named as the owner of the data, and returns the address of theirs.
func (d *Connection) owner(ctx context.Context, a Asker, v Values, r *connection.Request, wrong complaints) (string, error) {
	named := v.One(fieldOwner)
	if named == "" {
		return "", nil
	}
	r.Owner = named
	p, known, err := d.Standing.Person(ctx, named)
	if err != nil {
		return "", err
	}
	if !known || p.Suspended || !strings.Contains(named, "@") {
		wrong.about(fieldOwner, a.Says("This person is not in the directory, or suspended.", "ディレクトリに登録されていないか、停止中の人です。"))
		return "", nil
	}
	r.Owner = p.ID
	return p.Email, nil
}

// free complains where a connection is called so already, or somebody else has asked for one. What
// failed keeps no name: where it left something at the vendor after all, whoever makes the next one
// finds that there, and does not take it.
func (d *Connection) free(ctx context.Context, a Asker, name string, wrong complaints) error {
	if name == "" {
		return nil
	}
	there, err := d.Shelf.Named(ctx, name)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		wrong.about(fieldName, a.Says("A connection is called so already.", "同じ名前の接続がすでにあります。"))
	}
	live, err := d.Ledger.Live(ctx, change.ConnectionCreate, name)
	if slices.ContainsFunc(live, func(c change.Change) bool { return c.State != change.Failed && c.Requester.ID != a.Person.ID }) {
		wrong.about(fieldName, a.Says("Somebody has asked for a connection of this name already.", "同じ名前の接続がすでに依頼されています。"))
	}
	return err
}

// fieldOf returns the field of the form that a problem is about.
func fieldOf(p connection.Problem) string {
	if setting, ok := strings.CutPrefix(p.Field, connection.FieldSettings); ok {
		return settingField(setting)
	}
	return p.Field
}

// inWords says what is wrong with a request to its asker. What was typed in is not in it.
func (d *Connection) inWords(a Asker, p connection.Problem) string {
	words, ok := problemWords[p.Code]
	if !ok {
		return p.Error()
	}
	text := a.Says(words[0], words[1])
	if p.Code == connection.TooLong {
		text = fmt.Sprintf(text, connection.MaxText)
	}
	if len(p.Choices) > 0 {
		text += " " + strings.Join(p.Choices, ", ")
	}
	return text
}

// problemWords are in English and Japanese.
var problemWords = map[connection.Code][2]string{
	connection.Missing:        {"Please fill this in.", "ご記入ください。"},
	connection.UnknownService: {"This service cannot be connected here. These can:", "このサービスはここでは接続できません。接続できるサービス:"},
	connection.NotASetting:    {"This service has no such setting, or it is not asked for here.", "このサービスにない設定か、ここでは指定できない設定です。"},
	connection.SecretName: {
		"This is a credential. Please do not enter it here: its owner enters it on the vendor's own page.",
		"これは認証情報です。ここには入力しないでください。所有者が提供元のページで入力します。",
	},
	connection.SecretValue: {
		"This looks like a credential. Please do not enter it here: its owner enters it on the vendor's own page.",
		"認証情報のようです。ここには入力しないでください。所有者が提供元のページで入力します。",
	},
	connection.BadName:    {"Up to 63 lower-case letters, digits and underscores, a letter first.", "英小文字・数字・アンダースコアで 63 文字以内、先頭は英字にしてください。"},
	connection.BadHost:    {"The name or the address of a computer, and nothing else.", "ホスト名または IP アドレスだけをご記入ください。"},
	connection.BadPort:    {"A number from 1 to 65535.", "1 から 65535 までの数字をご記入ください。"},
	connection.BadNumber:  {"A number.", "数字をご記入ください。"},
	connection.BadChoice:  {"One of:", "次のいずれかをご記入ください:"},
	connection.BadText:    {"One line of text, please.", "1 行でご記入ください。"},
	connection.TooLong:    {"At most %d characters.", "%d 文字以内でご記入ください。"},
	connection.NoRedirect: {"It cannot be handed over: the policy names no address to return to.", "ポリシーに戻り先のアドレスがないため、受け渡しができません。"},
}

// Press implements the button that gives the owner of a connection a new link. The owner may press
// it, and who asked for the connection.
func (d *Connection) Press(ctx context.Context, name string, a Asker, c change.Change) error {
	over := &Refused{a.Says("Nothing is waited for here any more.", "この依頼はすでに終了しています。")}
	if c.Kind != change.ConnectionCreate {
		return over
	}
	err := d.Shelf.Press(ctx, name, c.ID, a.Actor(), func(h connection.Handover) (connection.Event, error) {
		if a.Person.ID != h.Owner && a.Person.ID != h.Requester {
			return connection.Event{}, &Refused{a.Says("Only the owner of the data, and who asked for the connection, can have a new link.", "新しいリンクを受け取れるのは、データの所有者と依頼者だけです。")}
		}
		// What works, or broke, is handed out again by a decision of its own.
		if h.State == connection.Done || h.State == connection.Broken {
			return connection.Event{}, over
		}
		return connection.Event{Verb: connection.VerbHand}, nil
	})
	if errors.Is(err, handover.ErrUnknown) || errors.Is(err, connection.ErrRefused) {
		return over
	}
	if err != nil {
		return err
	}
	return handover.Follow(ctx, d.Queue, c.ID, name)
}
