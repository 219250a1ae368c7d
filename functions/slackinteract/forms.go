package slackinteract

import (
	"fmt"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/desk"
)

// This file is how the forms of desks look as modals.

// loading is what a modal shows until its form is there. Who reads it is not known yet.
func loading(command string) slack.Modal {
	return slack.Modal{Callback: command, Title: "Sekisho", Close: "Close", Lines: []string{"One moment, please …", "少々お待ちください …"}}
}

// modal shows a form. What is typed after the command goes into the field named word.
func modal(command, word string, f desk.Form, a desk.Asker) slack.Modal {
	m := slack.Modal{
		Callback: command, Title: f.Title, Submit: f.Submit, Close: a.Says("Cancel", "やめる"), Lines: f.Lines,
	}
	for _, field := range f.Fields {
		if field.Kind == desk.Choice || field.Kind == desk.Many {
			if len(field.Options) == 0 {
				continue // Slack takes no choice of nothing
			}
		}
		s := slack.Field{
			Name: field.Name, Label: field.Label, Hint: field.Hint, Kind: slack.FieldKind(field.Kind), Optional: field.Optional, Live: field.Live,
		}
		if field.Kind != desk.People {
			s.Value = field.Value // what a person's field holds is an address here, an id in Slack
		}
		s.More = fmt.Sprintf(a.Says("%d of %d are shown.", "%[2]d 件のうち %[1]d 件を表示しています。"), slack.MaxOptions, len(field.Options))
		if word == field.Name {
			s.More += a.Says(" You can name another one after the command.", "ほかのものはコマンドの後に名前をご指定ください。")
		}
		for _, o := range field.Options {
			s.Options = append(s.Options, slack.Option(o))
		}
		m.Fields = append(m.Fields, s)
	}
	return m
}

// refusal says why there is no form. It has nothing to send.
func refusal(command, text string, a desk.Asker) slack.Modal {
	return slack.Modal{
		Callback: command, Title: "Sekisho", Close: a.Says("Close", "閉じる"),
		Lines: []string{a.Says("You cannot ask for this.", "この依頼はできません。"), text},
	}
}
