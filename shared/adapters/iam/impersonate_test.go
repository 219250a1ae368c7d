package iam_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/sim"
	cloud "github.com/sekisho/sekisho/shared/sim/iam"
)

func (w *world) tokens() int {
	n, _ := w.calls.Count(cloud.Credentials, "")
	return n
}

func TestATokenIsKeptUntilShortlyBeforeItsEnd(t *testing.T) {
	w := newWorld(t)
	read := func(after time.Duration, want int) {
		t.Helper()
		w.now = noon.Add(after)
		if _, err := w.policies.Read(t.Context(), prj); err != nil || w.tokens() != want {
			t.Errorf("after %s: %d tokens, want %d, error %v", after, w.tokens(), want, err)
		}
	}
	if w.tokens() != 0 {
		t.Error("a token before it is needed")
	}
	read(0, 1)
	read(13*time.Minute-time.Second, 1)
	read(13*time.Minute, 2)
	read(30*time.Minute, 3)
}

func TestATokenThatIsRefusedIsDropped(t *testing.T) {
	w := newWorld(t)
	_, err := w.policies.Read(t.Context(), prj)
	check(t, err)
	w.before = func(r *http.Request) { r.Header.Set("Authorization", "Bearer none") }
	_, err = w.policies.Read(t.Context(), prj)
	refused(t, err, iam.ErrForbidden, true)
	w.before = nil
	if _, err = w.policies.Read(t.Context(), prj); err != nil || w.tokens() != 2 {
		t.Errorf("%d tokens, error %v", w.tokens(), err)
	}
}

func TestWhatGoesWrongOnTheWayToAToken(t *testing.T) {
	for kind, want := range map[sim.FaultKind]error{
		sim.FaultDown: nil, sim.Fault500: nil, sim.FaultTimeout: nil, sim.Fault429: iam.ErrQuota,
	} {
		w := newWorld(t)
		w.faults.Add(sim.Fault{API: cloud.Credentials, Kind: kind, Rate: 1, Left: 1})
		_, err := w.policies.Read(t.Context(), prj)
		e, ok := errors.AsType[*iam.Error](err)
		if !ok || e.API != "iamcredentials" || e.Permanent() || want != nil && !errors.Is(err, want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", kind, err)
		}
		if n, _ := w.calls.Count(cloud.Policies, ""); n != 0 {
			t.Errorf("%s: %d requests without a token", kind, n)
		}
		if _, err = w.policies.Read(t.Context(), prj); err != nil {
			t.Errorf("%s: afterwards: %v", kind, err)
		}
	}
	// An edit tries again.
	w := newWorld(t)
	w.faults.Add(sim.Fault{API: cloud.Credentials, Kind: sim.FaultDown, Rate: 1, Left: 3})
	_, err := w.policies.Give(t.Context(), w.grantOf(1, prj, aiko, time.Hour, run))
	check(t, err)

	// Who may not have tokens of the account cannot act as it.
	w = newWorld(t, func(o *cloud.Options) {
		o.Company.Projects[0].ServiceAccounts[0].TokenCreators = nil
	})
	_, err = w.policies.Give(t.Context(), w.grantOf(1, prj, aiko, time.Hour, run))
	e := refused(t, err, iam.ErrForbidden, true)
	if e.API != "iamcredentials" || w.tokens() != 1 {
		t.Errorf("%v after %d requests", e, w.tokens())
	}
}

func TestAnswersThatHoldNoToken(t *testing.T) {
	for _, body := range []string{"{}", `{"accessToken":"x"}`, `{"accessToken":"x","expireTime":"soon"}`, `{"expireTime":"2026-11-22T13:00:00Z"}`, "<html>"} {
		w := newWorld(t)
		w.connect(t, sim.Transport{"iamcredentials.googleapis.com": http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(rw, body)
		})})
		_, err := w.policies.Read(t.Context(), prj)
		refused(t, err, iam.ErrIncomplete, false)
	}
}

func TestARequestForATokenHasItsOwnDeadline(t *testing.T) {
	w := newWorld(t)
	c, err := iam.Impersonate(t.Context(), iam.ImpersonationOptions{
		Client: &http.Client{Transport: hanging{}}, Base: hanging{}, Account: granter, Scopes: []string{cloud.ScopeCloudPlatform},
		Timeout: time.Millisecond, Now: func() time.Time { return w.now },
	})
	check(t, err)
	p, err := iam.NewPolicies(w.options(c))
	check(t, err)
	_, err = p.Read(t.Context(), prj)
	if e, ok := errors.AsType[*iam.Error](err); !ok || e.API != "iamcredentials" || e.Permanent() || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestAChainOfAccounts(t *testing.T) {
	w := newWorld(t, func(o *cloud.Options) {
		accounts := o.Company.Projects[0].ServiceAccounts
		accounts[0].TokenCreators = []string{"serviceAccount:" + accounts[1].Email}
		accounts[1].TokenCreators = []string{ken}
		o.Tokens["kens"] = cloud.Caller{Member: ken, Scopes: []string{cloud.ScopeCloudPlatform}}
	})
	hosts := sim.Transport{"iamcredentials.googleapis.com": w.cloud, "cloudresourcemanager.googleapis.com": w.cloud, "127.0.0.1:1": w.cloud}
	for _, base := range []string{"", "http://127.0.0.1:1"} {
		c, err := iam.Impersonate(t.Context(), iam.ImpersonationOptions{
			Client: &http.Client{Transport: bearer{"kens", hosts}}, Base: hosts, Account: granter, BaseURL: base, Lifetime: time.Hour,
			Delegates: []string{"fn@etl-prj-prd.iam.gserviceaccount.com"}, Scopes: []string{cloud.ScopeCloudPlatform}, Now: func() time.Time { return w.now },
		})
		check(t, err)
		p, err := iam.NewPolicies(w.options(c))
		check(t, err)
		_, err = p.Read(t.Context(), prj)
		check(t, err)
	}
}

func TestImpersonationNeedsAllThatItTakes(t *testing.T) {
	full := iam.ImpersonationOptions{
		Client: http.DefaultClient, Base: http.DefaultTransport, Account: granter, Scopes: []string{"x"}, Now: time.Now,
	}
	for name, change := range map[string]func(*iam.ImpersonationOptions){
		"client":    func(o *iam.ImpersonationOptions) { o.Client = nil },
		"transport": func(o *iam.ImpersonationOptions) { o.Base = nil },
		"account":   func(o *iam.ImpersonationOptions) { o.Account = "grants" },
		"scope":     func(o *iam.ImpersonationOptions) { o.Scopes = nil },
		"clock":     func(o *iam.ImpersonationOptions) { o.Now = nil },
		"address":   func(o *iam.ImpersonationOptions) { o.BaseURL = "google" },
	} {
		o := full
		change(&o)
		if _, err := iam.Impersonate(t.Context(), o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	if _, err := iam.Impersonate(t.Context(), full); err != nil {
		t.Errorf("with all: %v", err)
	}
}
