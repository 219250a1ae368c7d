package slacknotify

// japaneseProblems word, by the English words that a change keeps, why it is not wanted any more. Those
// that have something in them that is not ours are in japanesecauses.go, and so is what a vendor
// answered.
var japaneseProblems = map[string]string{
	"the policy does not let who asked for it ask for it any more": "依頼した方は、ポリシーにより依頼できなくなりました",
	"who asked for it is not there any more":                       "依頼した方が在籍していません",
	"policy does not have it any more":                             "ポリシーからなくなりました",
	"policy does not look after the system any more":               "ポリシーがこのシステムを扱わなくなりました",
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

// problemOf says what kept a change from its end, where that is one whole sentence of ours, and else
// what it is given.
func (l language) problemOf(text string) string {
	if said, ok := l.problems[text]; ok {
		return said
	}
	return text
}
