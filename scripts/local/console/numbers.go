package console

import "strings"

var apiWords = map[string]string{
	"directory": "Google Directory", "settings": "Google Groups Settings", "reports": "Google Reports", "slack": "Slack",
	"looker": "Looker", "iam": "Google Cloud IAM", "fivetran": "Fivetran", "openmetadata": "OpenMetadata",
}

// numbers counts what all this has cost.
func (r *reading) numbers() numbersPart {
	part := numbersPart{Policy: "none: everything is only reported", Groups: len(r.sorted), People: len(r.people)}
	if len(r.policy.Files) > 0 {
		part.Policy, part.PolicyFiles = r.policy.Hash, strings.Join(r.policy.Files, ", ")
	}
	part.Anchor = r.policy.SettingsRules().Anchor
	part.Reads, part.Writes = r.world.Usage.Totals()
	for _, t := range r.world.Calls.Tallies() {
		if len(part.APIs) == 0 || part.APIs[len(part.APIs)-1].API != t.API {
			words := apiWords[t.API]
			if words == "" {
				words = t.API
			}
			part.APIs = append(part.APIs, apiLine{API: t.API, Words: words})
		}
		line := &part.APIs[len(part.APIs)-1]
		line.Calls += t.Calls
		line.Refused += t.Refused
		for status, n := range t.ByStatus {
			if status >= 500 || status == 0 {
				line.Failed += n
			}
		}
	}
	return part
}
