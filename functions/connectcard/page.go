package connectcard

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"
)

// page is what a browser shows where it is not sent on. Nothing of a request is in it, and
// nothing of a hand-over: whoever sees it may be anybody.
type page struct {
	status        int
	tone          tone
	title, text   string
	titleJa, inJa string
}

// tone says at first sight whether all is well.
type tone string

const (
	good tone = "good" // done
	bad  tone = "bad"  // not possible
	calm tone = "calm" // something is to be done first, or nothing at all
)

var (
	pageThanks = page{
		http.StatusOK, good, "Thank you", "The connection is being checked. You will hear of it in Slack, and can close this page.",
		"ありがとうございます", "接続を確認しています。結果は Slack でお知らせします。このページは閉じてかまいません。",
	}
	pageSignIn = page{
		http.StatusUnauthorized, calm, "Please sign in", "This page is for people who are signed in with their company account.",
		"サインインしてください", "会社のアカウントでサインインすると表示できます。",
	}
	pageStranger = page{
		http.StatusForbidden, bad, "This link is not for you", "Only the owner of the data can use it, signed in with their own account. If that is you, please sign in with the account that you have in Slack.",
		"このリンクは利用できません", "データの所有者が、本人のアカウントでサインインしたときだけ利用できます。所有者の方は、Slack と同じアカウントでサインインしてください。",
	}
	pageExpired = page{
		http.StatusGone, calm, "This link is too old", "Press “New link” on the message in Slack to have a fresh one.",
		"リンクの期限が切れています", "Slack のメッセージで「新しいリンク」を押してください。",
	}
	pageNothing = page{
		http.StatusConflict, calm, "There is nothing to do", "The credentials are not waited for now. Slack has the latest message.",
		"対応は不要です", "現在、認証情報の入力は待たれていません。Slack の最新のメッセージをご覧ください。",
	}
	pageReplay = page{
		http.StatusBadRequest, calm, "This page was opened before, or too late", "Nothing is lost: the connection is checked anyway. You will hear of it in Slack.",
		"このページはすでに開かれたか、期限が切れています", "接続の確認は自動的に行われます。結果は Slack でお知らせします。",
	}
	pageTrouble = page{
		http.StatusBadGateway, bad, "That did not work", "Please try again in some minutes.",
		"処理できませんでした", "数分後にもう一度お試しください。",
	}
	pageMethod = page{
		http.StatusMethodNotAllowed, bad, "That is not possible here", "Please open the link from Slack.",
		"この操作はできません", "Slack のリンクから開いてください。",
	}
)

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// styleHash is of the style in page.html, the only one that a browser may take.
var styleHash = func() string {
	_, rest, _ := strings.Cut(pageHTML, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}()

// guard sets the headers of every answer to a browser: nothing of it is kept, told to other pages,
// or shown inside of one.
func guard(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+styleHash+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex")
}

// show answers a browser in the language that it prefers, English unless that is Japanese.
func show(w http.ResponseWriter, r *http.Request, p page) {
	guard(w.Header())
	view := struct {
		Language, Title, Text string
		Tone                  tone
	}{"en", p.title, p.text, p.tone}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "ja") {
		view.Language, view.Title, view.Text = "ja", p.titleJa, p.inJa
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.status)
	// The browser may be gone; there is nobody to tell.
	_ = pageTemplate.Execute(w, view)
}
