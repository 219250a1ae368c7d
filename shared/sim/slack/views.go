package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const (
	triggerLife  = 3 * time.Second
	mostModals   = 3 // in one stack
	largestView  = 250 * 1000
	longestTitle = 24
)

// trigger is the right to open a modal for the person who just did something.
type trigger struct {
	person *person
	issued time.Time
	used   bool
}

// view is an open modal or a published home tab, as the API stores it.
type view struct {
	id, kind     string
	person       *person
	raw          map[string]any // as the app gave it, with ids in its blocks
	blocks       []any
	hash         string
	root, before string // ids of the first and the previous view of the stack
	state        state
	errors       map[string]string // beside fields, by block id
}

// newTrigger issues a trigger id for something that a person just did.
func (s *Server) newTrigger(p *person) string {
	n := s.next()
	id := fmt.Sprintf("%d.%d.%s", n, 1000000+n, s.secretPart("trigger", n))
	s.triggers[id] = &trigger{person: p, issued: s.opt.Now()}
	return id
}

// useTrigger exchanges the trigger id of a request.
func (s *Server) useTrigger(c *call) (*person, error) {
	id := c.args.text("trigger_id")
	if id == "" {
		return nil, refuse("invalid_arguments", "missing required field: trigger_id")
	}
	t := s.triggers[id]
	switch {
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case c.now.Sub(t.issued) > triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return t.person, nil
}

// readView checks and decodes the view argument.
func readView(args arguments) (map[string]any, error) {
	v, given, err := args.structured("view")
	if err != nil {
		return nil, refuse("invalid_arguments", "must be valid JSON [json-pointer:/view]")
	}
	if !given {
		return nil, refuse("invalid_arguments", "missing required field: view")
	}
	return checkedView(v)
}

func checkedView(v any) (map[string]any, error) {
	if raw, err := json.Marshal(v); err != nil || len(raw) > largestView {
		return nil, refuse("view_too_large")
	}
	if reasons := checkView(v); len(reasons) > 0 {
		return nil, refuse("invalid_arguments", reasons...)
	}
	return v.(map[string]any), nil // checkView accepts nothing else
}

var viewTypes = func() map[string]check {
	content := func(own map[string]property) check {
		own["type"] = must(anything)
		own["blocks"] = must(list(0, mostViewBlocks, oneOf(blocks)))
		own["private_metadata"] = may(str(0, 3000))
		own["callback_id"] = may(str(0, longestID))
		own["external_id"] = may(str(0, longestID))
		return object(own)
	}
	return map[string]check{
		"home": content(map[string]property{}),
		"modal": content(map[string]property{
			"title": must(plain(longestTitle)), "close": may(nullable(plain(longestTitle))), "submit": may(nullable(plain(longestTitle))),
			"clear_on_close": may(boolean), "notify_on_close": may(boolean), "submit_disabled": may(boolean),
		}),
	}
}()

// checkView returns Slack's reasons to refuse a view.
func checkView(v any) []string {
	f := &report{}
	oneOf(viewTypes)(f, "/view", v)
	if len(f.reasons) > 0 {
		return f.reasons
	}
	o := v.(map[string]any)
	blocks, _ := o["blocks"].([]any)
	checkIDs(f, "/view/blocks", blocks, false)
	hasInput := slices.ContainsFunc(blocks, func(b any) bool { return stringOf(b, "type") == "input" })
	if hasInput && stringOf(o, "type") == "modal" && o["submit"] == nil {
		f.add("/view", "missing required field: submit")
	}
	return f.reasons
}

// fill gives a view new content. What was entered in fields that stay is kept, as Slack does.
func (s *Server) fill(v *view, raw map[string]any) {
	n := s.next()
	old := v.state
	v.raw, v.errors = raw, nil
	v.kind = stringOf(raw, "type")
	list, _ := raw["blocks"].([]any)
	v.blocks = s.nameBlocks(list, fmt.Sprint(v.id, n))
	v.hash = fmt.Sprintf("%d.%s", s.opt.Now().Unix(), s.secretPart("hash", n)[:8])
	v.state = initialState(v.blocks)
	v.state.keep(old)
}

// newView makes a view; the external id must be free.
func (s *Server) newView(p *person, raw map[string]any) (*view, error) {
	if s.viewByExternalID(stringOf(raw, "external_id")) != nil {
		return nil, refuse("duplicate_external_id")
	}
	id := hashedID("V", fmt.Sprint(p.id, s.next()))
	v := &view{id: id, root: id, person: p}
	s.views[id] = v
	s.fill(v, raw)
	return v, nil
}

func (s *Server) viewByExternalID(id string) *view {
	if id == "" {
		return nil
	}
	for _, v := range s.views {
		if stringOf(v.raw, "external_id") == id {
			return v
		}
	}
	return nil
}

// closeModals closes the person's modals from position i on.
func (s *Server) closeModals(p *person, i int) {
	for _, v := range p.modals[i:] {
		delete(s.views, v.id)
	}
	p.modals = p.modals[:i]
}

// push puts a new modal on top of the person's others.
func (s *Server) push(p *person, raw map[string]any) (*view, error) {
	v, err := s.newView(p, raw)
	if err != nil {
		return nil, err
	}
	if n := len(p.modals); n > 0 {
		v.root, v.before = p.modals[0].id, p.modals[n-1].id
	}
	p.modals = append(p.modals, v)
	return v, nil
}

func wrongViewType(raw map[string]any, want string) error {
	if kind := stringOf(raw, "type"); kind != want {
		return refuse("invalid_arguments", fmt.Sprintf("must be a %s view [json-pointer:/view/type]", want))
	}
	return nil
}

func (s *Server) viewAnswer(v *view) map[string]any {
	return map[string]any{"view": s.viewJSON(v)}
}

// viewJSON is a view as the API and the payloads of interactions give it.
func (s *Server) viewJSON(v *view) map[string]any {
	j := map[string]any{
		"private_metadata": "", "callback_id": "", "external_id": "",
		"title": nil, "close": nil, "submit": nil, "clear_on_close": false, "notify_on_close": false,
	}
	for name, value := range v.raw {
		j[name] = value
	}
	j["id"], j["team_id"], j["hash"] = v.id, s.opt.TeamID, v.hash
	j["root_view_id"], j["previous_view_id"] = v.root, nil
	if v.before != "" {
		j["previous_view_id"] = v.before
	}
	j["app_id"], j["bot_id"], j["app_installed_team_id"] = s.opt.AppID, s.botID, s.opt.TeamID
	if v.kind == "home" {
		delete(j, "title") // only modals have one
	}
	j["blocks"] = v.blocks
	if v.blocks == nil {
		j["blocks"] = []any{}
	}
	j["state"] = map[string]any{"values": v.state.copy()}
	return j
}

func (s *Server) viewsOpen(c *call) (map[string]any, error) {
	raw, err := readView(c.args)
	if err != nil {
		return nil, err
	}
	if err := wrongViewType(raw, "modal"); err != nil {
		return nil, err
	}
	p, err := s.useTrigger(c)
	if err != nil {
		return nil, err
	}
	s.closeModals(p, 0)
	v, err := s.push(p, raw)
	if err != nil {
		return nil, err
	}
	return s.viewAnswer(v), nil
}

func (s *Server) viewsPush(c *call) (map[string]any, error) {
	raw, err := readView(c.args)
	if err != nil {
		return nil, err
	}
	if err := wrongViewType(raw, "modal"); err != nil {
		return nil, err
	}
	p, err := s.useTrigger(c)
	if err != nil {
		return nil, err
	}
	switch n := len(p.modals); {
	case n == 0:
		return nil, refuse("not_found")
	case n >= mostModals:
		return nil, refuse("push_limit_reached")
	}
	v, err := s.push(p, raw)
	if err != nil {
		return nil, err
	}
	return s.viewAnswer(v), nil
}

func (s *Server) viewsUpdate(c *call) (map[string]any, error) {
	raw, err := readView(c.args)
	if err != nil {
		return nil, err
	}
	viewID, externalID := c.args.text("view_id"), c.args.text("external_id")
	if viewID == "" && externalID == "" {
		return nil, refuse("invalid_arguments", "missing required field: view_id")
	}
	v := s.views[viewID]
	if viewID == "" {
		v = s.viewByExternalID(externalID)
	}
	if v == nil {
		return nil, refuse("not_found")
	}
	if err := wrongViewType(raw, v.kind); err != nil {
		return nil, err
	}
	if hash := c.args.text("hash"); hash != "" && hash != v.hash {
		return nil, refuse("hash_conflict")
	}
	if other := s.viewByExternalID(stringOf(raw, "external_id")); other != nil && other != v {
		return nil, refuse("duplicate_external_id")
	}
	s.fill(v, raw)
	return s.viewAnswer(v), nil
}

func (s *Server) viewsPublish(c *call) (map[string]any, error) {
	raw, err := readView(c.args)
	if err != nil {
		return nil, err
	}
	if err := wrongViewType(raw, "home"); err != nil {
		return nil, err
	}
	p := s.personByID(c.args.text("user_id"))
	if p == nil || p.Deleted || p.Bot || p.Email == "" || s.stranger(p) {
		return nil, refuse("invalid_arguments", "invalid user_id [json-pointer:/user_id]")
	}
	if hash := c.args.text("hash"); hash != "" && (p.home == nil || hash != p.home.hash) {
		return nil, refuse("hash_conflict")
	}
	if other := s.viewByExternalID(stringOf(raw, "external_id")); other != nil && other != p.home {
		return nil, refuse("duplicate_external_id")
	}
	if p.home != nil {
		s.fill(p.home, raw)
		return s.viewAnswer(p.home), nil
	}
	if p.home, err = s.newView(p, raw); err != nil {
		return nil, err
	}
	return s.viewAnswer(p.home), nil
}
