package hcl_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/scripts/hcl"
)

const example = `
# A comment, with "a quote
terraform {
  required_version = ">= 1.9" // behind it
}

module "one" {
  source  = "./modules/function"
  name    = "one"
  number  = 0.5
  public  = true
  nothing = null
  list    = ["a", "b, c", ]
  queues  = [module.two.queue, module.three["x"].queue]
  jobs = {
    walk = { schedule = "17 3 * * *", alert_after = "26h" } # nightly
    "my poll" : { schedule = "*/5 * * * *" },
    late = { for = "300s" }
  }
  text   = "say \"${var.name == "" ? "nothing" : upper("x}")}\""
  plain  = "no $${reference}"
  all    = [for x in var.list : x if x != ""]
  object = { for k, v in var.map : k => v }
  sum    = 1 + 2
  merged = merge({
    a = 1
  }, local.b)
  rules = <<-RULES
    service { "unbalanced
  RULES
  /* not
     read = 1 */
  last = "x"

  nested {
    deep {}
  }
}
locals { a = 1 }
locals {
  b = []
}
`

func TestParse(t *testing.T) {
	body, err := hcl.Parse(example)
	if err != nil {
		t.Fatal(err)
	}
	one := body.Of("module", "one")
	if len(body.Blocks) != 4 || len(one) != 1 {
		t.Fatalf("%d blocks, %d of them module one", len(body.Blocks), len(one))
	}
	want := map[string]any{
		"source": "./modules/function", "name": "one", "number": 0.5, "public": true, "nothing": nil,
		"list":   []any{"a", "b, c"},
		"queues": []any{hcl.Expression("module.two.queue"), hcl.Expression(`module.three["x"].queue`)},
		"jobs": map[string]any{
			"walk":    map[string]any{"schedule": "17 3 * * *", "alert_after": "26h"},
			"my poll": map[string]any{"schedule": "*/5 * * * *"},
			"late":    map[string]any{"for": "300s"},
		},
		"text":   hcl.Expression(`"say \"${var.name == "" ? "nothing" : upper("x}")}\""`),
		"plain":  hcl.Expression(`"no $${reference}"`),
		"all":    hcl.Expression(`[for x in var.list : x if x != ""]`),
		"object": hcl.Expression(`{ for k, v in var.map : k => v }`),
		"sum":    hcl.Expression("1 + 2"),
		"merged": hcl.Expression("merge({\n    a = 1\n  }, local.b)"),
		"rules":  hcl.Expression("<<-RULES\n    service { \"unbalanced\n  RULES"),
		"last":   "x",
	}
	if diff := cmp.Diff(want, one[0].Body.Attributes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if nested := one[0].Body.Of("nested"); len(nested) != 1 || len(nested[0].Body.Of("deep")) != 1 {
		t.Errorf("nested blocks: %+v", one[0].Body.Blocks)
	}
	if diff := cmp.Diff(map[string]any{"a": 1.0, "b": []any{}}, body.Locals()); diff != "" {
		t.Errorf("locals (-want +got):\n%s", diff)
	}
}

func TestWhatIsNoConfiguration(t *testing.T) {
	for _, text := range []string{
		"{", "a = [1", "module \"x\" {\n a = 1", "a = \"x", "a = <<E\nx", "module \"x\"", "= 1", "a {\n}}", "a = \"${b\"", "module \"${x}\" {}",
	} {
		body, err := hcl.Parse(text)
		if err == nil {
			t.Errorf("%q was read as %+v", text, body)
		} else if !strings.HasPrefix(err.Error(), "line ") {
			t.Errorf("%q: the error %q does not say where", text, err)
		}
	}
	if _, err := hcl.ReadDir(t.TempDir()); err == nil {
		t.Error("an empty folder was read")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example)
	f.Add(`a = "${"${}"}"`)
	f.Fuzz(func(_ *testing.T, text string) { _, _ = hcl.Parse(text) })
}
