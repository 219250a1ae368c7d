package policy

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// Condition is the condition of a rule, read and checked. It is immutable; a nil condition
// always holds.
//
// The text is the one that OpenMetadata takes, whose language is Spring's SpEL: calls of the
// functions in [Functions], &&, ||, ! and parentheses. All of that is also an expression of
// Google's CEL (https://cel.dev) with the same meaning, so cel-go parses it and checks its
// types. What the two languages would read differently is refused before: see scan.go.
//
// cel-go does not evaluate it. A condition of two functions took it 770 ns and 9 allocations on
// the machine where the rest of a decision takes less than that. So the checked expression is
// compiled once more, into a small tree of this package's own ([node]), which needs none.
type Condition struct {
	text string
	root node
}

// maxCondition is the longest condition in bytes: more is not reviewed by people.
const maxCondition = 4000

// ParseCondition reads a condition. The error says what is wrong with the text and what to
// write instead. Whether the teams, roles and tags that it names exist is not known here:
// [Condition.Names] lists them.
func ParseCondition(text string) (*Condition, error) {
	if len(text) > maxCondition {
		return nil, fmt.Errorf("the condition is longer than %d characters: write several rules", maxCondition)
	}
	if err := scan(text); err != nil {
		return nil, err
	}
	env, err := language()
	if err != nil {
		return nil, fmt.Errorf("set up the language of conditions: %w", err)
	}
	parsed, issues := env.Parse(text)
	if issues.Err() != nil {
		return nil, unreadable(text, issues.Errors()[0].Location.Column())
	}
	// Before the types are checked, because it says what is wrong in words that help.
	root, err := grow(parsed.NativeRep().Expr())
	if err != nil {
		return nil, err
	}
	checked, issues := env.Check(parsed)
	if issues.Err() != nil {
		return nil, errors.New(issues.Errors()[0].Message)
	}
	if checked.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("the condition is a %s: write something that holds or does not", checked.OutputType())
	}
	return &Condition{text: text, root: root}, nil
}

func unreadable(text string, column int) error {
	runes := []rune(text)
	if rest := string(runes[min(max(column, 0), len(runes)):]); rest != "" {
		return fmt.Errorf("%s does not fit there: write functions with &&, || or ! between them", quoted(rest))
	}
	return errors.New("the condition ends too early: write a function after &&, ||, ! or an opening parenthesis")
}

// String returns the condition as it was written; nothing for nil.
func (c *Condition) String() string {
	if c == nil {
		return ""
	}
	return c.text
}

// Equal reports whether both conditions are written alike.
func (c *Condition) Equal(other *Condition) bool {
	return (c == nil) == (other == nil) && c.String() == other.String()
}

// NameKind is what sort of thing a condition names.
type NameKind string

// The kinds of name.
const (
	TagName  NameKind = "tag"
	TeamName NameKind = "team"
	RoleName NameKind = "role"
)

// Names lists the tags, teams or roles that the condition names, in the order of the text, each
// once. It may be called on nil.
func (c *Condition) Names(kind NameKind) []string {
	if c == nil {
		return nil
	}
	var out []string
	var walk func(n node)
	walk = func(n node) {
		if functionOf[n.test].names == kind {
			for _, name := range n.names {
				if !slices.Contains(out, name) {
					out = append(out, name)
				}
			}
		}
		for _, c := range n.parts {
			walk(c)
		}
	}
	walk(c.root)
	return out
}

// function is one that a condition can call.
type function struct {
	name string
	test test
	// names says what its arguments name; empty for a function without arguments.
	names NameKind
}

// functions are those of OpenMetadata's rule evaluator.
var functions = []function{
	{name: "noOwner", test: noOwner},
	{name: "isOwner", test: isOwner},
	{name: "isReviewer", test: isReviewer},
	{name: "matchAllTags", test: matchAllTags, names: TagName},
	{name: "matchAnyTag", test: matchAnyTag, names: TagName},
	{name: "matchAnyCertification", test: matchAnyCertification, names: TagName},
	{name: "matchTeam", test: matchTeam},
	{name: "inAnyTeam", test: inAnyTeam, names: TeamName},
	{name: "hasAnyRole", test: hasAnyRole, names: RoleName},
	{name: "hasDomain", test: hasDomain},
	{name: "noDomain", test: noDomain},
}

// functionOf has the functions by their tests; the zero value for and, or and not.
var functionOf = func() (out [tests]function) {
	for _, f := range functions {
		out[f.test] = f
	}
	return out
}()

// Functions lists the names of the functions that a condition can call.
func Functions() []string {
	out := make([]string, len(functions))
	for i, f := range functions {
		out[i] = f.name
	}
	return out
}

func functionNamed(name string) (function, bool) {
	i := slices.IndexFunc(functions, func(f function) bool { return f.name == name })
	if i < 0 {
		return function{}, false
	}
	return functions[i], true
}

// language returns the environment in which cel-go reads conditions: the three operators and
// the functions, nothing else that CEL has.
//
// CEL has no functions with any number of arguments. So a function that takes names is declared
// with one list of texts, and a macro puts the arguments into that list.
var language = sync.OnceValues(func() (*cel.Env, error) {
	truth, text := cel.BoolType, cel.StringType
	options := []cel.EnvOption{
		cel.ClearMacros(),
		cel.Function(operators.LogicalAnd, cel.Overload("and", []*cel.Type{truth, truth}, truth)),
		cel.Function(operators.LogicalOr, cel.Overload("or", []*cel.Type{truth, truth}, truth)),
		cel.Function(operators.LogicalNot, cel.Overload("not", []*cel.Type{truth}, truth)),
	}
	for _, f := range functions {
		if f.names == "" {
			options = append(options, cel.Function(f.name, cel.Overload(f.name, nil, truth)))
			continue
		}
		listed := func(m cel.MacroExprFactory, _ ast.Expr, arguments []ast.Expr) (ast.Expr, *cel.Error) {
			return m.NewCall(f.name, m.NewList(arguments...)), nil
		}
		options = append(options,
			cel.Function(f.name, cel.Overload(f.name, []*cel.Type{cel.ListType(text)}, truth)),
			cel.Macros(cel.GlobalVarArgMacro(f.name, listed)))
	}
	return cel.NewCustomEnv(options...)
})

// grow makes the tree of an expression that cel-go has parsed.
func grow(e ast.Expr) (node, error) {
	if e.Kind() != ast.CallKind || e.AsCall().IsMemberFunction() {
		return node{}, errors.New("a condition is made of functions: write them with &&, ||, ! and parentheses")
	}
	call := e.AsCall()
	switch call.FunctionName() {
	case operators.LogicalAnd:
		return join(and, call.Args())
	case operators.LogicalOr:
		return join(or, call.Args())
	case operators.LogicalNot:
		return join(not, call.Args())
	}
	f, ok := functionNamed(call.FunctionName())
	switch {
	case !ok:
		return node{}, unknownFunction(call.FunctionName())
	case f.names == "" && len(call.Args()) > 0:
		return node{}, fmt.Errorf("%s takes no names: write %s()", f.name, f.name)
	case f.names == "":
		return node{test: f.test}, nil
	}
	n := node{test: f.test}
	for _, name := range call.Args()[0].AsList().Elements() {
		text, ok := "", name.Kind() == ast.LiteralKind
		if ok {
			var literal types.String
			literal, ok = name.AsLiteral().(types.String)
			text = string(literal)
		}
		if !ok || text == "" {
			return node{}, fmt.Errorf("%s takes names in quotes: write %s('…')", f.name, f.name)
		}
		n.names = append(n.names, text)
	}
	if len(n.names) == 0 {
		return node{}, fmt.Errorf("%s names no %s: write %s('…')", f.name, f.names, f.name)
	}
	return n, nil
}

// join makes one node of an operator and its operands; a && (b && c) is a node of three.
func join(t test, operands []ast.Expr) (node, error) {
	n := node{test: t}
	for _, o := range operands {
		part, err := grow(o)
		switch {
		case err != nil:
			return node{}, err
		case part.test == t && t != not:
			n.parts = append(n.parts, part.parts...)
		default:
			n.parts = append(n.parts, part)
		}
	}
	return n, nil
}
