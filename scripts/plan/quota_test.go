package main

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// Every request to Google waits its turn, whichever API it goes to.
func TestAllOfGoogleIsPaced(t *testing.T) {
	d := company(t)
	requests := 0
	for _, host := range []string{"google.demo", "cloud.demo"} {
		next := d.transport[host]
		d.transport[host] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests++
			next.ServeHTTP(w, r)
		})
	}
	start := d.clock
	if _, err := opened(t, d, "").plan(t.Context(), loaded(t, "testdata/policy"), nil); err != nil {
		t.Fatal(err)
	}
	if got, want := d.clock.Sub(start), time.Duration(requests-1)*100*time.Millisecond; got != want {
		t.Errorf("%d requests took %s, want %s at ten a second", requests, got, want)
	}
}

// A vendor's wish to wait is followed, but not one for hours: that ends the run, which goes on later.
func TestHowLongAVendorIsWaitedFor(t *testing.T) {
	for after, want := range map[string]struct {
		ok     bool
		waited time.Duration
	}{
		"":     {true, firstWait},
		"90":   {true, 90 * time.Second},
		"7200": {false, 0},
	} {
		d := company(t)
		next, refused := d.transport["google.demo"], false
		d.transport["google.demo"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if refused {
				next.ServeHTTP(w, r)
				return
			}
			refused = true
			if after != "" {
				w.Header().Set("Retry-After", after)
			}
			w.WriteHeader(http.StatusTooManyRequests)
		})
		tenant := opened(t, d, "")
		start := d.clock
		err := tenant.listGroups(t.Context())
		if (err == nil) != want.ok || d.clock.Sub(start) != want.waited {
			t.Errorf("Retry-After %q: %v after %s, want success %v after %s", after, err, d.clock.Sub(start), want.ok, want.waited)
		}
	}
}

// What was read whole is not read again: neither accounts nor people, nor members.
func TestNothingIsReadTwice(t *testing.T) {
	d := company(t)
	policy := loaded(t, "testdata/policy")
	state := filepath.Join(t.TempDir(), "state.json")
	first, err := opened(t, d, state).plan(t.Context(), policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.calls.Reset()
	second, err := opened(t, d, state).plan(t.Context(), policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tally := range d.calls.Tallies() {
		// Access is read at each run: it is what changes by the hour.
		if tally.Method != "projects.getIamPolicy" {
			t.Errorf("%s %s was called again", tally.API, tally.Method)
		}
	}
	if len(second.Systems) != 1 || len(second.Systems[0].Steps) != len(first.Systems[0].Steps) {
		t.Errorf("the second run says %+v of accounts, the first %+v", second.Systems, first.Systems)
	}
}

// A state file that is not of this program's form, or not yet written by this clock, is not taken.
func TestStateThatIsNotTaken(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for name, spoil := range map[string]func(*memory){
		"another version": func(m *memory) { m.Version++ },
		"of the future":   func(m *memory) { m.Began = now.Add(time.Second) },
	} {
		m := newMemory("A", now)
		spoil(m)
		if err := m.save(state); err != nil {
			t.Fatal(err)
		}
		if _, again, err := loadMemory(state, "A", now); err != nil || again {
			t.Errorf("a state %s: taken %v, %v", name, again, err)
		}
	}
}

// An administrator with a larger company is served within the quota as well.
func TestPagesAreReadToTheEnd(t *testing.T) {
	d := company(t)
	pages := 0
	d.transport["google.demo"] = pagesOf(d.transport["google.demo"], &pages)
	tenant := opened(t, d, "")
	if err := tenant.listPeople(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(tenant.memory.People) != 5 || pages != 3 {
		t.Errorf("%d people in %d pages, want 5 in 3", len(tenant.memory.People), pages)
	}
	if got, _ := d.calls.Count("directory", "users.list"); got != 3 {
		t.Errorf("%d listings, want 3", got)
	}
}

// pagesOf asks for two people at a time, whatever was asked for.
func pagesOf(next http.Handler, pages *int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*pages++
		q := r.URL.Query()
		q.Set("maxResults", "2")
		r.URL.RawQuery = q.Encode()
		next.ServeHTTP(w, r)
	}
}
