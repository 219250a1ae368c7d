package settingsrule_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

func TestSlip(t *testing.T) {
	known := []string{"table", "tag", "EditTags", "EditTask"}
	for got, want := range map[string]string{
		"table": "", "tabel": "table", "tables": "table", "Table": "table", "tble": "table", "tabelle": "",
		"tog": "", "TAG": "tag", "EditTags": "", "EditTask": "", "EditTasks": "EditTask", "": "", "chart": "",
	} {
		if meant := settingsrule.Slip(got, known); meant != want {
			t.Errorf("%q: got %q, want %q", got, meant, want)
		}
	}
}
