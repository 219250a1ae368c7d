package policyfile

import (
	"slices"
	"strings"
)

// Connections is how data sources are connected whose credentials nobody but their owner sees.
type Connections struct {
	// Redirect is where the owner's browser goes after the connect card; empty where nobody
	// said.
	Redirect string
	// SyncFrequency is in minutes; 0 where nobody said.
	SyncFrequency int
	// Services are keyed by the vendor's name for the service: "sql_server_rds".
	Services map[string]Service
}

// Service is what a connection to one service needs.
type Service struct {
	// Required lists the settings that who asks has to fill in.
	Required []string
	// Config holds the settings that are the same for everybody: text, numbers, booleans, and
	// lists and tables of these, as encoding/json has them.
	Config map[string]any
}

// syncFrequencies are the minutes that Fivetran takes
// (https://fivetran.com/docs/rest-api/api-reference/connections/create-connection).
var syncFrequencies = []int{1, 5, 15, 30, 60, 120, 180, 360, 480, 720, 1440}

func (l *loading) readConnections(at place) {
	t := at.table("defaults", "services")
	if defaults := t.at("defaults"); defaults.given() {
		l.define(kindSection, "connections.defaults", defaults)
		d := defaults.table("redirect", "sync_frequency")
		l.policy.Connections.Redirect = d.at("redirect").link()
		l.policy.Connections.SyncFrequency = d.at("sync_frequency").syncFrequency()
	}
	for _, e := range t.at("services").entries("the service's name: {required: [host], config: {}}") {
		l.define(kindService, e.name, e.value)
		put(&l.policy.Connections.Services, e.name, e.value.service())
	}
}

func (p place) syncFrequency() int {
	n := p.whole(1)
	if n > 0 && !slices.Contains(syncFrequencies, n) {
		p.problem("%d is not a number of minutes that can be had: write one of 1, 5, 15, 30, 60, 120, 180, 360, 480, 720, 1440", n)
		return 0
	}
	return n
}

func (p place) service() Service {
	t := p.table("required", "config")
	s := Service{Required: distinct(t.at("required").list("[host, port]"), place.setting)}
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

// credentialWords make a setting's name that of a credential.
var credentialWords = []string{"password", "passwd", "passphrase", "secret", "token", "credential", "credentials"}

// refuseCredential keeps credentials out of the policy and out of Slack: the owner gives them
// to the vendor on the connect card.
func (p place) refuseCredential(name string) {
	words := strings.Split(strings.ToLower(name), "_")
	joined := strings.Join(words, "")
	if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(credentialWords, w) }) ||
		strings.Contains(joined, "privatekey") || strings.Contains(joined, "apikey") || strings.Contains(joined, "accesskey") {
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
