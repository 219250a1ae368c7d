package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// meanings says in plain words what each state means, and what happens next.
var meanings = map[change.State]string{
	change.Proposed:  "It waits for people. Those who may decide were asked; time reminds them, asks others too where policy says so, and in the end lets the request expire.",
	change.Approved:  "It is to be done: policy wants it at once, or enough people said yes. An applier takes it up. It also comes back to this state after an attempt that had no answer.",
	change.Applying:  "One applier holds the claim, for a few minutes. It looks, makes sure that the change is still to be done, calls the vendor, and looks again.",
	change.Applied:   "It is done, and was seen to be done.",
	change.Undone:    "It was done, and another change took it back.",
	change.Denied:    "Somebody said no. That is final, whoever said yes.",
	change.Withdrawn: "Who asked does not want it any more, or the world has changed so that there is nothing left to do.",
	change.Expired:   "Nobody decided in time.",
	change.Reported:  "Policy only wants it known. Nothing is done.",
	change.Failed:    "It could not be done. A person has to look, and can have it tried again, deny it or withdraw it.",
}

// does says what each verb is, and whose.
var does = map[change.Verb]string{
	change.VerbPropose:   "a sensor or a person asks for it",
	change.VerbApprove:   "a person says yes to what is shown now; the last yes that was needed approves it",
	change.VerbDeny:      "a person says no; where an applier has begun, that stops it, and it is denied when the applier has seen that nothing came of it",
	change.VerbWithdraw:  "who asked takes it back; once an applier has begun, only the applier can, when there is nothing left to do",
	change.VerbRevise:    "who asked gives another reason, or policy needs more people since; all decisions become void",
	change.VerbRemind:    "time: those who can decide hear of it again",
	change.VerbEscalate:  "time: more people may decide",
	change.VerbExpire:    "time: the deadline has passed",
	change.VerbRepublish: "time: the appliers hear of it again, because none is at it",
	change.VerbClaim:     "an applier takes it up, unless approvals have lapsed; a claim that has lapsed can be taken over",
	change.VerbRelease:   "the applier gives it back: to be tried again; or, having seen that it is not in effect, because it was denied or its approvals have lapsed",
	change.VerbComplete:  "the applier saw it in effect",
	change.VerbFail:      "the applier gives up",
	change.VerbRetry:     "a person orders another attempt",
	change.VerbUndo:      "another change took it back",
}

// changeStates is the page about the life of a change.
func changeStates() (string, error) {
	states := append([]change.State{change.None}, change.States...)
	var b strings.Builder
	b.WriteString("<!-- Written by `go run ./scripts/gendocs`; do not edit. -->\n\n# The states of a change\n\n")
	b.WriteString("Everything that Sekisho does to the outside world is a change, and every change lives the life below. ")
	b.WriteString("Only `shared/domain/change` decides it. What is not in the table is refused, and every refusal of a person leaves an entry in the audit log.\n\n")

	b.WriteString("```mermaid\nstateDiagram-v2\n")
	for _, s := range states {
		for _, to := range change.States {
			var verbs []string
			for _, v := range change.Verbs {
				if slices.Contains(change.Next(s, v), to) {
					verbs = append(verbs, string(v))
				}
			}
			if len(verbs) > 0 && s != to { // what leads nowhere is in the table
				fmt.Fprintf(&b, "    %s --> %s: %s\n", node(s), to, strings.Join(verbs, ", "))
			}
		}
	}
	for _, s := range change.States {
		if s.Final() && s != change.Applied {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	b.WriteString("```\n\n## What the states mean\n\n| state | meaning |\n|---|---|\n")
	for _, s := range change.States {
		meaning, ok := meanings[s]
		if !ok {
			return "", fmt.Errorf("nobody has said what state %q means", s)
		}
		fmt.Fprintf(&b, "| **%s** | %s |\n", s, meaning)
	}

	b.WriteString("\n## What leads where\n\nMore than one state in a cell means that the action decides between them; an empty cell means refused.\n\n| verb |")
	for _, s := range states {
		fmt.Fprintf(&b, " %s |", name(s))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(states)) + "\n")
	for _, v := range change.Verbs {
		fmt.Fprintf(&b, "| **%s** |", v)
		for _, s := range states {
			var to []string
			for _, n := range change.Next(s, v) {
				to = append(to, string(n))
			}
			fmt.Fprintf(&b, " %s |", strings.Join(to, ", "))
		}
		b.WriteString("\n")
	}

	b.WriteString("\n## What the verbs are\n\n| verb | what happens |\n|---|---|\n")
	for _, v := range change.Verbs {
		what, ok := does[v]
		if !ok {
			return "", fmt.Errorf("nobody has said what verb %q is", v)
		}
		fmt.Fprintf(&b, "| **%s** | %s |\n", v, what)
	}
	return b.String(), nil
}

// node is a state's name in a diagram, name its name in a table.
func node(s change.State) string {
	if s == change.None {
		return "[*]"
	}
	return string(s)
}

func name(s change.State) string {
	if s == change.None {
		return "none"
	}
	return string(s)
}
