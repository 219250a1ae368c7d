package secret_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/secret"
)

const canary = "https://fivetran.com/connect-card/setup?auth=canary.0f3a"

// holder has a secret where a printer that works by reflection cannot call its methods.
type holder struct {
	Open   secret.Text
	hidden secret.Text
	in     map[string]secret.Text
	list   []secret.Text
	ptr    *secret.Text
}

func newHolder() holder {
	s := secret.New(canary)
	return holder{s, s, map[string]secret.Text{"k": s}, []secret.Text{s}, &s}
}

func TestASecretIsNeverPrinted(t *testing.T) {
	s := secret.New(canary)
	h := newHolder()
	var out []string
	for _, value := range []any{s, &s, h, &h, []any{s, h}, map[string]any{"s": s, "h": h}, errors.Join(fmt.Errorf("open %v: %w", s, errors.New("x")))} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%U", "%e", "%08.3f", "%p", "%T", "%!"} {
			out = append(out, fmt.Sprintf(verb, value))
		}
		out = append(out, fmt.Sprint(value), fmt.Sprintln(value))
		var buffer bytes.Buffer
		for _, log := range []*slog.Logger{slog.New(slog.NewJSONHandler(&buffer, nil)), slog.New(slog.NewTextHandler(&buffer, nil))} {
			log.Info("opened", "value", value, slog.Any("any", value), slog.Group("group", "inner", value))
			log.With("with", value).Info("again")
		}
		out = append(out, buffer.String())
		for _, encode := range []func(any) ([]byte, error){json.Marshal, xml.Marshal} {
			text, err := encode(value)
			out = append(out, string(text), fmt.Sprint(err))
		}
	}
	var page bytes.Buffer
	if err := template.Must(template.New("").Parse(`<a href="{{.}}">{{.}}</a><script>{{.}}</script>`)).Execute(&page, s); err != nil {
		t.Fatal(err)
	}
	out = append(out, page.String(), s.String())
	for _, text := range out {
		if strings.Contains(text, "canary") {
			t.Errorf("printed: %s", text)
		}
		if strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", "canary")) {
			t.Errorf("printed in hexadecimal: %s", text)
		}
	}
}

func TestASecretIsNotStored(t *testing.T) {
	s := secret.New(canary)
	var buffer bytes.Buffer
	if err := gob.NewEncoder(&buffer).Encode(s); err == nil {
		t.Error("a secret was encoded for a store")
	}
	var back secret.Text
	if err := json.Unmarshal([]byte(`"something"`), &back); err == nil || !back.Empty() {
		t.Errorf("a secret was read back: %v", err)
	}
}

func TestSecrets(t *testing.T) {
	var zero secret.Text
	s := secret.New("a")
	if zero.Reveal() != "" || !zero.Empty() || !zero.Equal(secret.New("")) {
		t.Error("the zero secret is not empty")
	}
	if s.Reveal() != "a" || s.Empty() || s.Equal(zero) || !s.Equal(secret.New("a")) || s.Equal(secret.New("b")) {
		t.Error("a secret is not its text")
	}
}
