package bench

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// filled is a small company whose mirror is filled, and a probe in it.
func filled(t *testing.T) (*world.World, *probe) {
	t.Helper()
	company, err := org.Generate(20, 120, 30, 1)
	if err != nil {
		t.Fatal(err)
	}
	p := &probe{}
	w, err := world.New(world.Options{Company: company, Seed: 1, Tap: p.tap})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	p.watch(w)
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.begin()
	return w, p
}

// crowded returns a group with more than one member, as the mirror has it.
func crowded(t *testing.T, w *world.World, p *probe) group.Snapshot {
	t.Helper()
	for _, g := range w.Workspace.Groups() {
		s, err := p.mirror.Snapshot(t.Context(), g.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Members) > 1 {
			return s
		}
	}
	t.Fatal("no group has two members")
	return group.Snapshot{}
}

// read lets the probe see a task that stores a reading.
func (p *probe) read(t *testing.T, s group.Snapshot) {
	t.Helper()
	body := `{"type":"group.members/1","data":{"Group":"` + s.Group.ID + `"}}`
	p.reading(t.Context(), []byte(body), func() {
		if _, err := p.mirror.Replace(t.Context(), s); err != nil {
			t.Error(err)
		}
	})
	if p.err != nil {
		t.Fatal(p.err)
	}
}

// Somebody who is taken away and still there is counted; who has left, or is read again, is not. What is
// not as in the company is found, whatever it is.
func TestAMirrorThatLiesIsFoundOut(t *testing.T) {
	w, p := filled(t)
	equal := func(want string) {
		t.Helper()
		got, err := p.difference(t.Context())
		if err != nil || want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("the difference is %q, %v; want %q", got, err, want)
		}
	}
	equal("")
	s := crowded(t, w, p)
	whole := s.Members
	step := func(members []group.Member, wrong int) {
		t.Helper()
		s.Members, s.Read = members, s.Read.Add(time.Second)
		if p.read(t, s); p.wrongRemovals != wrong {
			t.Errorf("%d wrong removals, want %d", p.wrongRemovals, wrong)
		}
	}
	step(whole[1:], 1)
	equal("members in the mirror, not")
	step(whole, 1)
	equal("")
	step(nil, 1+len(whole))
	step(whole, 1+len(whole))

	other := append([]group.Member{}, whole...)
	other[0].Role = "ANOTHER"
	step(other, 1+len(whole))
	equal("is " + other[0].Email + " ANOTHER in the mirror")
	step(whole, 1+len(whole))

	if err := w.Workspace.RemoveMember(s.Group.Email, whole[0].Email, ""); err != nil {
		t.Fatal(err)
	}
	equal("members in the mirror, not")
	step(whole[1:], 1+len(whole))
	equal("")

	ghost := group.Snapshot{Group: group.Group{ID: "ghost", Email: "ghost@example.com"}, Read: s.Read}
	p.read(t, ghost)
	equal("group ghost@example.com is in the mirror only")
	if _, _, err := p.mirror.Remove(t.Context(), "ghost", s.Read.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := w.Workspace.RenameGroup(s.Group.Email, "moved@"+w.Company.Domain, ""); err != nil {
		t.Fatal(err)
	}
	equal("is \"" + group.Address(s.Group.Email) + "\" in the mirror")
}

// A change arrives with the first reading that began after it, and is as fresh as that.
func TestAChangeArrivesWithAReadingThatBeganAfterIt(t *testing.T) {
	w, p := filled(t)
	s := crowded(t, w, p)
	s.Read = w.Clock.Now()
	p.expect(s.Group.ID)
	if p.read(t, s); len(p.fresh) != 0 || p.left() != 1 {
		t.Errorf("arrived %v, %d left; the reading began no later than the change", p.fresh, p.left())
	}
	const passed = 90 * time.Second
	if err := w.Advance(t.Context(), w.Clock.Now().Add(passed)); err != nil {
		t.Fatal(err)
	}
	s.Read = w.Clock.Now()
	if p.read(t, s); len(p.fresh) != 1 || p.fresh[0] != passed || p.left() != 0 {
		t.Errorf("arrived %v, %d left; want one after %s", p.fresh, p.left(), passed)
	}
	p.expect("never heard of")
	if p.left() != 1 {
		t.Errorf("%d left, want one", p.left())
	}
}

// A rate above what is granted shows as refusals, in the filling and in the day.
func TestWhatIsRefusedIsCounted(t *testing.T) {
	w, p := filled(t)
	o := Options{Groups: 20, Memberships: 120, People: 30, Days: 1, Rate: 10, Seed: 1}
	w.Workspace.Quota("directory").Set(1, 24*time.Hour)
	d, err := days(t.Context(), w, p, newCrowd(w, w.Company, 1), o)
	if err != nil {
		t.Fatal(err)
	}
	if d.Refused == 0 {
		t.Error("a night of one call refuses nothing")
	}
	b, err := bootstrap(t.Context(), w, p, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, refused := w.Calls.Count("directory", ""); b.Refused == 0 || b.Refused != refused {
		t.Errorf("%d refused while filling, want %d", b.Refused, refused)
	}
}

// The filling ends before the first minute without a call, and its use of the limit is calls ÷ (rate ×
// time from the first to the last).
func TestTheUseOfTheLimit(t *testing.T) {
	w, p := filled(t)
	at := w.Clock.Now()
	p.filling = filling{}
	for i := range 101 {
		p.filling.call(at.Add(time.Duration(i) * 100 * time.Millisecond))
	}
	p.filling.call(at.Add(80 * time.Second)) // of something else
	b, err := bootstrap(t.Context(), w, p, Options{Rate: 20})
	if err != nil {
		t.Fatal(err)
	}
	if b.Calls != 101 || b.VirtualS != 10 || b.LimitUtilisation != 0.505 {
		t.Errorf("%+v; want 101 calls in 10 s, which is 0.505 of 20 a second", b)
	}
}

func TestPercentiles(t *testing.T) {
	var all []time.Duration
	for i := range 200 {
		all = append(all, time.Duration(200-i)*time.Second)
	}
	for share, want := range map[float64]float64{0.50: 100, 0.99: 198, 1: 200, 0: 1} {
		if got := percentile(all, share); got != want {
			t.Errorf("%v of 1 to 200 s: %v, want %v", share, got, want)
		}
	}
	if got := percentile(nil, 0.99); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
