package describe

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/sekisho/sekisho/scripts/hcl"
)

// Deployed is what Terraform deploys of one function, as far as others are concerned.
type Deployed struct {
	// Queue is the function's own queue; empty where it has none.
	Queue string
	// Enqueues are the queues in which it may put work, Publishes the topics on which it may
	// publish.
	Enqueues, Publishes []string
	// ReadsOnly says that it may not write to the database.
	ReadsOnly bool
}

var queueOf = regexp.MustCompile(`^module\.([a-z]+)\.queue$`)

// Deployment returns what Terraform deploys of every function, by name, with all of Terraform's
// configuration.
func Deployment(root string) (map[string]Deployed, hcl.Body, error) {
	configuration, err := hcl.ReadDir(filepath.Join(root, "terraform"))
	if err != nil {
		return nil, hcl.Body{}, err
	}
	modules := map[string]hcl.Body{}
	queues := map[string]string{}
	for _, block := range configuration.Of("module") {
		if block.Body.Attributes["source"] != "./modules/function" {
			continue
		}
		modules[block.Labels[0]] = block.Body
		if q, ok := block.Body.Attributes["queue"].(map[string]any); ok {
			queues[block.Labels[0]], _ = q["name"].(string)
		}
	}
	out := map[string]Deployed{}
	for name, body := range modules {
		d := Deployed{Queue: queues[name]}
		enqueues, _ := body.Attributes["enqueues"].([]any)
		for _, value := range enqueues {
			reference, _ := value.(hcl.Expression)
			match := queueOf.FindStringSubmatch(string(reference))
			if match == nil || queues[match[1]] == "" {
				return nil, hcl.Body{}, fmt.Errorf("%s enqueues %v: the output queue of a module that has one is wanted", name, value)
			}
			d.Enqueues = append(d.Enqueues, queues[match[1]])
		}
		publishes, _ := body.Attributes["publishes"].([]any)
		for _, value := range publishes {
			topic, ok := value.(string)
			if !ok {
				return nil, hcl.Body{}, fmt.Errorf("%s publishes on %v: a topic's name is wanted", name, value)
			}
			d.Publishes = append(d.Publishes, topic)
		}
		roles, _ := body.Attributes["roles"].([]any)
		d.ReadsOnly = slices.Contains(roles, any("roles/datastore.viewer"))
		out[name] = d
	}
	return out, configuration, nil
}
