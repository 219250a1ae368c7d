package slacknotify

import "slices"

// Labels returns how a button that is called so in English is called in every language that people
// are told in, the English label first. What it is called may depend on the kind of change: then
// each of the ways is in the answer.
func Labels(label string) []string {
	out := []string{label}
	add := func(other string) {
		if other != "" && !slices.Contains(out, other) {
			out = append(out, other)
		}
	}
	for action, text := range english.buttons {
		if text == label {
			add(japanese.buttons[action])
		}
	}
	for kind, words := range english.kinds {
		for action, text := range words.labels {
			if text == label {
				add(japanese.kinds[kind].labels[action])
			}
		}
		if words.approveAll == label {
			add(japanese.kinds[kind].approveAll)
		}
	}
	slices.Sort(out[1:])
	return out
}
