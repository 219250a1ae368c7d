package iam

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// language is the part of the Common Expression Language that conditions are written in:
// the attributes of date, time and resource, without macros. Attributes of the request's
// address, of access levels and of tags are not there.
// https://cloud.google.com/iam/docs/conditions-attribute-reference
type language struct {
	env *cel.Env

	mu       sync.Mutex
	programs map[string]*compiled
}

// compiled is a condition ready to be evaluated, or why it is none.
type compiled struct {
	program   cel.Program
	operators int
	err       error
}

// theLanguage is that of all servers: setting it up takes as long as a few hundred requests.
var theLanguage = sync.OnceValues(newLanguage)

func newLanguage() (*language, error) {
	env, err := cel.NewEnv(
		cel.Variable("request.time", cel.TimestampType),
		cel.Variable("resource.name", cel.StringType),
		cel.Variable("resource.type", cel.StringType),
		cel.Variable("resource.service", cel.StringType),
		cel.ClearMacros(),
	)
	if err != nil {
		return nil, fmt.Errorf("set up the language of conditions: %w", err)
	}
	return &language{env: env, programs: map[string]*compiled{}}, nil
}

// mostPrograms bounds what is remembered; conditions with an end differ from one another.
const mostPrograms = 10_000

func (l *language) compile(expression string) *compiled {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.programs[expression]; c != nil {
		return c
	}
	if len(l.programs) >= mostPrograms {
		clear(l.programs)
	}
	c := l.compileNew(expression)
	l.programs[expression] = c
	return c
}

func (l *language) compileNew(expression string) *compiled {
	checked, issues := l.env.Compile(expression)
	if err := issues.Err(); err != nil {
		return &compiled{err: fmt.Errorf("condition expression compilation failed: %s", oneLine(err.Error()))}
	}
	if checked.OutputType() != cel.BoolType {
		return &compiled{err: fmt.Errorf("condition expression is of type %s, not bool", checked.OutputType())}
	}
	program, err := l.env.Program(checked, cel.CostLimit(100_000))
	if err != nil {
		return &compiled{err: fmt.Errorf("condition expression compilation failed: %s", oneLine(err.Error()))}
	}
	c := &compiled{program: program}
	ast.PreOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		switch e.AsCall().FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot:
			c.operators++
		}
	}))
	return c
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// subject is what a condition is asked about.
type subject struct {
	at       time.Time
	resource *resource
}

// holds evaluates a condition. One that ends in an error does not hold.
func (l *language) holds(c *Condition, about subject) bool {
	if c == nil {
		return true
	}
	p := l.compile(c.Expression)
	if p.err != nil {
		return false
	}
	name, kind, service := about.resource.attributes()
	out, _, err := p.program.Eval(map[string]any{
		"request.time": about.at, "resource.name": name, "resource.type": kind, "resource.service": service,
	})
	return err == nil && out == types.True
}

// attributes are how conditions see a resource.
// https://cloud.google.com/iam/docs/conditions-resource-attributes
func (r *resource) attributes() (name, kind, service string) {
	collection, id, _ := strings.Cut(r.name, "/")
	switch collection {
	case "buckets":
		return "projects/_/buckets/" + id, "storage.googleapis.com/Bucket", "storage.googleapis.com"
	case "datasets":
		project, set, _ := strings.Cut(id, ".")
		return "projects/" + project + "/datasets/" + set, "bigquery.googleapis.com/Dataset", "bigquery.googleapis.com"
	case "serviceAccounts":
		return "projects/-/serviceAccounts/" + id, "iam.googleapis.com/ServiceAccount", "iam.googleapis.com"
	}
	kinds := map[string]string{"projects": "Project", "folders": "Folder", "organizations": "Organization"}
	return r.name, "cloudresourcemanager.googleapis.com/" + kinds[collection], "cloudresourcemanager.googleapis.com"
}
