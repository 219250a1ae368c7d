package slacknotify

import (
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Who has a stopped account back reads which of its roles are not there any more, once it is back.
func TestRolesThatDoNotComeBackAreNamed(t *testing.T) {
	const lost = `{"account":"7","withheld":[{"id":"1","name":"Admin"}],"lost":["Old","Older"]}`
	for kind, want := range map[change.Kind][2]string{
		change.AccountCreate: {
			"Without the roles that it had before and that cannot be asked for here: Admin.\nWithout the roles that do not exist any more by these names: Old, Older.",
			"以前のロールのうち、ここで依頼できない次のロールは戻していません: Admin\n以前のロールのうち、次の名前のロールは存在しないため戻していません: Old、Older",
		},
		change.AccountEnable: {
			"Without the roles that do not exist any more by these names: Old, Older.", "以前のロールのうち、次の名前のロールは存在しないため戻していません: Old、Older",
		},
	} {
		c := changeOf(kind, change.Applied)
		c.Result = []byte(lost)
		for i, in := range []language{english, japanese} {
			if lines := in.write(c, letter{Part: hears}, only, nil, noon).Lines; !slices.Contains(lines, want[i]) {
				t.Errorf("%s: %q", kind, lines)
			}
		}
	}
	for _, test := range []struct {
		in     language
		result string
		state  change.State
		want   string
	}{
		{english, `{"account":"7","withheld":[{"id":"1","name":"Admin"},{"id":"2","name":"Modeller"}]}`, change.Applied, "Without the roles that it had before and that cannot be asked for here: Admin, Modeller."},
		{japanese, `{"account":"7","withheld":[{"id":"1","name":"Admin"},{"id":"2","name":"Modeller"}]}`, change.Applied, "以前のロールのうち、ここで依頼できない次のロールは戻していません: Admin、Modeller"},
		{english, `{"account":"7"}`, change.Applied, ""},
		{english, "", change.Applied, ""},
		{english, "{", change.Applied, ""},
		{english, `{"account":"7","withheld":[{"id":"1","name":"Admin"}]}`, change.Undone, ""},
	} {
		c := changeOf(change.AccountCreate, test.state)
		c.Result = []byte(test.result)
		lines := test.in.write(c, letter{Part: hears}, only, nil, noon).Lines
		if test.want != "" && !slices.Contains(lines, test.want) || test.want == "" && strings.Contains(strings.Join(lines, "\n"), "Without") {
			t.Errorf("%s, %s: %q", test.result, test.state, lines)
		}
	}
}

// Who was asked about a stop reads that somebody may still be signed in, if that is so.
func TestSessionsThatCouldNotBeEndedAreTold(t *testing.T) {
	for _, test := range []struct {
		in     language
		result string
		want   string
	}{
		{english, `{"signed_in":true}`, "Its sessions could not be ended"},
		{japanese, `{"signed_in":true}`, "セッションを終了できませんでした"},
		{english, "", ""},
		{english, "{}", ""},
		{english, "{", ""},
	} {
		c := changeOf(change.AccountDisable, change.Applied)
		c.Result = []byte(test.result)
		lines := strings.Join(test.in.write(c, letter{Part: hears}, only, nil, noon).Lines, "\n")
		if test.want != "" && !strings.Contains(lines, test.want) || test.want == "" && strings.Contains(lines, "sessions") {
			t.Errorf("%s: %q", test.result, lines)
		}
	}
}
