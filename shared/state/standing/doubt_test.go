package standing_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// What cannot be meant as it is written is told in both languages, and whatever can be is answered.
func TestWhatIsDoubtedOfAQuestion(t *testing.T) {
	from := standing.Sources{Entitlements: []grant.Entitlement{{Name: "etl"}, {Name: "prod-write"}}, Systems: []string{"looker", "workspace"}}
	r := harbour(t, policy.Model{})
	for name, test := range map[string]struct {
		o                 policy.Operation
		kind, name        string
		english, japanese string
	}{
		"an operation that is near":           {"RequestAcces", "access", "etl", "The operation RequestAcces is not known: did you mean RequestAccess?", "操作 RequestAcces は存在しません。RequestAccess ではありませんか。"},
		"an operation of no family":           {"Frobnicate", "access", "etl", "The operation Frobnicate is not known.", "操作 Frobnicate は存在しません。"},
		"one that a catalogue may come to":    {"EditSomethingNew", "table", "a.b", "", ""},
		"a type that is near":                 {"RequestAccess", "acess", "etl", "The type of resource acess is not known: did you mean access?", "対象の種類 acess は存在しません。access ではありませんか。"},
		"a type that a catalogue may come to": {"EditTags", "spreadsheet", "a", "", ""},
		"a group":                             {"ApproveSettings", "group", "eng@example.com", "", ""},
		"a group by an alias":                 {"ApproveSettings", "group", "Old-Eng@example.com", "", ""},
		"a group that is not there":           {"ApproveSettings", "group", "eng2@example.com", "No group is known here as eng2@example.com.", "eng2@example.com というグループは見つかりません。"},
		"a group without a name":              {"ApproveSettings", "group", "", "Which group? Write its name too, as in group:data@example.com.", "対象の名前もご記入ください。例: group:data@example.com"},
		"an entitlement":                      {"RequestAccess", "access", "etl", "", ""},
		"an entitlement that is near":         {"RequestAccess", "access", "prod_write", "The policy has no entitlement prod_write: did you mean prod-write?", "prod_write というアクセス権はポリシーにありません。prod-write ではありませんか。"},
		"an entitlement that is not there":    {"RequestAccess", "access", "billing-export", "The policy has no entitlement billing-export.", "billing-export というアクセス権はポリシーにありません。"},
		"an account":                          {"ApproveAccount", "account", "looker/left@example.com", "", ""},
		"an account of no system":             {"ApproveAccount", "account", "ada@example.com", "ada@example.com is no account: write account:looker/aiko@example.com.", "ada@example.com はアカウントではありません。account:looker/aiko@example.com の形でご記入ください。"},
		"an account of an unknown system":     {"ApproveAccount", "account", "lookr/ada@example.com", "No system with accounts is known here as lookr: did you mean looker?", "lookr というアカウントのシステムはありません。looker ではありませんか。"},
		"a connection that is not there yet":  {"ApproveConnection", "connection", "new", "", ""},
		"a connection without a name":         {"ApproveConnection", "connection", "", "Which connection? Write its name too, as in connection:sales_db.", "対象の名前もご記入ください。例: connection:sales_db"},
		"what has no name":                    {"ReadAudit", "audit", "", "", ""},
		"a listing of the catalogue":          {"ViewBasic", "table", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, some, err := r.Doubt(t.Context(), test.o, test.kind, test.name, from)
			if want := (policy.Phrase{English: test.english, Japanese: test.japanese}); err != nil || got != want || some != (test.english != "") {
				t.Errorf("%+v, %t, %v; want %+v", got, some, err, want)
			}
		})
	}
	if _, some, err := r.Doubt(t.Context(), "ApproveAccount", "account", "crm/ada@example.com", standing.Sources{}); some || err != nil {
		t.Errorf("where nobody says which systems there are: doubted %t, %v", some, err)
	}
}
