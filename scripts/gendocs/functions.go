package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/sekisho/sekisho/scripts/describe"
)

const generated = "<!-- Written by `go run ./scripts/gendocs`; do not edit. -->\n\n"

// configuration is the page about the variables by which functions are configured.
func configuration(root string) (string, error) {
	functions, err := describe.Functions(root)
	if err != nil {
		return "", err
	}
	platform, err := describe.Platform(root)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(generated + "# Configuration\n\n")
	b.WriteString("A function is configured by environment variables, and says everything that is wrong with them at once before it does anything. " +
		"[Terraform](../terraform) sets them; what a company says about itself are [Terraform's own variables](../terraform/variables.tf). " +
		"What may be done, and by whom, is no configuration but [policy](policy.md).\n\n")
	b.WriteString("## What every function has\n\n")
	table(&b, platform)
	for _, f := range functions {
		fmt.Fprintf(&b, "\n## %s\n\n", f.Name)
		if len(f.Variables) == 0 {
			b.WriteString("Nothing of its own.\n")
			continue
		}
		table(&b, f.Variables)
	}
	return b.String(), nil
}

func table(b *strings.Builder, variables []describe.Variable) {
	b.WriteString("| variable | type | default | meaning |\n|---|---|---|---|\n")
	for _, v := range variables {
		value := ""
		switch {
		case v.Required:
			value = "required"
		case v.Conditional:
			value = "required with others"
		case v.Default != "":
			value = "`" + v.Default + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", v.Name, v.Type, value, plain(v.Doc))
	}
}

// permissions is the page about what each function may do.
func permissions(root string) (string, error) {
	functions, err := describe.Functions(root)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(generated + "# Permissions\n\n")
	b.WriteString("Every function runs as a service account of its own, `fn-<function>`, and is called as another one, `<function>-invoker`. " +
		"It has the roles below and no others: a test compares them with [Terraform](../terraform) and with what the function says of itself. " +
		"The role on the database holds for the one database of Sekisho. " +
		"Scopes of Google Workspace are delegated by an administrator, in the Admin console under Security, API controls, Domain-wide delegation.\n\n")
	b.WriteString("| function | roles in Google Cloud | scopes of Google Workspace |\n|---|---|---|\n")
	for _, f := range functions {
		var delegated []string
		for _, s := range f.Delegated() {
			delegated = append(delegated, "`"+s+"`")
		}
		var roles []string
		for _, r := range f.Roles() {
			role, on, _ := strings.Cut(r, " ")
			roles = append(roles, strings.TrimSpace("`"+role+"` "+on))
		}
		fmt.Fprintf(&b, "| [%s](../functions/%s) | %s | %s |\n", f.Name, f.Name, strings.Join(roles, "<br>"), strings.Join(delegated, "<br>"))
	}
	b.WriteString("\n## What each function touches\n")
	for _, f := range functions {
		what := strings.TrimPrefix(f.Synopsis, "Package "+f.Name+" ")
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", f.Name, plain(strings.ToUpper(what[:min(1, len(what))])+what[min(1, len(what)):]))
		for _, h := range describe.Headings {
			fmt.Fprintf(&b, "- **%s**: %s\n", h, plain(f.Headings[h]))
		}
	}
	return b.String(), nil
}

var link = regexp.MustCompile(`\[([^\]]+)\]`)

// constant is the name of a variable in a text.
var constant = regexp.MustCompile(`\b[A-Z]+(?:_[A-Z]+)+\b`)

// plain returns a text of a comment as one for a page: names in brackets, which link in Go's own
// documentation, and those of variables stand as code, and nothing ends a cell of a table.
func plain(text string) string {
	text = constant.ReplaceAllString(link.ReplaceAllString(text, "`$1`"), "`$0`")
	return strings.ReplaceAll(text, "|", `\|`)
}
