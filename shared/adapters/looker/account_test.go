package looker_test

import (
	"maps"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

// Whatever is odd about one user spoils neither the others nor the listing, and the user is
// never stopped for it.
func TestWhatCannotBeReadIsSaidAndNeverStops(t *testing.T) {
	google := func(change map[string]any) map[string]any {
		held := maps.Clone(aUser("2")["credentials_google"].(map[string]any))
		maps.Copy(held, change)
		return map[string]any{"credentials_google": held}
	}
	without := func(name string) map[string]any { return map[string]any{"-": name} }
	tests := map[string]struct {
		change map[string]any
		stops  bool
	}{
		"nothing odd":                        {nil, true},
		"a date that is none":                {google(map[string]any{"logged_in_at": "yesterday"}), false},
		"a date without offset":              {google(map[string]any{"logged_in_at": "2025-01-01T00:00:00"}), false},
		"a date of the beginning of time":    {google(map[string]any{"logged_in_at": "1970-01-01T00:00:00.000+00:00"}), false},
		"a date of the far future":           {google(map[string]any{"logged_in_at": "9999-01-01T00:00:00.000+00:00"}), false},
		"a date that is a number":            {google(map[string]any{"logged_in_at": 1735689600}), false},
		"no date where one was asked for":    {google(map[string]any{"-": "logged_in_at"}), false},
		"never, as null":                     {google(map[string]any{"logged_in_at": nil}), true},
		"never, as empty text":               {google(map[string]any{"logged_in_at": ""}), true},
		"a beginning that is none":           {google(map[string]any{"created_at": "?"}), false},
		"a credential that is missing":       {without("credentials_saml"), false},
		"a pool that is missing":             {without("credentials_workforce"), false},
		"a credential that is text":          {map[string]any{"credentials_saml": "yes"}, false},
		"keys that are missing":              {without("credentials_api3"), false},
		"keys that are text":                 {map[string]any{"credentials_api3": "none"}, false},
		"embedded use that is missing":       {without("credentials_embed"), false},
		"sessions that are missing":          {without("sessions"), false},
		"sessions that are null":             {map[string]any{"sessions": nil}, true},
		"a session without a beginning":      {map[string]any{"sessions": []any{map[string]any{"created_at": nil, "extended_at": nil}}}, false},
		"a session with an odd end":          {map[string]any{"sessions": []any{map[string]any{"created_at": "2025-01-01T00:00:00Z", "extended_at": "?"}}}, false},
		"a session that nobody explains":     {map[string]any{"sessions": []any{map[string]any{"created_at": "2026-11-20T00:00:00Z", "extended_at": nil}}}, false},
		"a session of somebody else":         {map[string]any{"sessions": []any{map[string]any{"created_at": "2026-11-20T00:00:00Z", "extended_at": nil, "sudo_user_id": "1"}}}, true},
		"roles that are missing":             {without("role_ids"), false},
		"a role that nobody knows":           {map[string]any{"role_ids": []string{"99"}}, false},
		"roles by number":                    {map[string]any{"role_ids": []int{1}}, false},
		"no roles":                           {map[string]any{"role_ids": nil}, true},
		"a state that is missing":            {without("is_disabled"), false},
		"a state that is text":               {map[string]any{"is_disabled": "false"}, false},
		"no word of service accounts":        {without("is_service_account"), false},
		"neither mark of staff":              {map[string]any{"-": "verified_looker_employee", "presumed_looker_employee": nil}, false},
		"only the newer mark":                {without("presumed_looker_employee"), true},
		"only the older mark":                {without("verified_looker_employee"), true},
		"an odd mark":                        {map[string]any{"presumed_looker_employee": "maybe"}, false},
		"no address":                         {map[string]any{"email": nil}, false},
		"an address that is missing":         {without("email"), false},
		"a date in another zone, with micro": {google(map[string]any{"logged_in_at": "2025-01-01T00:00:00.123456-08:00"}), true},
	}
	j, err := idle.NewJudge(idle.Rule{After: 180 * day, Mode: change.Auto}, idle.Directory{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			odd := aUser("2")
			for field, value := range test.change {
				if field == "-" {
					delete(odd, value.(string))
					continue
				}
				if inner, ok := value.(map[string]any); ok {
					if gone, ok := inner["-"]; ok {
						delete(inner, gone.(string))
						delete(inner, "-")
					}
				}
				odd[field] = value
			}
			verdicts := map[string]idle.Decision{}
			_, err := client(t, raw([]map[string]any{aUser("1"), odd, aUser("3")}, nil)).Accounts(t.Context(), func(a *idle.Account) error {
				verdicts[a.ID] = j.Decide(a, idle.Memory{})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := verdicts["2"]; (got.Action == idle.Stop) != test.stops {
				t.Errorf("got %s, %q, %q", got.Verdict, got.Why, got.Action)
			}
			if got := verdicts["2"]; name == "a date of the far future" && got.Verdict != idle.Unknown {
				t.Errorf("a date that cannot be meant is believed: %s", got.Verdict)
			}
			if verdicts["3"].Action != idle.Stop {
				t.Errorf("the next user: got %s %q", verdicts["3"].Verdict, verdicts["3"].Why)
			}
		})
	}
}

// Either mark says that an account is the vendor's: instances have the newer, the older or both.
func TestEitherMarkOfStaffIsBelieved(t *testing.T) {
	for name, test := range map[string]struct {
		change map[string]any
		staff  bool
	}{
		"the newer":           {map[string]any{"verified_looker_employee": true}, true},
		"the older":           {map[string]any{"presumed_looker_employee": true}, true},
		"the newer alone":     {map[string]any{"verified_looker_employee": true, "-": "presumed_looker_employee"}, true},
		"the older alone":     {map[string]any{"presumed_looker_employee": true, "-": "verified_looker_employee"}, true},
		"both":                {map[string]any{"verified_looker_employee": true, "presumed_looker_employee": true}, true},
		"neither":             {nil, false},
		"the newer says null": {map[string]any{"verified_looker_employee": nil, "presumed_looker_employee": true}, true},
	} {
		u := aUser("1")
		maps.Copy(u, test.change)
		if gone, ok := u["-"]; ok {
			delete(u, gone.(string))
			delete(u, "-")
		}
		_, err := client(t, raw([]map[string]any{u}, nil)).Accounts(t.Context(), func(a *idle.Account) error {
			if a.Staff != test.staff {
				t.Errorf("%s: staff %t", name, a.Staff)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A public script read the minutes of a date as its month, and cut the rest off. The other half
// of this test is in the decision, in package idle.
func TestTheScriptThatTookMinutesForMonths(t *testing.T) {
	for _, at := range []time.Time{
		time.Date(2026, 11, 2, 9, 5, 59, 123e6, time.UTC), time.Date(2026, 1, 12, 23, 59, 0, 0, time.UTC), time.Date(2025, 12, 31, 0, 1, 0, 0, time.UTC),
	} {
		u := aUser("1")
		u["credentials_google"] = map[string]any{"created_at": nil, "logged_in_at": at.Format("2006-01-02T15:04:05.000-07:00"), "is_disabled": false}
		_, err := client(t, raw([]map[string]any{u}, nil)).Accounts(t.Context(), func(a *idle.Account) error {
			if got := a.Credentials[0].Used; !got.Equal(at) {
				t.Errorf("got %s, want %s", got, at)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
