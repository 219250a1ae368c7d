package slacknotify

// japaneseProblems word, by the English words that a change keeps, why it is not wanted any more. What
// a vendor answered is shown as it came.
var japaneseProblems = map[string]string{
	"the policy does not let who asked for it ask for it any more": "依頼した方は、ポリシーにより依頼できなくなりました",
	"who asked for it is not there any more":                       "依頼した方が在籍していません",
	"policy does not have it any more":                             "ポリシーからなくなりました",
	"policy does not look after the system any more":               "ポリシーがこのシステムを扱わなくなりました",
	"the owner of the data is not there any more":                  "データの所有者が在籍していません",
	"there is no such connection any more":                         "接続がなくなりました",
	"it works, and its owner is there":                             "接続は正常で、所有者も在籍しています",
	"it is in use again":                                           "再び利用されています",
	"it is in use again, or spared":                                "再び利用されているか、対象外になりました",
	"the group is gone":                                            "グループがなくなりました",
	"the accounts that are held have changed":                      "保留中のアカウントが変わりました",
	"what is held has changed":                                     "保留中の内容が変わりました",
	"the listing is another one":                                   "一覧の内容が変わりました",
	"a later listing was believed by itself":                       "新しい一覧が採用されました",
	"the catalogue has to change in another way by now":            "カタログに必要な変更の内容が変わりました",
	"the policy does not speak of a catalogue any more":            "ポリシーがカタログを扱わなくなりました",
	"the policy only wants it shown by now":                        "ポリシーが表示のみに変わりました",
}

// problemOf says what kept a change from its end, in the reader's language where that is known.
func (l language) problemOf(text string) string {
	if said, ok := l.problems[text]; ok {
		return said
	}
	return text
}
