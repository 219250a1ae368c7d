package spelling_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/spelling"
)

func TestSlip(t *testing.T) {
	known := []string{"table", "tag", "EditTags", "EditTask"}
	for got, want := range map[string]string{
		"table": "", "tabel": "table", "tables": "table", "Table": "table", "tble": "table", "tabelle": "",
		"tog": "", "TAG": "tag", "EditTags": "", "EditTask": "", "EditTasks": "EditTask", "": "", "chart": "",
	} {
		if meant := spelling.Slip(got, known); meant != want {
			t.Errorf("%q: got %q, want %q", got, meant, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	days := []string{"Monday", "Tuesday", "Wednesday"}
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf("word-%020d", i)
	}
	tests := map[string]struct {
		got   string
		known []string
		want  string
	}{
		"a slip":               {"Wensday", days, ": did you mean Wednesday?"},
		"another case":         {"monday", days, ": did you mean Monday?"},
		"a beginning":          {"Wedn", days, ": did you mean Wednesday?"},
		"nothing near":         {"Januar", days, ": write one of Monday, Tuesday, Wednesday"},
		"nothing written":      {"", days, ": write one of Monday, Tuesday, Wednesday"},
		"nothing near in many": {"Januar", many, ""},
		"nothing known":        {"Monday", nil, ""},
		"something very long":  {strings.Repeat("Monday", 100_000), days, ": write one of Monday, Tuesday, Wednesday"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := spelling.Suggest(tt.got, tt.known); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
