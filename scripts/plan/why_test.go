package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// Whose a table is, the data catalogue says.
func TestWhyAsksTheCatalogue(t *testing.T) {
	d, err := newDemo(nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policyfile.Load(fstest.MapFS{"policy.yaml": {Data: []byte(`
teams: [{name: Organization, type: Organization, policies: [own]}]
policies:
  - name: own
    rules:
      - {name: own, effect: allow, operations: [EditTags], resources: [table], condition: "isOwner() && matchAnyTag('Tier.Tier1')"}
`)}})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		question
		allowed bool
		part    string
	}{
		"the owner":              {question{person: "aiko@example.com", operation: "EditTags", resource: "table:sample.fact_table"}, true, "its owner is aiko@example.com"},
		"another one":            {question{person: "ken@example.com", operation: "EditTags", resource: "table:sample.fact_table"}, false, "its owner is aiko@example.com"},
		"as if another owned it": {question{person: "ken@example.com", operation: "EditTags", resource: "table:sample.fact_table", owners: []string{"ken@example.com"}}, true, "its owner is ken@example.com"},
		"as if tagged otherwise": {question{person: "aiko@example.com", operation: "EditTags", resource: "table:sample.fact_table", tags: []string{"Tier.Tier2"}}, false, "its only tag is Tier.Tier2"},
		"what is not there":      {question{person: "aiko@example.com", operation: "EditTags", resource: "table:no.such"}, false, "it has no owner"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := opened(t, d, "").why(t.Context(), p, test.question)
			if err != nil {
				t.Fatal(err)
			}
			if b := answer.(because); b.Allowed != test.allowed || !strings.Contains(b.Why, test.part) {
				t.Errorf("allowed is %v, want %v and %q:\n%s", b.Allowed, test.allowed, test.part, b.Why)
			}
		})
	}
}

// Who administers the catalogue, and who is in a domain, the catalogue says too. Mika administers the
// directory.
func TestWhyAsksTheCatalogueAboutThePerson(t *testing.T) {
	everybody := org.Demo()
	there, err := org.Parse("company.yaml", []byte(`
openmetadata:
  admins: [ken@example.com]
  domains: [{name: sales, users: [aiko@example.com]}]
  tables: [{name: sales.orders, domains: [sales]}]
`))
	if err != nil {
		t.Fatal(err)
	}
	everybody.Merge(there)
	p, err := policyfile.Load(fstest.MapFS{"policy.yaml": {Data: []byte(`
teams: [{name: Organization, type: Organization, policies: [domain]}]
policies:
  - name: domain
    rules:
      - {name: in-it, effect: allow, operations: [EditTags], resources: [all], condition: hasDomain()}
      - {name: never, effect: deny, operations: [Delete], resources: [all]}
`)}})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		question
		reason policy.Reason
		part   string
	}{
		"the catalogue's administrator":             {question{person: "ken@example.com", operation: "Delete", resource: "table:sales.orders"}, policy.Administrator, "allowed to administrators of the catalogue"},
		"the catalogue's administrator, of a group": {question{person: "ken@example.com", operation: "Delete", resource: "group:data@example.com"}, policy.Denied, "rule never"},
		"the directory's administrator":             {question{person: "mika@example.com", operation: "Delete", resource: "table:sales.orders"}, policy.Denied, "rule never"},
		"who is in the domain":                      {question{person: "aiko@example.com", operation: "EditTags", resource: "table:sales.orders"}, policy.Allowed, "aiko@example.com has the domain sales and it has the domain sales"},
		"who is in none":                            {question{person: "mika@example.com", operation: "EditTags", resource: "table:sales.orders"}, policy.NotAllowed, "mika@example.com has no domain and it has the domain sales"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := newDemo(everybody)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := opened(t, d, "").why(t.Context(), p, test.question)
			if err != nil {
				t.Fatal(err)
			}
			if b := answer.(because); b.Reason != test.reason || !strings.Contains(b.Why, test.part) {
				t.Errorf("%s, want %s and %q:\n%s", b.Reason, test.reason, test.part, b.Why)
			}
		})
	}
}

// What a program reads of an answer is what people read of it: whom a rule lets approve is not asked by
// the entry, and who is named by one needs no rule. Lena is a lead, Aiko owns the group.
func TestAnAnswerIsTheSameForProgramsAndPeople(t *testing.T) {
	const entry = "  - {kinds: [access.grant], quorum: [{count: 1, from: group:leads@example.com}]}"
	asks := func(entries string) string { return edited(t, shared, entry, entries) }
	settings := func(who string) string {
		return asks("  - {kinds: [group.settings], quorum: [{count: 1, from: \"" + who + "\"}]}")
	}
	for name, tt := range map[string]struct {
		policy, person, operation, resource string
		answer                              policy.Answer
		reason                              policy.Reason
		says                                string
	}{
		"allowed and asked":              {shared, "lena@example.com", "ApproveSettings", "group:payroll@example.com", policy.Yes, policy.Allowed, "Yes: "},
		"allowed and not asked":          {settings("user:aiko@example.com"), "lena@example.com", "ApproveSettings", "group:payroll@example.com", policy.No, countsNot, "No: "},
		"asked by no rule":               {settings("user:aiko@example.com"), "aiko@example.com", "ApproveSettings", "group:payroll@example.com", policy.Yes, countsInAll, "Yes: "},
		"neither":                        {settings("user:aiko@example.com"), "yui@example.com", "ApproveSettings", "group:payroll@example.com", policy.No, policy.NotAllowed, "No: "},
		"allowed, and asked about some":  {asks(strings.Replace(entry, "group:leads", "group:etl-team", 1)), "lena@example.com", "ApproveAccess", "access:prod-write", policy.InPart, countsInPart, "In part: "},
		"what is decided by no people":   {shared, "lena@example.com", "ViewAll", "table:a.b", policy.Yes, policy.Allowed, "Yes: "},
		"what depends on the owner":      {edited(t, shared, "  - name: approve\n", "      - {name: ask, effect: allow, operations: [RequestConnection], resources: [connection], condition: isOwner()}\n  - name: approve\n"), "lena@example.com", "RequestConnection", "connection:new", policy.InPart, byOwner, "In part: "},
		"what everybody may for no rule": {shared, "lena@example.com", "RequestAccess", "access:prod-write", policy.ByNoRule, policy.NotAllowed, "By no rule: "},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := opened(t, company(t), "").why(t.Context(), written(t, tt.policy), question{person: tt.person, operation: tt.operation, resource: tt.resource})
			if err != nil {
				t.Fatal(err)
			}
			b := answer.(because)
			if b.Answer != tt.answer || b.Allowed != (tt.answer == policy.Yes) || b.Reason != tt.reason || !strings.HasPrefix(b.Why, tt.says) {
				t.Errorf("%s, allowed %t, %q; want %s, %q:\n%s", b.Answer, b.Allowed, b.Reason, tt.answer, tt.reason, b.Why)
			}
		})
	}
}

// That a table has no owner is not said as a fact where nobody read the catalogue, or where it does not describe such
// things. Of what is ours, and of what was read, nothing is to be noted.
func TestWhySaysWhatItDidNotRead(t *testing.T) {
	const unread = "The data catalogue was not read, for OPENMETADATA_URL or OPENMETADATA_TOKEN is not set: what is said here is as if "
	for name, tt := range map[string]struct {
		question
		connected bool
		want      string // empty where nothing is noted
	}{
		"a table":                       {question{resource: "table:sample.fact_table"}, false, unread + "it had no owner and no tag, and as if nobody had an account there."},
		"with an owner":                 {question{resource: "table:sample.fact_table", owners: []string{"ken@example.com"}}, false, unread + "it had no tag, and as if nobody had an account there."},
		"with a tag":                    {question{resource: "table:sample.fact_table", tags: []string{"Tier.Tier1"}}, false, unread + "it had no owner, and as if nobody had an account there."},
		"with both":                     {question{resource: "table:a.b", owners: []string{"ken@example.com"}, tags: []string{"Tier.Tier1"}}, false, unread + "nobody had an account there."},
		"a table that was read":         {question{resource: "table:sample.fact_table"}, true, ""},
		"a type that is not described":  {question{resource: "spreadsheet:budget"}, true, "The data catalogue does not say whose it is: what is said here is as if it had no owner and no tag."},
		"not described, with an owner":  {question{resource: "spreadsheet:budget", owners: []string{"ken@example.com"}}, true, "The data catalogue does not say whose it is: what is said here is as if it had no tag."},
		"a group, without a catalogue":  {question{resource: "group:data@example.com"}, false, ""},
		"a group, and with a catalogue": {question{resource: "group:data@example.com"}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := newDemo(nil)
			if err != nil {
				t.Fatal(err)
			}
			if !tt.connected {
				d.platform.CatalogURL = ""
			}
			q := tt.question
			q.person, q.operation = "aiko@example.com", "EditTags"
			answer, err := opened(t, d, "").why(t.Context(), written(t, shared), q)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(answer.(because).Notes, " "); got != tt.want {
				t.Errorf("noted %q, want %q", got, tt.want)
			}
			for format, write := range formats {
				var out bytes.Buffer
				if err := write(&out, answer); err != nil || !strings.Contains(out.String(), tt.want) {
					t.Errorf("%s, %v: it is not in\n%s", format, err, &out)
				}
			}
		})
	}
}

// Who is not in the directory is said to be unknown where there are no rules too.
func TestWhySaysWhoIsUnknownWithoutAPolicy(t *testing.T) {
	for person, want := range map[string]policy.Reason{"nobody@example.com": policy.Unknown, "ken@example.com": policy.NoPolicy} {
		q := question{person: person, operation: "RequestConnection", resource: "connection:new"}
		answer, err := opened(t, company(t), "").why(t.Context(), written(t, "version: 1\n"), q)
		if err != nil {
			t.Fatal(err)
		}
		if b := answer.(because); b.Reason != want || b.Allowed {
			t.Errorf("%s: %s, want %s:\n%s", person, b.Reason, want, b.Why)
		}
	}
}

// A slip of the pen is no question, and nobody is to take an answer about one for a fact. For what no list of the
// company mends, it is not read.
func TestWhyDoesNotAnswerASlip(t *testing.T) {
	for name, test := range map[string]struct {
		operation, resource, want string
		read                      bool
	}{
		"an operation":              {"ApproveAcces", "access:prod-write", "The operation ApproveAcces is not known: did you mean ApproveAccess?", false},
		"a type of resource":        {"ApproveAccess", "acess:prod-write", "The type of resource acess is not known: did you mean access?", false},
		"an entitlement":            {"ApproveAccess", "access:prod-wirte", "The policy has no entitlement prod-wirte: did you mean prod-write?", true},
		"a group":                   {"ApproveSettings", "group:dta@example.com", "No group is known here as dta@example.com.", true},
		"a system":                  {"ApproveAccount", "account:loker/ken@example.com", "No system with accounts is known here as loker: did you mean looker?", true},
		"a type that needs a name":  {"ApproveAccess", "access:", "Which access? Write its name too, as in access:etl.", false},
		"a table that nobody knows": {"EditTags", "table:no.such", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			d := company(t)
			answer, err := opened(t, d, "").why(t.Context(), loaded(t, "testdata/policy"), question{person: "ken@example.com", operation: test.operation, resource: test.resource})
			if read := len(d.calls.Tallies()) > 0; read != test.read {
				t.Errorf("the company was read: %t", read)
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want || (answer == nil) != (err != nil) || status(err) != min(len(test.want), 1) {
				t.Errorf("%v, %q, want %q", answer, got, test.want)
			}
		})
	}
}

// A catalogue that does not say who somebody is fails the question, and does not answer it for nobody.
func TestWhyNeedsThePersonsAccount(t *testing.T) {
	d, err := newDemo(nil)
	if err != nil {
		t.Fatal(err)
	}
	catalogue := d.transport["catalog.demo"]
	d.transport["catalog.demo"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/users/name/") {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		catalogue.ServeHTTP(w, r)
	})
	q := question{person: "aiko@example.com", operation: "EditTags", resource: "table:sample.fact_table"}
	if answer, err := opened(t, d, "").why(t.Context(), loaded(t, "testdata/policy"), q); err == nil {
		t.Errorf("answered %+v", answer)
	}
}
