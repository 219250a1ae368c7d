package slacknotify

import (
	"strings"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/vendor"
)

var japaneseCauses = causes{
	own: map[string]string{
		connection.WhyOwnerGone: "データの所有者が在籍していないか、停止中です",
		connection.WhyBroken:    "現在の認証情報では接続できなくなりました",
		connection.WhyWorks:     "正常に動作しており、所有者も在籍しています",
		connection.WhyUnknown:   "この接続はもう存在しません",
		connection.WhyThere:     "接続先に、ここで作成したものではない同じスキーマの接続があります",

		// What the adapter of Fivetran says itself.
		"the API key is not taken: it may have been replaced":            "Sekisho の API キーが受け付けられません。キーが交換された可能性があります",
		"the group has more than one connection with this schema":        "接続先に同じスキーマの接続が複数あります",
		"the group has a connection with this schema to another service": "接続先に、同じスキーマで別のサービスへの接続があります",
		"the group had a connection with this schema before":             "接続先に、同じスキーマの接続が以前からあります",
		"somebody else has made a connection with this schema":           "同じスキーマの接続を、ほかの人が作成しています",
		"the request cannot be encoded":                                  "リクエストを作成できません",
		"the request has no address":                                     "リクエストの宛先がありません",
		"the answer is too long":                                         "応答が長すぎます",
		"the answer cannot be read":                                      "応答を読み取れません",
		"the data of the answer cannot be read":                          "応答のデータを読み取れません",
		"a page has no items":                                            "一覧のページに項目がありません",
		"an item has no id, or is listed twice":                          "一覧の項目に ID がないか、重複しています",
		"the pages go round in circles":                                  "一覧のページが循環しています",
		"the connection is not whole":                                    "接続の情報が欠けています",
		"a connection is not whole, or of another group":                 "接続の情報が欠けているか、別の接続先のものです",
		"there is no card in the answer, or one of another connection":   "応答に入力ページがないか、別の接続のものです",
		"the service has no settings, or is another one":                 "サービスの設定項目がないか、別のサービスのものです",
		"the webhook has no id":                                          "Webhook の ID がありません",

		// What happens with every vendor, and with every change.
		"no answer before the deadline":                      "時間内に応答がありませんでした",
		"no answer: canceled":                                "応答を待つ間に中断されました",
		"acknowledged, but not seen when read back":          "受け付けられましたが、確認すると反映されていません",
		"denied before it was done":                          "実施の前に却下されました",
		"approved by people who may not approve it any more": "承認した人に、現在は承認の権限がありません",

		"the roles that the account has could not all be read": "アカウントの現在のロールをすべて読み取れません",

		// Why a change is not wanted any more.
		idle.WhyNotLet:                                       "依頼した方は、ポリシーにより依頼できなくなりました",
		idle.WhyNotOffered:                                   "依頼した方は、ポリシーによりこのロールを依頼できなくなりました",
		idle.WhyAsked:                                        "ポリシーが変わり、確認を依頼することになりました",
		idle.WhyGivenBack:                                    "アカウントはすでに再開されています",
		"who asked for it is not there any more":             "依頼した方が在籍していません",
		"policy does not have it any more":                   "ポリシーからなくなりました",
		"policy does not look after the system any more":     "ポリシーがこのシステムを扱わなくなりました",
		"it is not due to be stopped any more":               "停止の対象ではなくなりました",
		"it is in use again":                                 "再び利用されています",
		"the latest listing gives no reason for it any more": "最新の一覧では、停止する理由がなくなりました",
		"Google had no such group when it was asked last":    "最後に確認した時点で、Google にこのグループはありませんでした",
		"the group is gone":                                  "グループがなくなりました",
		"the accounts that are held have changed":            "保留中のアカウントが変わりました",
		"what is held has changed":                           "保留中の内容が変わりました",
		"the listing is another one":                         "一覧の内容が変わりました",
		"a later listing was believed by itself":             "新しい一覧が採用されました",
		"the catalogue has to change in another way by now":  "カタログに必要な変更の内容が変わりました",
		"the policy does not speak of a catalogue any more":  "ポリシーがカタログを扱わなくなりました",
		"the policy only wants it known by now":              "ポリシーが報告のみに変わりました",
		"the policy only wants it shown by now":              "ポリシーが表示のみに変わりました",
		"policy asks for something else now":                 "ポリシーの求める内容が変わりました",
		"the same has come up again":                         "同じ件が改めて発生しました",
		"the account is gone":                                "アカウントがなくなりました",
		"the groups that are held have changed":              "保留中のグループが変わりました",
		"the settings are as the rules want them":            "設定はルールどおりになっています",
		"the rules do not ask for this any more":             "ルールはこの修正を求めなくなりました",
		"the approval is older than an hour":                 "承認から 1 時間以上が経過しました",
		"those who let it through may not do so any more":    "通した人に、いまはその権限がありません",

		// Why a listing of accounts is not believed, or nothing can be judged by it.
		string(idle.Nobody):         "一覧にアカウントが 1 件もありません",
		string(idle.WithoutSelf):    "一覧の取得に使ったアカウント自身が、一覧に含まれていません",
		string(idle.Shrunk):         "前回の一覧と比べて、アカウントが半分以下に減っています",
		string(idle.Undated):        "前回の一覧と比べて、ログイン日のあるアカウントが半分以下に減っています",
		string(idle.Deserted):       "利用中であるはずのアカウントの半数以上が、利用なしになっています",
		idle.ErrClock.Error():       "Sekisho とベンダーの時刻が一致していません",
		idle.ErrGroupUnread.Error(): "対象外とするグループのメンバーが確認できていません",

		// Why an account is not to be stopped any more.
		string(idle.IsSelf):       "Sekisho 自身のアカウントです",
		string(idle.IsStaff):      "ベンダーの担当者のアカウントです",
		string(idle.IsService):    "プログラム用のアカウントです",
		string(idle.IsSuper):      "特権管理者のアカウントです",
		string(idle.SparedEmail):  "ポリシーで対象外とされている人のアカウントです",
		string(idle.SparedRole):   "ポリシーで対象外とされているロールがあります",
		string(idle.SparedGroup):  "ポリシーで対象外とされているグループのメンバーです",
		string(idle.KeptByPeople): "残すと判断されました",
		string(idle.TooYoung):     "作成されてから間もないアカウントです",
		string(idle.HasAPIKey):    "API キーがあり、その利用日がわかりません",
		string(idle.IsUnreadable): "アカウントの情報の一部を読み取れません",
		string(idle.NoSuchDate):   "利用日のわかる認証情報がありません",
		string(idle.NoDateAtAll):  "ログイン日も作成日もわかりません",
		string(idle.NoAddress):    "メールアドレスがありません",
		string(idle.NoID):         "ID がありません",

		// What settings of a group cannot be together.
		"archiveOnly true leaves only NONE_CAN_POST for whoCanPostMessage":                        "archiveOnly が true のとき、whoCanPostMessage は NONE_CAN_POST に限られます",
		"archiveOnly false and whoCanPostMessage NONE_CAN_POST exclude one another":               "archiveOnly の false と whoCanPostMessage の NONE_CAN_POST は両立しません",
		"the group is archived: whoCanPostMessage stays NONE_CAN_POST until archiveOnly is false": "グループはアーカイブされています。archiveOnly が false になるまで、whoCanPostMessage は NONE_CAN_POST のままです",
		"replyTo REPLY_TO_CUSTOM needs an address in customReplyTo":                               "replyTo を REPLY_TO_CUSTOM にするには、customReplyTo にアドレスが必要です",
		"customReplyTo cannot be empty while replyTo is REPLY_TO_CUSTOM":                          "replyTo が REPLY_TO_CUSTOM の間は、customReplyTo を空にできません",

		// Why nothing is done about the data catalogue.
		"the directory has not been read whole yet":                     "ディレクトリの読み取りがまだ完了していません",
		catalog.ErrNotWhole.Error():                                     "カタログ全体を読み取れませんでした",
		"has no parent and no members of its own":                       "上位のチームも直属のメンバーも持てません",
		"is wanted twice":                                               "重複しています",
		"needs something that needs it in turn, or something that does": "互いを必要とし、順序を決められません",
		"has no rules":                                                  "ルールがありません",
		"has no policies":                                               "ポリシーがありません",

		// Why access is not to be given any more.
		"say why": "理由が記入されていません",
	},
	forms: japaneseForms,
	leads: map[string]string{
		connection.WhyPerhapsMade:                 "前の試行で Fivetran に作成された可能性があるため、Fivetran でご確認ください。この接続は不要になりました: ",
		"The rules want what the API cannot do: ": "ルールの求める設定を Google の API で実現できません。",
	},
	fields: japaneseFields(),
	vendors: map[string]string{
		"fivetran": "Fivetran", "looker": "Looker", "openmetadata": "OpenMetadata", "slack": "Slack", "directory": "Google Workspace",
		"settings": "Google グループ", "reports": "Google Workspace", "iam": "Google Cloud", "iamcredentials": "Google Cloud",
		"cloudresourcemanager": "Google Cloud", "cloudidentity": "Google Cloud", "bigquery": "Google Cloud", "storage": "Google Cloud",
	},
	kinds: map[string]string{
		vendor.ErrNotFound.Error():   "対象が見つかりません",
		vendor.ErrQuota.Error():      "リクエストが多すぎます",
		vendor.ErrForbidden.Error():  "許可されていません",
		vendor.ErrIncomplete.Error(): "応答が不完全です",
		vendor.ErrConflict.Error():   "既存の内容と矛盾しています",
		vendor.ErrInvalid.Error():    "リクエストが受け付けられません",
	},
	failed:   "エラーが発生しました",
	answered: "%s: %s。",
	quoted:   "メッセージ: 「%s」",
	other:    "詳細 (英語): 「%s」",
	between:  "。",
}

// japaneseFields are by what [connection.Problem] says in English after its field.
func japaneseFields() map[string]string {
	out := map[string]string{}
	for code, said := range map[connection.Code]string{
		connection.Missing: "%s が記入されていません", connection.UnknownService: "%s: ポリシーにないサービスです",
		connection.NotASetting: "%s: ここでは指定できない設定です", connection.SecretName: "%s は認証情報です。所有者が提供元のページで入力します",
		connection.SecretValue: "%s が認証情報のようです。所有者が提供元のページで入力します", connection.BadName: "%s は英小文字・数字・アンダースコアで 63 文字以内、先頭は英字です",
		connection.BadHost: "%s はホスト名または IP アドレスです", connection.BadPort: "%s は 1 から 65535 までの数字です", connection.BadNumber: "%s は数字です",
		connection.BadChoice: "%s は次のいずれかです", connection.BadText: "%s は 1 行です", connection.TooLong: "%s が長すぎます",
		connection.NoRedirect: "%s: ポリシーに戻り先のアドレスがないため、受け渡しができません",
	} {
		english := connection.Problem{Code: code}.Error()
		english, _, _ = strings.Cut(strings.TrimPrefix(english, " "), ": ")
		out[english] = said
	}
	return out
}
