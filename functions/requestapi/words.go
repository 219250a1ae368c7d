package requestapi

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// This file has the words of the answers, in English and Japanese.

// The sorts of problems.
const (
	sortToken     = "token"
	sortStranger  = "stranger"
	sortNotFound  = "not-found"
	sortMethod    = "method"
	sortMedia     = "media-type"
	sortMalformed = "malformed"
	sortTooLarge  = "too-large"
	sortKey       = "key"
	sortKeyUsed   = "key-used"
	sortTaken     = "taken"
	sortNot       = "not-offered"
	sortNotNow    = "not-now"
	sortInvalid   = "invalid"
	sortTrouble   = "unavailable"
)

var titles = map[string][2]string{
	sortToken:     {"A good ID token of a person is needed.", "有効な本人の ID トークンが必要です。"},
	sortStranger:  {"You cannot ask for anything here.", "ここでは依頼できません。"},
	sortNotFound:  {"There is nothing here that you may see.", "表示できるものはありません。"},
	sortMethod:    {"That is not possible here.", "この操作はできません。"},
	sortMedia:     {"The body has to be application/json.", "本文は application/json で送信してください。"},
	sortMalformed: {"The body is not a request as it is described.", "本文の形式が正しくありません。"},
	sortTooLarge:  {"The body is too large.", "本文が大きすぎます。"},
	sortKey:       {"A key is needed, in the header Idempotency-Key.", "Idempotency-Key ヘッダーにキーが必要です。"},
	sortKeyUsed:   {"The key stands for another request of yours.", "このキーは別の依頼に使われています。"},
	sortTaken:     {"Somebody else has asked for the same already.", "同じ依頼がすでにほかの方から出されています。"},
	sortNot:       {"You cannot ask for this now.", "現在、この依頼はできません。"},
	sortNotNow:    {"This is not possible now.", "現在、この操作はできません。"},
	sortInvalid:   {"What was entered is not right.", "入力内容に誤りがあります。"},
	sortTrouble:   {"This does not work just now. Please send the same again.", "現在処理できません。同じ内容でもう一度送信してください。"},
}

// sets are who may be asked; what ends with a colon has a name.
var sets = map[string][2]string{
	string(change.Owners):    {"those who own it", "所有者"},
	string(change.Admins):    {"the administrators", "管理者"},
	string(change.Approvers): {"those who may approve it", "承認者"},
	string(change.Manager):   {"your manager", "上長"},
	"group:":                 {"the members of %s", "%s のメンバー"},
	"user:":                  {"%s", "%s"},
	"role:":                  {"those with the role %s", "ロール %s を持つ人"},
	"owners:":                {"the owners of %s", "%s の所有者"},
	"manager:":               {"the manager", "上長"},
}

// asked says in words who is asked about a change that waits for people.
func asked(a desk.Asker, c change.Change) []string {
	var out []string
	for _, n := range c.Requirement.Needs {
		out = append(out, fmt.Sprintf(a.Says("%[1]d of %[2]s", "%[2]s のうち %[1]d 人"), n.Count, set(a, n.From)))
	}
	if e := c.Requirement.Escalate; e != nil && c.Escalated {
		out = append(out, fmt.Sprintf(a.Says("or %s", "または %s"), set(a, e.To)))
	}
	return out
}

func set(a desk.Asker, s change.Selector) string {
	kind, name, named := strings.Cut(string(s), ":")
	if named {
		kind += ":"
	}
	words, ok := sets[kind]
	if !ok {
		return string(s)
	}
	return strings.ReplaceAll(a.Says(words[0], words[1]), "%s", name)
}
