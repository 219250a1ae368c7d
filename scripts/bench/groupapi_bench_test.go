package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupapi"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// BenchmarkGroupsOfAPerson asks groupapi for the groups of people, on the embedded store in
// memory, in a company of 44,512 groups and 373,211 memberships: first of each person once, then,
// measured, of all of them over and over by as many clients as there are processors: by id, and by
// address, whose it is being looked up each time. It reports requests a second and the slowest in a
// hundred.
func BenchmarkGroupsOfAPerson(b *testing.B) {
	rig := cloudfntest.NewPlain(b, "")
	m := mirror.New(rig.Store)
	people := fill(b, m, rig.Clock.Now())
	rig.Variables["API_AUDIENCE"] = "https://groupapi.test"
	rig.Variables["API_CLIENTS"] = `[{"account": "bench@clients.example", "groups": [""], "scopes": ["people"]}]`
	h := rig.Build(groupapi.Function)
	ask := func(person string) int {
		r := httptest.NewRequest(http.MethodGet, "/v1/people/"+person+"/groups?limit=1000", nil)
		r.Header.Set("Authorization", "Bearer "+cloudfntest.Canary+":bench@clients.example")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	began := time.Now()
	for _, person := range people {
		if status := ask(person.ID); status != http.StatusOK {
			b.Fatalf("person %s: status %d", person.ID, status)
		}
	}
	b.Logf("the first time: %.1f ms each", time.Since(began).Seconds()*1000/float64(len(people)))
	b.Run("remembered", func(b *testing.B) { clamour(b, func(n int) int { return ask(people[n%len(people)].ID) }) })
	b.Run("by-address", func(b *testing.B) { clamour(b, func(n int) int { return ask(people[n%len(people)].Email) }) })
}

// clamour asks about one person after the other, as many clients at once as there are
// processors, and reports how that went.
func clamour(b *testing.B, ask func(person int) int) {
	var mu sync.Mutex
	var took []time.Duration
	b.ResetTimer()
	began := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		var own []time.Duration
		for i := 0; pb.Next(); i += 7919 {
			at := time.Now()
			if status := ask(i); status != http.StatusOK {
				b.Errorf("status %d", status)
				return
			}
			own = append(own, time.Since(at))
		}
		mu.Lock()
		took = append(took, own...)
		mu.Unlock()
	})
	all := time.Since(began)
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(len(took))/all.Seconds(), "requests/s")
	b.ReportMetric(float64(took[len(took)*99/100])/float64(time.Millisecond), "p99-ms")
}

// fill makes a company of 44,512 groups and 373,211 memberships and puts it into a mirror. It
// returns the people.
func fill(b *testing.B, m *mirror.Mirror, now time.Time) []group.Person {
	b.Helper()
	company, err := org.Generate(44_512, 373_211, 5_000, 1)
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	ids := map[string]string{}
	var people []group.Person
	for i, p := range company.People {
		ids[p.Email] = strconv.Itoa(i)
		people = append(people, group.Person{ID: ids[p.Email], Email: p.Email, Name: p.Name})
	}
	if err := m.PutPeople(ctx, people, now); err != nil {
		b.Fatal(err)
	}
	for i, g := range company.Groups {
		ids[g.Email] = fmt.Sprintf("g%d", i)
	}
	for _, g := range company.Groups {
		s := group.Snapshot{Group: group.Group{ID: ids[g.Email], Email: g.Email, Name: g.Name}, Read: now}
		for role, list := range map[group.Role][]string{group.Owner: g.Owners, group.Manager: g.Managers, group.Plain: g.Members} {
			for _, email := range list {
				kind := group.User
				if ids[email][0] == 'g' {
					kind = group.Nested
				}
				s.Members = append(s.Members, group.Member{ID: ids[email], Email: email, Role: role, Type: kind, Status: "ACTIVE"})
			}
		}
		if _, err := m.Replace(ctx, s); err != nil {
			b.Fatal(err)
		}
	}
	if err := m.PutCensus(ctx, mirror.Census{Groups: len(company.Groups), Memberships: 373_211, People: len(people), At: now}); err != nil {
		b.Fatal(err)
	}
	return people
}
