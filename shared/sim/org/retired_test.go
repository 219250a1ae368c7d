package org_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/org"
)

// Files in public still state settings that Google has merged or given up, and Google itself adds
// values before it documents them.
func TestSettingsOfOldAndNewFiles(t *testing.T) {
	const settings = "{WhoCanAdd: ALL_MANAGERS_CAN_ADD, ShowInGroupDirectory: 'true', MaxMessageBytes: '26214400', IsArchived: true, WhoCanJoin: FRIENDS_CAN_JOIN}"
	want := map[string]string{"isArchived": "true", "whoCanJoin": "FRIENDS_CAN_JOIN"}
	for name, file := range map[string]string{
		"public form":  "groups:\n- email-id: a@b.example\n  settings: " + settings + "\n",
		"company form": "groups:\n- email: a@b.example\n  settings: " + settings + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, parse(t, file).Groups[0].Settings); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
	for merged, live := range org.Merged() {
		if _, ok := org.SettingNamed(live); !ok {
			t.Errorf("%s is merged into %s, which is no setting", merged, live)
		}
	}
}
