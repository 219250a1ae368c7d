package org_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestWhenPeopleUsedTheirAccounts(t *testing.T) {
	c := parse(t, `
people:
- {email: a@b.example, created: 2024-01-02T03:04:05Z, last_login: 2026-11-01T09:00:00+09:00}
- {email: b@b.example, last_login: never}
- {email: c@b.example}
`)
	a, b, other := c.People[0], c.People[1], c.People[2]
	if !a.Created.Equal(time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)) || !a.LastLogin.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) || a.NeverLoggedIn {
		t.Errorf("got %+v", a)
	}
	if !b.NeverLoggedIn || !b.LastLogin.IsZero() || other.NeverLoggedIn || !other.LastLogin.IsZero() || !other.Created.IsZero() {
		t.Errorf("got %+v and %+v", b, other)
	}
	refuse(t, "people:\n- {email: a@b.example, last_login: yesterday}\n", `f.yaml:2: "yesterday" is not a time`)
	refuse(t, "people:\n- {email: a@b.example, created: once}\n", `f.yaml:2: "once" is not a time`)
}

func refuse(t *testing.T, text, want string) {
	t.Helper()
	if _, err := org.Parse("f.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s in it", err, want)
	}
}
