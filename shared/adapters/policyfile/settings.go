package policyfile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

func (l *loading) readSettings(at place) {
	l.define(kindSection, "settings", at)
	before := len(l.problems)
	t := at.table("anchor", "mode", "rules", "exceptions", "brake")
	rules := t.at("rules").table("general", "secureGroup")
	r := settingsrule.Rules{
		Anchor:  t.at("anchor").address(),
		Mode:    t.at("mode").mode(),
		General: rules.at("general").rules(),
		Secure:  rules.at("secureGroup").rules(),
		Brake:   t.at("brake").brake(),
	}
	for _, item := range t.at("exceptions").list("- {group: …, field: …, until: 2027-03-31, reason: …}") {
		t := item.table("group", "field", "until", "reason")
		r.Exceptions = append(r.Exceptions, settingsrule.Exception{
			Group:  t.need("group", "name@your-domain").address(),
			Field:  t.need("field", "whoCanViewGroup").text(),
			Until:  t.need("until", "2027-03-31").until(),
			Reason: t.need("reason", "a link or a sentence").text(),
		})
	}
	found := l.problems[before:]
	for _, p := range r.Validate() {
		where := at.find(p.Path)
		if !said(found, where.path) {
			where.problem("%s", p.Text)
		}
	}
	l.policy.Settings = &r
}

func (p place) rules() []settingsrule.Rule {
	var out []settingsrule.Rule
	for _, item := range p.list("- {field: …, needles: […], replace: …}") {
		t := item.table("field", "needles", "replace", "mode")
		rule := settingsrule.Rule{Field: t.need("field", "whoCanViewGroup").text()}
		needles, replace := "[ANYONE_CAN_VIEW]", "ALL_MEMBERS_CAN_VIEW"
		if values := settingsrule.Values(rule.Field); len(values) > 1 && !slices.Contains(values, replace) {
			needles, replace = "["+values[0]+"]", values[1]
		}
		rule.Needles = distinct(t.need("needles", needles).filled(needles), place.word)
		rule.Replace = t.need("replace", replace).word()
		if mode := t.at("mode"); mode.given() {
			rule.Mode = oneOf(mode, change.Auto, change.Ask, change.Report)
		}
		out = append(out, rule)
	}
	return out
}

// find follows a way of keys and list numbers as far as there is something.
func (p place) find(way []string) place {
	for _, step := range way {
		next := place{from: p.from, file: p.file, path: join(p.path, step), line: p.note("").Line}
		if i, err := strconv.Atoi(step); err == nil {
			next.path = p.path + "[" + step + "]"
			if p.given() && i < len(p.node.items) {
				next.node = p.node.items[i]
			}
		} else if p.given() {
			if f := p.node.field(step); f != nil {
				next.line, next.node = f.line, f.value
			}
		}
		p = next
	}
	return p
}

// said reports whether a problem is known already at a path, or at what it lies in.
func said(problems Problems, path string) bool {
	for _, p := range problems {
		rest, ok := strings.CutPrefix(path, p.Path)
		if ok && p.Path != "settings" && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}
