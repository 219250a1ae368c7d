package policyfile

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/connection"
)

func (l *loading) readConnections(at place) {
	t := at.table("defaults", "services")
	if defaults := t.at("defaults"); defaults.given() {
		l.define(kindSection, "connections.defaults", defaults)
		d := defaults.table("redirect", "sync_frequency", "trust_certificates", "trust_fingerprints", "remind", "escalate")
		c := &l.policy.Connections
		c.Redirect = d.at("redirect").link()
		if strings.Contains(c.Redirect, "#") {
			d.at("redirect").problem("%s has a fragment, which browsers keep to themselves: leave out what begins with #", quote(c.Redirect))
		}
		if u, err := url.Parse(c.Redirect); err == nil && u.Host != "" {
			if _, err := connection.NewTargets(u.Scheme + "://" + u.Host); err != nil {
				d.at("redirect").problem("%s is not safe to send a browser to: write https://, and the name in small letters", quote(c.Redirect))
			}
		}
		c.SyncFrequency = d.at("sync_frequency").syncFrequency()
		c.TrustCertificates = d.at("trust_certificates").yes()
		c.TrustFingerprints = d.at("trust_fingerprints").yes()
		c.Remind, c.Escalate = d.at("remind").duration(), d.at("escalate").duration()
	}
	for _, e := range t.at("services").entries("the service's name: {required: [host], config: {}}") {
		l.define(kindService, e.name, e.value)
		put(&l.policy.Connections.Services, e.name, e.value.service())
	}
}

func (p place) syncFrequency() int {
	n := p.whole(1)
	frequencies := connection.SyncFrequencies()
	if n > 0 && !slices.Contains(frequencies, n) {
		var list []string
		for _, f := range frequencies {
			list = append(list, strconv.Itoa(f))
		}
		p.problem("%d is not a number of minutes that can be had: write one of %s", n, strings.Join(list, ", "))
		return 0
	}
	return n
}

// yes reads a boolean, false where there is none.
func (p place) yes() bool {
	if !p.is(scalar, "true or false") {
		return false
	}
	b, ok := p.node.value.(bool)
	if !ok {
		p.problem("%s does not fit: write true or false", quote(p.node.text))
	}
	return b
}

func (p place) service() connection.Service {
	t := p.table("required", "config")
	s := connection.Service{Required: distinct(t.at("required").list("[host, port]"), place.setting)}
	for _, e := range t.at("config").entries("{update_method: TELEPORT}") {
		e.value.refuseCredential(e.name)
		if slices.Contains(s.Required, e.name) {
			e.value.problem("is fixed here and asked for in required: take it out of one of them")
		}
		put(&s.Config, e.name, e.value.anything())
	}
	return s
}

// setting reads the name of a setting that people fill in.
func (p place) setting() string {
	s := p.name()
	p.refuseCredential(s)
	return s
}

// refuseCredential keeps credentials out of the policy and out of Slack: the owner gives them
// to the vendor on the connect card.
func (p place) refuseCredential(name string) {
	if connection.LooksSecret(name) {
		p.problem("%s is a credential: leave it out, its owner gives it to the vendor on the connect card", quote(name))
	}
}

// anything reads a value of any shape.
func (p place) anything() any {
	if !p.given() {
		return nil
	}
	switch p.node.shape {
	case scalar:
		if text, ok := p.node.value.(string); ok && connection.LooksSecretValue(text) {
			p.problem("looks like a credential: leave it out, its owner gives it to the vendor on the connect card")
		}
		return p.node.value
	case list:
		out := []any{}
		for _, item := range p.list("") {
			out = append(out, item.anything())
		}
		return out
	case mapping:
		out := map[string]any{}
		for _, e := range p.entries("") {
			e.value.refuseCredential(e.name)
			out[e.name] = e.value.anything()
		}
		return out
	}
	p.is(scalar, "one")
	return nil
}
